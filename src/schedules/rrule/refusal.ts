import { ScheduleError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";

/** A piece of the text: "BYDAY" with its value, and where in the text the value stands. */
export interface Piece {
  readonly part: string;
  readonly value: string;
  readonly position: number;
}

/** SUNBEAT_RRULE_INVALID: what is refused, where, and what to write instead. */
export function rruleInvalid({ part, value, position }: Piece, problem: string, instead = ""): ScheduleError {
  const tail = instead === "" ? "" : `; ${instead}`;
  return new ScheduleError(
    "SUNBEAT_RRULE_INVALID",
    `rrule: ${part}: ${problem}${tail} (at position ${position})`,
    { details: { part, value: quote(value), position, instead: instead === "" ? null : instead } },
  );
}
