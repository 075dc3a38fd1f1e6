import { weekdayOf } from "../civil.js";
import { ENGLISH } from "../telling/english.js";
import { tellDays } from "./describe-days.js";
import { DaySearch } from "./day-search.js";
import { dayOfText } from "./day-mask.js";
import { maskOfTree } from "./days-tree.js";
import { formatDay } from "../civil.js";
import { treeIn, type DaysDefaults, type DaysTree } from "./tree.js";

const WEEKEND = [0, 6];

/** Why a day is no day of a set: "weekend", "closed: Epiphany (DE-BY)", "not on Monday to Friday". */
export function whyNotIn(tree: DaysTree, day: number, defaults: DaysDefaults): string {
  const set = tree === "business" ? (treeIn(defaults.business) ?? { business: {} }) : tree;
  if (set === "business") return "not on business days";
  if ("business" in set) {
    const { closed, weekend = WEEKEND } = set.business;
    if (weekend.includes(weekdayOf(day))) return "weekend";
    return closed === undefined ? "not on business days" : `closed: ${nameIn(closed, day, defaults)}`;
  }
  if ("not" in set) return whyIn(set.not, day, defaults);
  if ("all" in set) {
    const missing = set.all.find((part) => !hasDay(part, day, defaults));
    if (missing !== undefined) return whyNotIn(missing, day, defaults);
  }
  return `not on ${tellDays(set, ENGLISH)}`;
}

/** Why a day is a day of a set that is left out: "closed: Epiphany (DE-BY)", "except 25 December". */
export function whyIn(tree: DaysTree, day: number, defaults: DaysDefaults): string {
  if (typeof tree === "object" && "not" in tree) return whyNotIn(tree.not, day, defaults);
  const name = nameIn(tree, day, defaults);
  return isCalendar(tree, day, defaults) ? `closed: ${name}` : `except ${name}`;
}

function isCalendar(tree: DaysTree, day: number, defaults: DaysDefaults): boolean {
  if (tree === "business") return false;
  if ("any" in tree)
    return tree.any.some((part) => hasDay(part, day, defaults) && isCalendar(part, day, defaults));
  return "calendar" in tree;
}

/** The name that a set has for one of its days. */
function nameIn(tree: DaysTree, day: number, defaults: DaysDefaults): string {
  if (tree === "business") return tellDays(tree, ENGLISH);
  if ("any" in tree) {
    const part = tree.any.find((each) => hasDay(each, day, defaults));
    return part === undefined ? tellDays(tree, ENGLISH) : nameIn(part, day, defaults);
  }
  if ("calendar" in tree) {
    const date = formatDay(day);
    const listed = defaults.calendars?.(tree.calendar)?.days.find((each) => dateOf(each) === date);
    const name = typeof listed === "object" ? listed.name : undefined;
    return name === undefined ? tree.calendar : `${name} (${tree.calendar})`;
  }
  if (!("dates" in tree)) return tellDays(tree, ENGLISH);
  const date = formatDay(day);
  const listed = tree.dates.find((each) => isListed(each, day, date));
  return listed === undefined ? tellDays(tree, ENGLISH) : tellDays({ dates: [listed] }, ENGLISH);
}

function isListed(listed: string | readonly [string, string], day: number, date: string): boolean {
  if (typeof listed === "string") return date.endsWith(listed);
  return day >= dayOfText(listed[0])! && day <= dayOfText(listed[1])!;
}

function dateOf(day: string | { readonly date: string }): string {
  return typeof day === "string" ? day : day.date;
}

function hasDay(tree: DaysTree, day: number, defaults: DaysDefaults): boolean {
  return new DaySearch(maskOfTree(tree, defaults)).has(day);
}
