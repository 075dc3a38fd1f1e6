import { isSunbeatError } from "../../core/errors.js";
import { assertKnownKeys } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import { dstOf } from "../calendar/calendar.js";
import { judgeTextsBy } from "../calendar/lints.js";
import type { Composable } from "../compose/composable.js";
import type { DstOption } from "../local/dst.js";
import { refuseAs } from "../refuse-as.js";
import type { BuiltInSchedule } from "../schedule.js";
import { zone } from "../zone.js";
import { textLints } from "./lints.js";
import { unfoldedText } from "./lines.js";
import { rruleInvalid } from "./refusal.js";
import { ruleSetOf } from "./rule-set.js";
import { scheduleOf } from "./to-schedule.js";

export interface RRuleOptions {
  /** The zone of a DTSTART that names none. Default the app's, else UTC. */
  readonly timezone?: string | undefined;
  /** Default { gap: "skip", fold: "first" }: a time that does not exist is left out and not counted (RFC 5545, 3.3.10). */
  readonly dst?: DstOption | undefined;
}

/** Longer texts are read, and not kept. */
const LONGEST_KEPT = 4_096;
const LONGEST_JSON = 65_536;

/**
 * A recurrence of iCalendar: lines DTSTART, RRULE, RDATE and EXDATE, or a rule alone that takes nothing from DTSTART.
 * A DTSTART that the rule does not give is no instance. docs/calendar.md says what is read and what is refused.
 * Throws SUNBEAT_RRULE_INVALID, SUNBEAT_TIMEZONE_INVALID.
 *
 *     rrule("DTSTART;TZID=Europe/Berlin:20270112T090000\nRRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=12")
 */
export function rrule(text: string, options: RRuleOptions = {}): BuiltInSchedule {
  return readRRule(text, options);
}

function readRRule(text: unknown, options: RRuleOptions): Composable {
  refuseAs("SUNBEAT_RRULE_INVALID", () => assertKnownKeys(options, ["timezone", "dst"], "rrule: options"));
  const { timezone, dst } = options;
  if (timezone !== undefined) zone(timezone);
  if (typeof text !== "string") {
    const piece = { part: "text", value: quote(text), position: 0 };
    throw rruleInvalid(piece, `expected lines such as RRULE:FREQ=DAILY, got ${quote(text)}`);
  }
  const set = ruleSetOf(text);
  const kept = unfoldedText(text);
  const reading = {
    timezone: set.start?.zone ?? timezone,
    dst: dst === undefined ? ({ gap: "skip", fold: "first" } as const) : refusing(() => dstOf(dst)),
    text: kept.length <= LONGEST_KEPT ? kept : undefined,
  };
  const schedule = refusing(() => scheduleOf(set, reading));
  if (text.length > LONGEST_KEPT && JSON.stringify(schedule).length > LONGEST_JSON) {
    throw rruleInvalid(
      set.whole,
      `expected at most ${LONGEST_JSON} characters of JSON`,
      "a long list of dates is a calendar of days off: holidays(name)",
    );
  }
  return schedule;
}

/** What the parts below refuse is wrong in the text. */
function refusing<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!isSunbeatError(error) || error.code === "SUNBEAT_RRULE_INVALID") throw error;
    throw rruleInvalid({ part: "text", value: "", position: 0 }, error.message);
  }
}

judgeTextsBy(textLints);
