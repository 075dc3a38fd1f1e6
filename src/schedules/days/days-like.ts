import { didYouMean } from "../../core/nearest.js";
import { dayOfText } from "./day-mask.js";
import { daysInvalid } from "./refusal.js";
import { treeIn, type DaysTree } from "./tree.js";

export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const EXPECTED =
  'a weekday ("mon", "mon-fri"), a date ("2027-12-24"), "business", or days made by weekdays(), dates() ...';
const DEEPEST_LIST = 16;

/** 0 to 6 for "sun" to "sat"; undefined for anything else. */
export function weekdayOfName(name: unknown): number | undefined {
  const index = WEEKDAYS.indexOf(name as (typeof WEEKDAYS)[number]);
  return index === -1 ? undefined : index;
}

/** The weekdays of "mon" or "fri-mon", which goes over the end of the week; undefined: neither. */
export function weekdaysOfText(text: unknown): number[] | undefined {
  if (typeof text !== "string" || text.length > 7) return undefined;
  const [from, to, ...more] = text.split("-").map(weekdayOfName);
  if (from === undefined || more.length > 0) return undefined;
  if (!text.includes("-")) return [from];
  if (to === undefined) return undefined;
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, i) => (from + i) % 7);
}

/** What `DaysLike` says, checked. `field` names it in errors: SUNBEAT_DAYS_INVALID. */
export function treeOf(value: unknown, field: string, depth = 0): DaysTree {
  if (value === "business") return value;
  const weekdays = weekdaysOfText(value);
  if (weekdays !== undefined) return { weekdays };
  if (typeof value === "string") {
    if (dayOfText(value) !== undefined) return { dates: [value] };
    throw daysInvalid(field, EXPECTED, value, textHint(value));
  }
  if (Array.isArray(value)) {
    if (value.length === 0 || depth >= DEEPEST_LIST) throw daysInvalid(field, EXPECTED, value);
    return { any: value.map((each) => treeOf(each, field, depth + 1)) };
  }
  const tree = treeIn(value);
  if (tree === undefined) throw daysInvalid(field, EXPECTED, value);
  return tree;
}

function textHint(text: string): string {
  if (/^\d{1,2}-\d{1,2}$/.test(text)) return `; for a date of every year write dates(["${text}"])`;
  if (/^\d{4}-/.test(text)) return "; there is no such date";
  const near = didYouMean(text, ["business", ...WEEKDAYS], 2);
  return near === "" ? "; a calendar of days off is holidays(name)" : near;
}
