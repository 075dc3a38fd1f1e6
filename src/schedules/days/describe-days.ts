import { MONTH_NAMES } from "../crontab/fields.js";
import { describeRule } from "./describe-rule.js";
import { list, weekdayRuns } from "./words.js";
import type { DaysTree } from "./tree.js";

/** More dates than this are counted. */
const LISTED = 4;

/** "Monday to Friday", "2027-12-24 and 25 December", "business days (closed DE-BY)". */
export function describeTree(tree: DaysTree): string {
  if (tree === "business") return "business days";
  if ("weekdays" in tree) return tree.weekdays.length === 7 ? "every day" : weekdayRuns(tree.weekdays);
  if ("dates" in tree) return describeDates(tree.dates);
  if ("calendar" in tree) return `the days of ${tree.calendar}`;
  if ("rule" in tree) return describeRule(tree.rule);
  if ("any" in tree) return list(tree.any.map(describePart));
  if ("all" in tree) return tree.all.map((part) => describePart(part)).join(" that are also ");
  if ("not" in tree) return `all days but ${describePart(tree.not)}`;
  return businessText(tree.business);
}

/** What "business day" means, in brackets: "(Mon-Fri, closed DE-BY)". */
export function businessText({
  closed,
  weekend = [0, 6],
}: {
  closed?: DaysTree;
  weekend?: readonly number[];
}): string {
  const open = [1, 2, 3, 4, 5, 6, 0].filter((weekday) => !weekend.includes(weekday));
  const shut = closed === undefined ? "" : `, closed ${closedText(closed)}`;
  return `business days (${weekdayRuns(open)}${shut})`;
}

function closedText(tree: DaysTree): string {
  return typeof tree === "object" && "calendar" in tree ? tree.calendar : `on ${describeTree(tree)}`;
}

function describePart(tree: DaysTree): string {
  const text = describeTree(tree);
  return typeof tree === "object" && ("any" in tree || "all" in tree) ? `(${text})` : text;
}

function describeDates(dates: readonly (string | readonly [string, string])[]): string {
  const texts = dates.map((date) => (typeof date === "string" ? dateText(date) : `${date[0]} to ${date[1]}`));
  if (texts.length <= LISTED) return list(texts);
  return `${texts.length} dates from ${texts[0]!} to ${texts.at(-1)!}`;
}

function dateText(date: string): string {
  if (date.length > 5) return date;
  return `${Number(date.slice(3))} ${MONTH_NAMES[Number(date.slice(0, 2)) - 1]!}`;
}
