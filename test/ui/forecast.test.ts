import { expect, test } from "vitest";
import {
  beginsOf,
  columnsOf,
  forecastRange,
  heatOf,
  largest,
  peaksOf,
  withoutSome,
} from "../../ui/lib/forecast.js";
import { zoneSpan } from "../../ui/lib/zones.js";

const HOUR = 3_600_000;
const utc = (text: string): number => Date.parse(`${text}Z`);

test("a forecast begins with the local hour, of a year with the local day", () => {
  const at = utc("2027-06-01T10:47");
  expect(forecastRange("week", at, "Asia/Kolkata").from).toBe(utc("2027-06-01T10:30"));
  expect(forecastRange("year", at, "Europe/Paris").from).toBe(utc("2027-05-31T22:00"));
});

test("of the steps that share a column the busiest is shown", () => {
  expect(columnsOf([1, 5, 2, 0, 9, 1], 3).map(({ step }) => step)).toEqual([1, 2, 4]);
  expect(columnsOf([1, 2], 10)).toHaveLength(2);
});

test("the largest are told apart, the rest is one, and nothing is lost", () => {
  const series = [
    { name: "a", values: [1, 0] },
    { name: "b", values: [5, 5] },
    { name: "c", values: [0, 2] },
  ];
  const shown = largest(series, [6, 7], 1);
  expect(shown).toEqual([series[1], { name: "others", values: [1, 2] }]);
  expect(largest(series, [6, 7], 3)).toHaveLength(3);
  expect(withoutSome([6, 7], [series[1]!])).toEqual([1, 2]);
});

test.each([
  [[5, 5, 5, 5], [], "where all are alike there is no peak"],
  [[5, 9, 5, 7, 5, 5], [1, 3], "the largest first"],
  [[0, 0, 0], [], "nothing at all"],
])("peaks of %j are %j (%s)", (totals, wanted) => {
  expect(peaksOf(totals, 2)).toEqual(wanted);
});

test("a week is days by hours: an hour that comes twice is one cell with both, and one that is skipped has none", () => {
  for (const [date, cells, twice] of [
    ["2027-10-31", 24, 2],
    ["2027-03-28", 23, 1],
  ] as const) {
    const span = zoneSpan(utc(`${date}T00:00`), utc(`${date}T23:00`), "Europe/Paris");
    const day = { from: utc(`${date}T00:00`) - 2 * HOUR, to: 0 };
    const from = span.localOf(day.from) % 86_400_000 === 0 ? day.from : day.from + HOUR;
    const hours = date === "2027-10-31" ? 25 : 23;
    const range = { from, to: from + hours * HOUR };
    const heat = heatOf(range, beginsOf(range, HOUR, span), Array<number>(hours).fill(1), "week", span);
    expect(heat.rows).toEqual([`Sun ${date.slice(5)}`]);
    expect(heat.cells).toHaveLength(cells);
    expect(Math.max(...heat.cells.map(({ value }) => value))).toBe(twice);
    expect(heat.columns.includes("02")).toBe(date === "2027-10-31");
  }
});

test("a year is weekdays by weeks, and each day has one place", () => {
  const range = forecastRange("year", utc("2027-01-06T12:00"), "Europe/Paris");
  const span = zoneSpan(range.from, range.to, "Europe/Paris");
  const heat = heatOf(range, beginsOf(range, 24 * HOUR, span), Array<number>(365).fill(1), "year", span);
  expect(heat.rows).toEqual(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
  expect(heat.cells).toHaveLength(365);
  expect(heat.cells.every(({ value }) => value === 1)).toBe(true);
  // Each begins at midnight, also after nights on which clocks change.
  expect(heat.cells.every(({ at }) => span.localOf(at) % (24 * HOUR) === 0)).toBe(true);
});
