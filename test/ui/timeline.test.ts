import { describe, expect, test } from "vitest";
import {
  axisOf,
  binsOf,
  isCrowded,
  lanesOf,
  placeOf,
  quantile,
  rangeOf,
  rowsOf,
  share,
  shifted,
  type View,
  zoomed,
} from "../../ui/lib/timeline.js";
import { zoneSpan } from "../../ui/lib/zones.js";

const utc = (text: string): number => Date.parse(`${text}Z`);

function dayIn(zone: string, date: string) {
  const range = rangeOf("day", date, zone);
  const span = zoneSpan(range.from, range.to, zone);
  return { range, span, rows: rowsOf(range, span) };
}

describe("ranges", () => {
  test.each<[View, string, string, number, string]>([
    ["day", "2027-03-28", "Europe/Paris", 23, "the day of the gap"],
    ["week", "2027-03-28", "Europe/Paris", 167, "Monday to Sunday, with the gap"],
    ["month", "2027-10-05", "Europe/Paris", 745, "October, with the fold"],
    ["month", "2027-02-10", "UTC", 672, "February"],
    ["week", "2027-04-04", "Australia/Lord_Howe", 168.5, "half an hour comes twice"],
  ])("a %s at %s in %s has %d hours (%s)", (view, date, zone, hours) => {
    const { from, to } = rangeOf(view, date, zone);
    expect((to - from) / 3_600_000).toBe(hours);
  });

  test.each<[View, string, number, string, string]>([
    ["day", "2027-03-01", -1, "2027-02-28", "over the end of a month"],
    ["week", "2027-03-31", 1, "2027-04-05", "to the next Monday"],
    ["month", "2027-01-31", 1, "2027-02-01", "no 31st of February"],
  ])("from a %s at %s by %d is %s (%s)", (view, date, count, wanted) => {
    expect(shifted(view, date, count)).toBe(wanted);
  });

  test("nearer keeps what is looked at where it is", () => {
    const range = { from: 0, to: 3_600_000 };
    const near = zoomed(range, 0.5, 900_000);
    expect(share(900_000, near)).toBeCloseTo(share(900_000, range));
    expect(near.to - near.from).toBe(1_800_000);
    expect(zoomed(range, 0)).toEqual({ from: 1_795_000, to: 1_805_000 });
  });
});

describe("the axis", () => {
  const labels = (zone: string, date: string): string[] => {
    const { range, span } = dayIn(zone, date);
    return axisOf(range, span, 30).map(({ label }) => label);
  };

  test("has no hour that is skipped, and an hour twice that comes twice", () => {
    expect(labels("Europe/Paris", "2027-03-28").slice(0, 4)).toEqual(["03-28", "01:00", "03:00", "04:00"]);
    expect(labels("Europe/Paris", "2027-10-31").slice(0, 5)).toEqual([
      "10-31",
      "01:00",
      "02:00",
      "02:00",
      "03:00",
    ]);
  });

  test("of half an hour that is skipped the full hour before it is there no more", () => {
    expect(labels("Australia/Lord_Howe", "2027-10-03").slice(0, 4)).toEqual([
      "10-03",
      "01:00",
      "03:00",
      "04:00",
    ]);
    expect(labels("Australia/Lord_Howe", "2027-04-04").slice(0, 4)).toEqual([
      "04-04",
      "01:00",
      "02:00",
      "03:00",
    ]);
  });
});

describe("places in days below each other", () => {
  test.each<[string, string, string, number, number | null, string]>([
    ["Europe/Paris", "2027-03-28", "2027-03-28T01:00", 3 / 24, null, "moved out of the gap, to its end"],
    [
      "Europe/Paris",
      "2027-03-28",
      "2027-03-28T00:59",
      (2 * 60 - 1) / 1440,
      null,
      "the last minute before it",
    ],
    ["Europe/Paris", "2027-10-31", "2027-10-31T00:30", 2.5 / 24, 1, "02:30 for the first time"],
    ["Europe/Paris", "2027-10-31", "2027-10-31T01:30", 2.5 / 24, 2, "02:30 once more, in the same place"],
    ["Europe/Paris", "2027-10-31", "2027-10-31T02:00", 3 / 24, null, "03:00 comes once"],
    ["Australia/Lord_Howe", "2027-04-04", "2027-04-03T14:45", 1.75 / 24, 1, "01:45 for the first time"],
    ["Australia/Lord_Howe", "2027-04-04", "2027-04-03T15:15", 1.75 / 24, 2, "01:45 once more"],
    ["Australia/Lord_Howe", "2027-10-03", "2027-10-02T15:30", 2.5 / 24, null, "half an hour is skipped"],
    ["UTC", "2027-03-28", "2027-03-28T01:00", 1 / 24, null, "in UTC nothing is moved"],
  ])("%s %s: %s (%#)", (zone, date, at, x, pass) => {
    const { rows, span } = dayIn(zone, date);
    const place = placeOf(utc(at), rows, span);
    expect(place).toMatchObject({ row: 0, pass });
    expect(place!.x).toBeCloseTo(x, 9);
  });

  test("gaps and folds are stretches of their day", () => {
    const stretches = (zone: string, date: string) =>
      dayIn(zone, date).rows.flatMap((row) =>
        row.stretches.map(({ kind, left, right }) => [kind, left * 24, right * 24]),
      );
    expect(stretches("Europe/Paris", "2027-03-28")).toEqual([["gap", 2, 3]]);
    expect(stretches("Europe/Paris", "2027-10-31")).toEqual([["fold", 2, 3]]);
    expect(stretches("Australia/Lord_Howe", "2027-10-03")).toEqual([["gap", 2, 2.5]]);
    expect(stretches("Australia/Lord_Howe", "2027-04-04")).toEqual([["fold", 1.5, 2]]);
    expect(stretches("UTC", "2027-03-28")).toEqual([]);
    expect(stretches("Europe/Paris", "2027-03-29")).toEqual([]);
  });

  test("what is in another day has no place", () => {
    const { rows, span, range } = dayIn("Europe/Paris", "2027-03-28");
    expect(placeOf(range.to, rows, span)).toBeNull();
    expect(placeOf(range.from, rows, span)).toMatchObject({ row: 0, x: 0 });
  });
});

test("marks that would cover each other are crowded, and then counted by slot", () => {
  const many = Array.from({ length: 200 }, (_, index) => index / 200);
  expect(isCrowded(many, 600, 12)).toBe(true);
  expect(
    isCrowded(
      many.slice(0, 40).map((x) => x * 5),
      600,
      12,
    ),
  ).toBe(false);
  expect([...binsOf([0, 0.1, 0.5, 1], (x) => x, 4)].map(([slot, { length }]) => [slot, length])).toEqual([
    [0, 2],
    [2, 1],
    [3, 1],
  ]);
});

test("runs that overlap lie below each other, the others in the first lane", () => {
  const bars = [
    { from: 0, to: 10 },
    { from: 5, to: 15 },
    { from: 10, to: 20 },
    { from: 11, to: 12 },
    { from: 11, to: 12 },
  ];
  expect(lanesOf(bars, 3)).toEqual([0, 1, 0, 2, 2]);
});

test.each([
  [[], 0.5, null],
  [[3], 0.95, 3],
  [[4, 1, 3, 2], 0.5, 2],
  [[1, 2, 3, 4], 1, 4],
])("of %j the quantile %d is %j", (values, part, wanted) => {
  expect(quantile(values, part)).toBe(wanted);
});
