import { ScheduleError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";

/** Where in which text something is wrong. */
export interface Refusal {
  /** The field or option, null when the expression as a whole is wrong. */
  readonly field: string | null;
  /** How the message calls the field; nothing for the expression as a whole. */
  readonly label?: string;
  /** The part that is wrong, as written. */
  readonly value: string;
  /** Index of that part in `expression`, null where there is no text. */
  readonly position: number | null;
  /** The whole text; in the object form the text of the field. */
  readonly expression: string | null;
  readonly problem: string;
  /** What to write instead. */
  readonly hint?: string;
}

const LONGEST_DETAIL = 1024;

/** A SUNBEAT_CRONTAB_INVALID error: `crontab: minute: 60 is outside 0-59 (in "60 * * * *")`. */
export function refusal(r: Refusal): ScheduleError {
  const label = r.label === undefined ? "" : `${r.label}: `;
  const hint = r.hint === undefined ? "" : `; ${r.hint}`;
  const where = r.expression === null ? "" : ` (in ${quote(r.expression)})`;
  return new ScheduleError("SUNBEAT_CRONTAB_INVALID", `crontab: ${label}${r.problem}${hint}${where}`, {
    details: {
      field: r.field,
      value: r.value.slice(0, LONGEST_DETAIL),
      position: r.position,
      expression: r.expression === null ? null : r.expression.slice(0, LONGEST_DETAIL),
      hint: r.hint ?? null,
    },
  });
}
