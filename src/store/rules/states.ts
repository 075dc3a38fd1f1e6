/** Where a message is, and what may become of it there. */
import type { EpochMs } from "../../core/clock.js";

/**
 * "scheduled": its eta has not come. "ready": it may be taken, by priority, then by age. "leased": in the hands of one
 * worker. "blocked": it waits for a blocker, and stands in no queue. "dead": a dead letter. A message that has ended is gone.
 */
export type MessageState = "scheduled" | "ready" | "leased" | "blocked" | "dead";

/** "entry": it waits for the unfinished runs of its entry. "lock": it waits for a permit. */
export type Blocker = "entry" | "lock";

/** Whether a message was revoked. TO_DROP: dropped when it would be claimed again; TO_STOP: its worker is told too. */
export const NOT_REVOKED = 0;
export const TO_DROP = 1;
export const TO_STOP = 2;
export type Revoked = typeof NOT_REVOKED | typeof TO_DROP | typeof TO_STOP;

/** Where a message goes that may be taken from its eta on. */
export function queuedState(eta: EpochMs | null, now: EpochMs): "ready" | "scheduled" {
  return eta !== null && eta > now ? "scheduled" : "ready";
}
