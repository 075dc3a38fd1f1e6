/** Whether a process lives: judged by what it says of itself, and by nothing outside. */
import type { LoopState } from "../core/loop-mark.js";

/** Of one probe: the parts that were asked, each with what is wrong, or null. */
export type Checks = Readonly<Record<string, string | null>>;

/** What has not turned for so long will not by itself. */
const STUCK_MS = 60_000;

/**
 * `turnedAt`: when the event loop turned last. Other loops are judged as of then: while it does not turn they cannot, and that is one
 * fault, not three. Of loops of one name the latest counts.
 */
export function liveChecks(now: number, turnedAt: number, loops: readonly LoopState[]): Checks {
  const stillMs = now - turnedAt;
  const late = new Map<string, number>();
  for (const { name, turnsBy } of loops)
    late.set(name, Math.max(late.get(name) ?? -Infinity, turnedAt - turnsBy));
  return {
    eventLoop: stillMs > STUCK_MS ? `it has not turned for ${seconds(stillMs)} s` : null,
    ...Object.fromEntries(
      [...late].map(([name, lateMs]) => [
        name,
        lateMs > STUCK_MS ? `it should have turned ${seconds(lateMs)} s ago` : null,
      ]),
    ),
  };
}

const seconds = (ms: number): number => Math.round(ms / 1_000);
