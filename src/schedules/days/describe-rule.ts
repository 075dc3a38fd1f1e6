import type { Language } from "../telling/language.js";
import { weekdayRuns } from "../telling/runs.js";
import { WEEKDAYS, weekdayOfName } from "./days-like.js";
import { parseOrdinal } from "./ordinals.js";
import type { RuleTree } from "./tree.js";

/** The days of a rule: "on day 25 of every month", "every 2 weeks on Monday and Thursday". */
export function tellRule(rule: RuleTree, language: Language): string {
  const on = onText(rule, language);
  const period = language.period(rule.every, rule.unit);
  if (on === "") return rule.in === undefined ? period : `${period} ${language.ofMonths(rule.in)}`;
  if (rule.unit === "month" && rule.every === 1) return language.ofEveryMonth(on);
  return `${period} ${on}${rule.in === undefined ? "" : ` ${language.ofMonths(rule.in)}`}`;
}

function onText({ on, position, missing }: RuleTree, language: Language): string {
  if (on === undefined) return "";
  const numbers = on.filter((item): item is number => typeof item === "number");
  const forward = numbers.filter((number) => number > 0).map((number) => [number] as const);
  const back = numbers.filter((number) => number < 0).map((number) => language.ordinalDay(number, "day"));
  const numbered = [...(forward.length === 0 ? [] : [language.monthDays(forward, "and")]), ...back];
  const weekdays = on.map(weekdayOfName).filter((weekday): weekday is number => weekday !== undefined);
  const ordinals = on.filter(
    (item): item is string => typeof item === "string" && weekdayOfName(item) === undefined,
  );
  const clamp = missing === "clamp" && numbered.length > 0 ? ` ${language.clamped}` : "";
  const parts = [
    ...(weekdays.length === 0 ? [] : [language.weekdays(weekdayRuns(weekdays), "and")]),
    ...ordinals.map((item) => ordinalText(item, language)),
    // After the ordinals: "the 1st" before "the 3rd Friday" would be a Friday.
    ...(numbered.length === 0 ? [] : [`${language.names.list(numbered, "and")}${clamp}`]),
  ];
  const days = language.names.list(parts, "and");
  return position === undefined ? language.on(days) : language.places(position, days);
}

function ordinalText(item: string, language: Language): string {
  const { nth, of } = parseOrdinal(item)!;
  return language.ordinalDay(nth, of === "day" || of === "business day" ? of : WEEKDAYS.indexOf(of));
}
