import { formatDay } from "../civil.js";
import { formatTime } from "../local/time-of-day.js";
import type { Lint } from "../schedule.js";
import { instantOf, zone } from "../zone.js";
import type { RuleSet } from "./rule-set.js";
import { ruleSetIn } from "./rule-set.js";
import { scheduleOf } from "./to-schedule.js";

const DST = { gap: "skip", fold: "first" } as const;

/** What is allowed in the text of a rule and probably not meant; `timezone` is that of a DTSTART without one. */
export function textLints(text: string, timezone: string): Lint[] {
  const set = ruleSetIn(text);
  if (set === undefined) return [];
  return [...startLints(set, set.start?.zone ?? timezone), ...untilLints(set)];
}

function startLints(set: RuleSet, timezone: string): Lint[] {
  const { start } = set;
  if (start === undefined) return [];
  const at = instantOf(zone(timezone), start.day * 86_400_000 + start.second * 1_000);
  const schedule = scheduleOf(set, { timezone, dst: DST, text: undefined });
  const first = schedule.next(at - 1);
  if (first === at) return [];
  const then =
    first === null
      ? "and nothing follows"
      : `the first run is at ${new Date(first).toISOString().slice(0, 16)}Z`;
  const message = `DTSTART, ${formatDay(start.day)} ${formatTime(start.second)}, is no instance of the rule: ${then}`;
  return [{ code: "dtstart", field: "text", message }];
}

/** RFC 5545 wants UTC in UNTIL where DTSTART names a zone, and a date where DTSTART is one. */
function untilLints({ start, rules }: RuleSet): Lint[] {
  const until = rules.map((rule) => rule.until).find((each) => each !== undefined && each.zone === undefined);
  if (until === undefined || start === undefined) return [];
  if (until.isDate ? start.isDate : start.zone === undefined) return [];
  const meaning = until.isDate ? "includes that day" : "is local time in the zone of DTSTART";
  const message = `UNTIL=${until.piece.value} has no Z: here it ${meaning}, and other programs may differ`;
  return [{ code: "until-local", field: "text", message }];
}
