/** Days as a line of text: "mon-fri, 12-25, 2027-08-01..2027-08-14, business, calendar:DE-BY"; what has no such words is JSON. */
import { isObject, jsonIn, Wrong } from "./fields.js";

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const DATE = /^(\d{4}-)?\d\d-\d\d$/;

/** As `toJSON` of days gives it, or "business", which is what the app means by it. */
export type Days = Readonly<Record<string, unknown>> | "business";

/** Undefined where nothing is written. */
export function daysIn(field: string, text: string): Days | undefined {
  const line = text.trim();
  if (line === "") return undefined;
  if (line.startsWith("{")) return jsonIn(field, line, isObject, "days") as Days;
  const weekdays = new Set<number>();
  const dates: (string | readonly string[])[] = [];
  const sets: Days[] = [];
  for (const item of line.split(",").flatMap((each) => each.trim() || [])) {
    const named = weekdaysOf(item.toLowerCase());
    const [first = "", last] = item.split("..");
    if (named !== null) named.forEach((weekday) => weekdays.add(weekday));
    else if (item.startsWith("calendar:")) sets.push({ calendar: item.slice("calendar:".length) });
    else if (item === "business") sets.push("business");
    else if (DATE.test(first) && (last === undefined || DATE.test(last)))
      dates.push(last === undefined ? first : [first, last]);
    else
      throw new Wrong(field, `${item}: expected mon-fri, 12-25, 2027-08-01, a..b, business or calendar:NAME`);
  }
  const all = [
    ...sets,
    ...(dates.length > 0 ? [{ dates: dates.sort(byText) }] : []),
    ...(weekdays.size > 0 ? [{ weekdays: [...weekdays].sort() }] : []),
  ];
  return all.length === 1 ? all[0] : { any: all.sort(byText) };
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Ranges go over the end of the week. */
function weekdaysOf(text: string): number[] | null {
  const [first, last = first] = text.split("-").map((name) => WEEKDAYS.indexOf(name as "sun"));
  if (first === undefined || first < 0 || last! < 0 || text.split("-").length > 2) return null;
  return Array.from({ length: ((last! - first + 7) % 7) + 1 }, (_, index) => (first + index) % 7);
}

export function daysText(days: unknown): string {
  if (days === undefined) return "";
  const parts = isObject(days) && Array.isArray(days["any"]) ? (days["any"] as unknown[]) : [days];
  const words = parts.map(wordsOf);
  return words.includes(null) ? JSON.stringify(days) : words.join(", ");
}

function wordsOf(days: unknown): string | null {
  if (typeof days === "string") return days;
  const [[kind, value] = ["", null], ...more] = Object.entries(days as object);
  if (more.length > 0) return null;
  if (kind === "weekdays") return weekdaysText(value as readonly number[]);
  if (kind === "dates")
    return (value as readonly (string | readonly string[])[])
      .map((date) => (typeof date === "string" ? date : date.join("..")))
      .join(", ");
  return kind === "calendar" && !/[,\s]/.test(value as string) ? `calendar:${value as string}` : null;
}

/** From Monday on, three and more in a row as a range. */
function weekdaysText(weekdays: readonly number[]): string {
  const days = weekdays.map((weekday) => (weekday + 6) % 7).sort((a, b) => a - b);
  const rows: number[][] = [];
  for (const day of days) {
    const row = rows.at(-1);
    if (row !== undefined && row.at(-1) === day - 1) row.push(day);
    else rows.push([day]);
  }
  const name = (day: number): string => WEEKDAYS[(day + 1) % 7]!;
  return rows
    .flatMap((row) => (row.length > 2 ? [`${name(row[0]!)}-${name(row.at(-1)!)}`] : row.map(name)))
    .join(", ");
}
