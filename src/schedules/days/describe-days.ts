import type { Language, Run } from "../telling/language.js";
import { weekdayRuns } from "../telling/runs.js";
import { tellRule } from "./describe-rule.js";
import type { DaysTree } from "./tree.js";

/** More dates than this are counted. */
const LISTED = 4;
const WEEKEND = [0, 6];
const ALL_WEEKDAYS = [0, 1, 2, 3, 4, 5, 6];

/** "Monday to Friday", "2027-12-24 and 25 December", "business days (Mon-Fri, closed DE-BY)". */
export function tellDays(tree: DaysTree, language: Language): string {
  const of = (part: DaysTree): string => tellPart(part, language);
  if (tree === "business") return language.businessDays;
  if ("weekdays" in tree) {
    return tree.weekdays.length === 7
      ? language.everyDay
      : language.weekdays(weekdayRuns(tree.weekdays), "and");
  }
  if ("dates" in tree) return tellDates(tree.dates, language);
  if ("calendar" in tree) return language.calendarDays(tree.calendar);
  if ("rule" in tree) return tellRule(tree.rule, language);
  if ("any" in tree) return language.names.list(tree.any.map(of), "and");
  if ("all" in tree) return language.both(tree.all.map(of));
  if ("not" in tree) return language.allBut(of(tree.not));
  return `${language.businessDays} (${tellBusiness(tree.business, language)})`;
}

/** The business days that a roll goes by: "Mon-Fri, closed DE-BY". */
export function tellRollDays(tree: DaysTree, language: Language): string {
  return typeof tree === "object" && "business" in tree
    ? tellBusiness(tree.business, language)
    : tellDays(tree, language);
}

function tellBusiness(
  { closed, weekend = WEEKEND }: { readonly closed?: DaysTree; readonly weekend?: readonly number[] },
  language: Language,
): string {
  const { names } = language;
  const open = weekdayRuns(ALL_WEEKDAYS.filter((weekday) => !weekend.includes(weekday)));
  const run = ([from, to]: Run): string =>
    to === undefined ? names.shortWeekday(from) : `${names.shortWeekday(from)}-${names.shortWeekday(to)}`;
  const openDays = names.list(open.map(run), "and");
  return closed === undefined ? openDays : `${openDays}, ${closedText(closed, language)}`;
}

function closedText(tree: DaysTree, language: Language): string {
  return typeof tree === "object" && "calendar" in tree
    ? language.closed(tree.calendar)
    : language.closedOn(tellDays(tree, language));
}

function tellPart(tree: DaysTree, language: Language): string {
  const text = tellDays(tree, language);
  return typeof tree === "object" && ("any" in tree || "all" in tree) ? `(${text})` : text;
}

type Listed = string | readonly [from: string, to: string];

function tellDates(dates: readonly Listed[], language: Language): string {
  const { names } = language;
  const name = (date: string): string =>
    date.length > 5 ? names.date(date) : names.yearlyDate(Number(date.slice(0, 2)), Number(date.slice(3)));
  if (dates.length > LISTED) {
    const [first, last] = [dates[0]!, dates.at(-1)!];
    const from = typeof first === "string" ? first : first[0];
    const to = typeof last === "string" ? last : last[1];
    return language.dateCount(dates.length, name(from), name(to));
  }
  const texts = dates.map((date) =>
    typeof date === "string" ? language.date(name(date)) : language.dateRange(name(date[0]), name(date[1])),
  );
  return names.list(texts, "and");
}
