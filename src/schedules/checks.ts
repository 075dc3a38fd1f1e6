import { durationMs, type Duration } from "../core/duration.js";
import { ScheduleError, isSunbeatError, type ErrorCode } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";

/**
 * Refuses anything but a plain bag of the `known` keys; a misspelt option must not be silently without effect.
 * Throws a ScheduleError with `code`, which names the nearest known key.
 */
export function refuseUnknownKeys(
  value: object,
  known: readonly string[],
  where: string,
  code: ErrorCode,
): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    throw new ScheduleError(
      code,
      `${where}: unknown field ${quote(key)}${didYouMean(key, known)}; known are ${known.join(", ")}`,
      { details: { field: key, known } },
    );
  }
}

/** `durationMs` for a schedule's own option: the same parsing, refused with the schedule's own code. */
export function scheduleDurationMs(value: Duration, what: string, code: ErrorCode): number {
  try {
    return durationMs(value, what);
  } catch (error) {
    if (!isSunbeatError(error)) throw error;
    throw new ScheduleError(code, error.message, { details: error.details, cause: error });
  }
}
