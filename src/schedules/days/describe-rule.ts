import { MONTH_NAMES, WEEKDAY_NAMES } from "../crontab/fields.js";
import { WEEKDAYS, weekdayOfName } from "./days-like.js";
import { parseOrdinal, suffixOf } from "./ordinals.js";
import { list, weekdayRuns } from "./words.js";
import type { RuleTree } from "./tree.js";

/** The days of a rule for people: "on day 25 of every month", "every 2 weeks on Monday and Thursday". */
export function describeRule(rule: RuleTree): string {
  const on = onText(rule);
  const months = rule.in === undefined ? "" : ` of ${list(rule.in.map((month) => MONTH_NAMES[month - 1]!))}`;
  const period = rule.every === 1 ? `every ${rule.unit}` : `every ${rule.every} ${rule.unit}s`;
  if (rule.unit === "month" && rule.every === 1 && on !== "") return `${on} of every month`;
  return [period, `${on}${months}`].filter((part) => part !== "").join(" ");
}

function onText({ on, position, missing }: RuleTree): string {
  if (on === undefined) return "";
  const numbers = on.filter((item): item is number => typeof item === "number");
  const weekdays = on.map(weekdayOfName).filter((weekday): weekday is number => weekday !== undefined);
  const ordinals = on.filter(
    (item): item is string => typeof item === "string" && weekdayOfName(item) === undefined,
  );
  const clamp = missing === "clamp" ? " (the last day of a month that has no such day)" : "";
  const parts = [
    ...(numbers.length === 0 ? [] : [`${numbersText(numbers)}${clamp}`]),
    ...(weekdays.length === 0 ? [] : [weekdayRuns(weekdays)]),
    ...ordinals.map(ordinalText),
  ];
  if (position === undefined) return `on ${list(parts)}`;
  return `on the ${list(position.map(placeText))} of ${list(parts)}`;
}

function numbersText(numbers: readonly number[]): string {
  const texts = numbers.map((number) => (number > 0 ? String(number) : `${placeText(number)}`));
  return `${numbers.length === 1 ? "day" : "days"} ${list(texts)}`;
}

/** "2nd", "last", "3rd last". */
export function placeText(position: number): string {
  if (position > 0) return `${position}${suffixOf(position)}`;
  return position === -1 ? "last" : `${-position}${suffixOf(-position)} last`;
}

function ordinalText(item: string): string {
  const { nth, of } = parseOrdinal(item)!;
  const weekday = WEEKDAYS.indexOf(of as (typeof WEEKDAYS)[number]);
  return `the ${placeText(nth)} ${weekday === -1 ? of : WEEKDAY_NAMES[weekday]!}`;
}
