import { expect, test } from "vitest";
import { fnv1a, spreadHash } from "../../src/core/fnv.js";
import { cursorAfter } from "../../src/beat/occurrences.js";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import { crontab } from "../../src/schedules/index.js";

test.each([
  ["", 2_872_998_923, "the empty text"],
  ["a", 444_641_715, "one letter"],
  ["report-0", 3_370_511_095, "a name"],
  ["nightly", 2_531_167_562, "another"],
])("of %j is %d on every machine: %s", (text, expected) => {
  expect(spreadHash(text)).toBe(expected);
});

test("leaves FNV-1a itself as it was, since stored ids hold it", () => {
  expect(fnv1a("foobar")).toBe(0xbf9c_f968);
});

/** Families of names whose members differ in their last characters, or near them. */
const FAMILIES: readonly (readonly [string, (i: number) => string])[] = [
  ["report-0 ...", (i) => `report-${i}`],
  ["0 ...", (i) => String(i)],
  ["tenant-00000 ...", (i) => `tenant-${String(i).padStart(5, "0")}`],
  ["sync-aa ...", (i) => `sync-${i.toString(36)}`],
  ["customer-0-invoices ...", (i) => `customer-${i}-invoices`],
  ["naïve-名-0 ...", (i) => `naïve-名-${i}`],
];
const NAMES = 5_000;
const YEAR_START = Date.parse("2027-01-01T00:00:00Z");

/** Second, minute and hour that `H H H * * *` has for a name. */
function timeOf(name: string): { second: number; minute: number; hour: number } {
  const instant = crontab("H H H * * *", { extended: true, hashKey: name }).next(YEAR_START - 1)!;
  const time = new Date(instant);
  return { second: time.getUTCSeconds(), minute: time.getUTCMinutes(), hour: time.getUTCHours() };
}

const times = new Map(
  FAMILIES.map(([family, name]) => [family, Array.from({ length: NAMES }, (_, i) => timeOf(name(i)))]),
);

type Time = ReturnType<typeof timeOf>;
const CELLS: readonly (readonly [string, number, (time: Time) => number])[] = [
  ["seconds", 60, ({ second }) => second],
  ["minutes", 60, ({ minute }) => minute],
  ["hours", 24, ({ hour }) => hour],
  ["minutes and seconds", 3_600, ({ minute, second }) => minute * 60 + second],
  ["hours and minutes", 1_440, ({ hour, minute }) => hour * 60 + minute],
  ["hours and seconds", 1_440, ({ hour, second }) => hour * 60 + second],
];

/** How far the counts are from even ones, in standard deviations of the chi-square distribution. */
function unevenness(cells: readonly number[], size: number): number {
  const counts = new Array<number>(size).fill(0);
  for (const cell of cells) counts[cell]!++;
  const fair = cells.length / size;
  const chiSquare = counts.reduce((sum, count) => sum + (count - fair) ** 2 / fair, 0);
  return (chiSquare - (size - 1)) / Math.sqrt(2 * (size - 1));
}

test.each(FAMILIES.flatMap(([family]) => CELLS.map((cell) => [family, ...cell] as const)))(
  "H over the names %s is as even as chance in %s, of which there are %d",
  (family, _, size, cellOf) => {
    expect(unevenness(times.get(family)!.map(cellOf), size)).toBeLessThan(4);
  },
);

test.each(FAMILIES.map(([family]) => [family]))(
  "5,000 names %s reach about 1,395 of the 1,440 times of a day",
  (family) => {
    const reached = new Set(times.get(family)!.map(({ hour, minute }) => hour * 60 + minute)).size;
    expect(Math.abs(reached - 1_395)).toBeLessThan(25);
  },
);

/** How long after the hour an entry with a jitter of an hour is sent, in seconds. */
function delayOf(name: string): number {
  const schedule = crontab("0 * * * *");
  const entry = resolveEntry(name, { task: "t", schedule, jitter: "1h" }, { timezone: "UTC" });
  const { due, dispatchAt } = cursorAfter(entry, YEAR_START)!;
  return (dispatchAt - due) / 1_000;
}

function spanOf(delays: readonly number[]): number {
  return Math.max(...delays) - Math.min(...delays);
}

const ten = (family: (i: number) => string): number[] =>
  Array.from({ length: 10 }, (_, i) => delayOf(family(i)));

test("report-0 to report-9 with a jitter of an hour are sent over 2,235 s of it", () => {
  expect(spanOf(ten((i) => `report-${i}`))).toBeCloseTo(2_235.312, 3);
});

test("ten names that differ in their last character span about 2,945 s of an hour, on average of 200 tens", () => {
  const spans = Array.from({ length: 200 }, (_, k) => spanOf(ten((i) => `job-${k}-${i}`)));
  // Ten even shares span nine elevenths on average; the average of 200 strays by some 30 s.
  expect(Math.abs(spans.reduce((sum, span) => sum + span, 0) / spans.length - 2_945)).toBeLessThan(120);
});

test.each(FAMILIES)("jitter over the names %s is as even as chance in 60 parts", (_, name) => {
  const parts = Array.from({ length: NAMES }, (__, i) => Math.floor(delayOf(name(i)) / 60));
  expect(unevenness(parts, 60)).toBeLessThan(4);
});

test("report-0 to report-99 leave none of 20 parts of the hour empty", () => {
  const parts = Array.from({ length: 100 }, (_, i) => Math.floor(delayOf(`report-${i}`) / 180));
  expect(new Set(parts).size).toBe(20);
});
