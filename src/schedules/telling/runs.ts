import type { Run } from "./language.js";

/** Rising values in runs: three and more in a row are one. */
export function runsOf(values: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < values.length;) {
    let end = i;
    while (values[end + 1] === values[end]! + 1) end++;
    if (end - i >= 2) runs.push([values[i]!, values[end]!]);
    else for (let each = i; each <= end; each++) runs.push([values[each]!]);
    i = end + 1;
  }
  return runs;
}

/** The runs of weekdays: the week is told from Monday on, the weekend in one piece. */
export function weekdayRuns(weekdays: readonly number[]): Run[] {
  const fromMonday = weekdays.map((weekday) => (weekday + 6) % 7).sort((a, b) => a - b);
  return runsOf(fromMonday).map((run) => run.map((index) => (index + 1) % 7) as unknown as Run);
}
