import { ScheduleError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";

/** SUNBEAT_DAYS_INVALID, with the field and what came in it. */
export function daysInvalid(field: string, expected: string, value: unknown, hint = ""): ScheduleError {
  return new ScheduleError(
    "SUNBEAT_DAYS_INVALID",
    `${field}: expected ${expected}, got ${quote(value)}${hint}`,
    {
      details: { field, value: quote(value), ...(hint !== "" && { hint: hint.trim() }) },
    },
  );
}
