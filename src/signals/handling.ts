/** How code of programs is called beside the work: what it throws is logged, and what never ends is passed over. */
import { type Clock, within } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import { SunbeatError } from "../core/errors.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";

/** How long a handler or a hook is waited for. */
export const HANDLER_LIMIT_MS = 5_000;

export interface Handling {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What `call` gives, in time; null where it failed. `what`: "a handler of signal taskPrerun". Never rejects. */
export async function handled(
  handling: Handling,
  what: string,
  call: () => unknown,
  limitMs = HANDLER_LIMIT_MS,
): Promise<{ readonly value: unknown } | null> {
  try {
    const given = call();
    // Most end at once: they cost no timer.
    if (!isPromiseLike(given)) return { value: given };
    const late = (): Error =>
      new SunbeatError(
        "SUNBEAT_USAGE",
        `it has not ended within ${formatDuration(limitMs)} and is passed over`,
      );
    return { value: await within(handling.clock, limitMs, Promise.resolve(given), late) };
  } catch (error) {
    tellFailed(handling, what, error);
    return null;
  }
}

/** The same for what nobody waits for: it may take as long as it likes. */
export function started(handling: Handling, what: string, call: () => unknown): void {
  const failed = (error: unknown): void => tellFailed(handling, what, error);
  try {
    const given = call();
    if (isPromiseLike(given)) Promise.resolve(given).catch(failed);
  } catch (error) {
    failed(error);
  }
}

export function tellFailed({ logger }: Handling, what: string, error: unknown): void {
  try {
    logger.error(failureEntry(`signals: ${what} failed`, error));
  } catch {
    // A logger that throws leaves nowhere to say it.
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
