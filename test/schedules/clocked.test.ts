import { expect, test } from "vitest";
import { clocked } from "../../src/schedules/index.js";

const at = (text: string): number => Date.parse(text);
const paris = { timezone: "Europe/Paris" };

test.each<[unknown, { timezone?: string }, string, string]>([
  [new Date("2027-03-28T01:00:00Z"), {}, "2027-03-28T01:00:00Z", "a Date"],
  [1_800_000_000_000, {}, "2027-01-15T08:00:00Z", "epoch milliseconds"],
  [0, {}, "1970-01-01T00:00:00Z", "zero is an instant"],
  ["2027-03-28T01:00:00Z", {}, "2027-03-28T01:00:00Z", "ISO 8601 with Z"],
  ["2027-03-28T03:00+02:00", {}, "2027-03-28T01:00:00Z", "ISO 8601 with an offset"],
  [
    "2027-03-28T03:00+02:00",
    paris,
    "2027-03-28T01:00:00Z",
    "an offset needs no zone, and is not changed by one",
  ],
  [{ toMillis: () => 1_800_000_000_000 }, {}, "2027-01-15T08:00:00Z", "a luxon DateTime"],
  [{ epochMilliseconds: 1_800_000_000_000 }, {}, "2027-01-15T08:00:00Z", "a Temporal instant"],
  ["2027-07-01T12:00", paris, "2027-07-01T10:00:00Z", "a local time, in summer"],
  [
    "2027-12-01 12:00:30.250",
    paris,
    "2027-12-01T11:00:30.250Z",
    "a local time, in winter, to the millisecond",
  ],
  ["2027-07-01", paris, "2027-06-30T22:00:00Z", "a date alone is its midnight"],
  ["2027-03-28T02:30", paris, "2027-03-28T01:00:00Z", "in the gap: the instant after it"],
  ["2027-10-31T02:30", paris, "2027-10-31T00:30:00Z", "in the fold: the first pass"],
  ["2027-10-31T02:30", { timezone: "UTC" }, "2027-10-31T02:30:00Z", "UTC is a zone like any other"],
  ["2028-02-29T00:00", { timezone: "UTC" }, "2028-02-29T00:00:00Z", "a leap day"],
])("clocked(%j, %j) is %s: %s", (instant, options, expected) => {
  expect(clocked(instant as Date, options).at).toBe(at(expected));
});

test.each<[unknown, unknown, string]>([
  ["2027-03-28T02:30", {}, 'is a local time; write clocked("2027-03-28T02:30Z") for UTC'],
  ["2027-03-28", {}, 'is a local time; write clocked("2027-03-28T00:00Z") for UTC'],
  ["2027-03-28 02:30:15", {}, 'is a local time; write clocked("2027-03-28T02:30:15Z") for UTC'],
  ["2027-02-30T00:00", {}, "is not a date and time of the calendar: February 2027 has 28 days"],
  ["2027-02-30T00:00", paris, "is not a date and time of the calendar: February 2027 has 28 days"],
  ["2027-13-01T00:00", paris, "is not a date and time of the calendar"],
  ["2027-00-01T00:00", paris, "is not a date and time of the calendar"],
  ["2027-03-00T00:00", paris, "is not a date and time of the calendar"],
  ["2027-03-28T24:00", paris, "is not a date and time of the calendar: hours go from 00 to 23"],
  ["2027-03-28T24:00Z", {}, "is not a date and time of the calendar: hours go from 00 to 23"],
  ["2027-03-28T23:60", paris, "is not a date and time of the calendar"],
  ["2027-03-28T23:59:60", paris, "is not a date and time of the calendar"],
  ["2027-02-29T10:00Z", {}, "is not a date and time of the calendar: February 2027 has 28 days"],
  ["tomorrow", {}, "clocked: expected an instant"],
  ["28/03/2027", paris, "clocked: expected an instant"],
  [new Date(NaN), {}, "clocked: expected an instant"],
  [NaN, {}, "clocked: expected an instant"],
  [8.64e15 + 1, {}, "clocked: expected an instant"],
  [null, {}, "clocked: expected an instant"],
  [undefined, {}, "clocked: expected an instant"],
  [{}, {}, "clocked: expected an instant"],
  [{ toMillis: () => "soon" }, {}, "clocked: expected an instant"],
  [0, { timezome: "UTC" }, 'did you mean "timezone"'],
])("refuses clocked(%o, %j) saying %s", (instant, options, message) => {
  expect(() => clocked(instant as Date, options as object)).toThrow(
    expect.objectContaining({
      name: "ScheduleError",
      code: "SUNBEAT_CLOCKED_INVALID",
      message: expect.stringContaining(message) as string,
    }),
  );
});

test("refuses an unknown zone even where none is needed", () => {
  expect(() => clocked(0, { timezone: "Europe/Pari" })).toThrow(
    expect.objectContaining({ code: "SUNBEAT_TIMEZONE_INVALID" }),
  );
});

test("is due once: strictly after, strictly before, and never again", () => {
  const schedule = clocked(1_000);
  expect([999, 1_000, 1_001].map((t) => schedule.next(t))).toEqual([1_000, null, null]);
  expect([999, 1_000, 1_001].map((t) => schedule.previous(t))).toEqual([null, null, 1_000]);
});

test("describes itself and has its instant as JSON", () => {
  const schedule = clocked("2027-03-28T01:00Z");
  expect(schedule.describe()).toBe("once, at 2027-03-28T01:00Z");
  expect(schedule.toJSON()).toEqual({ type: "clocked", at: at("2027-03-28T01:00:00Z") });
});

test.each([
  [1_800_000_000, ["epoch-seconds", "clocked(1800000000000)"]],
  [1_800_000_000_000, undefined],
  [0, undefined],
])("clocked(%d) is linted as %j: seconds are easily taken for milliseconds", (instant, expected) => {
  const lints = clocked(instant).lints();
  expect(lints.map((lint) => [lint.code, lint.suggestion])).toEqual(expected === undefined ? [] : [expected]);
});
