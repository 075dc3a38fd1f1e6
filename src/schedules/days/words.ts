import { WEEKDAY_NAMES } from "../crontab/fields.js";

/** "a, b and c". */
export function list(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)!}`;
}

/** "Monday to Friday and Sunday": three and more in a row are a range; the week is told from Monday on. */
export function weekdayRuns(weekdays: readonly number[]): string {
  const sorted = weekdays.map((weekday) => (weekday + 6) % 7).sort((a, b) => a - b);
  const name = (index: number): string => WEEKDAY_NAMES[(index + 1) % 7]!;
  const parts: string[] = [];
  for (let i = 0; i < sorted.length;) {
    let end = i;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    if (end - i >= 2) parts.push(`${name(sorted[i]!)} to ${name(sorted[end]!)}`);
    else for (let each = i; each <= end; each++) parts.push(name(sorted[each]!));
    i = end + 1;
  }
  return list(parts);
}
