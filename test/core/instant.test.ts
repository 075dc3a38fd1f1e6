import { expect, test } from "vitest";
import { instantMs, type InstantLike } from "../../src/core/instant.js";

const NOON = Date.UTC(2027, 2, 28, 12);

test.each<[InstantLike, number]>([
  [NOON, NOON],
  [-1, -1],
  [NOON + 0.4, NOON],
  [new Date(NOON), NOON],
  [{ toMillis: () => NOON }, NOON],
  [{ epochMilliseconds: NOON }, NOON],
  ["2027-03-28T12:00:00Z", NOON],
  ["2027-03-28T12:00z", NOON],
  ["2027-03-28T14:00:00+02:00", NOON],
  ["2027-03-28T14:00:00+0200", NOON],
  ["2027-03-28T14:00:00+02", NOON],
  ["2027-03-28T06:15:00.250-05:45", NOON + 250],
  ["2027-03-28T12:00:00,5Z", NOON + 500],
  ["2028-02-29T00:00:00Z", Date.UTC(2028, 1, 29)],
  ["0000-02-29T00:00:00Z", Date.parse("0000-02-29T00:00:00Z")],
  ["2027-12-31T23:59:59.999+23:59", Date.parse("2027-12-31T00:00:59.999Z")],
])("%o is the instant %i", (value, ms) => {
  expect(instantMs(value, "eta")).toBe(ms);
});

test.each<[unknown, string]>([
  ["2027-03-28T12:00:00", "no offset: another instant on every machine"],
  ["2027-03-28", "no time"],
  ["28 March 2027 12:00 UTC", "not ISO 8601"],
  [" 2027-03-28T12:00:00Z", "a blank"],
  ["", "empty"],
  ["1".repeat(100_000), "long"],
  [NaN, "not a number"],
  [Infinity, "not finite"],
  [8.64e15 + 1, "past the range of a Date"],
  [new Date(NaN), "an invalid Date"],
  [{ toMillis: 5 }, "no method"],
  [{ epochMilliseconds: "5" }, "not a number"],
  [null, "nothing"],
  [true, "not an instant"],
  [5n, "not a number"],
])("%o is refused: %s", (value) => {
  expect(() => instantMs(value as InstantLike, "eta")).toThrow(
    expect.objectContaining({
      code: "SUNBEAT_OPTION_INVALID",
      message: expect.stringMatching(/^eta: expected an instant: .*, got /) as string,
    }) as Error,
  );
});

test.each<[string, string, string]>([
  ["2027-02-29T10:00Z", "February 2027 has 28 days", "2027 is no leap year"],
  ["1900-02-29T10:00Z", "February 1900 has 28 days", "nor is a century"],
  ["2028-02-30T10:00Z", "February 2028 has 29 days", "a leap year has no more"],
  ["0099-04-31T00:00:00Z", "April 0099 has 30 days", "years before 100 are years like others"],
  ["2027-12-32T00:00:00Z", "December 2027 has 31 days", "no month has more"],
  ["2027-04-00T00:00:00Z", "days go from 01 on", "there is no day 0"],
  ["2027-13-01T00:00:00Z", "months go from 01 to 12", "there is no thirteenth"],
  ["2027-00-01T00:00:00Z", "months go from 01 to 12", "nor a month 0"],
  [
    "2027-03-28T24:00Z",
    "hours go from 00 to 23; the end of a day is 00:00 of the next",
    "Date.parse takes it for the next day",
  ],
  ["2027-03-28T25:00:00Z", "hours go from 00 to 23", "no clock shows it"],
  ["2027-03-28T10:60+02:00", "minutes go from 00 to 59", "the same with an offset"],
  ["2027-03-28T10:00:60Z", "seconds go from 00 to 59", "no leap seconds"],
  ["2027-03-28T12:00:00+99:00", "offsets go to 23:59", "nobody lives there"],
  ["2027-03-28T12:00:00-02:60", "offsets go to 23:59", "minutes of an offset are minutes"],
])("%s is refused with its reason, %s: %s", (text, reason) => {
  expect(() => instantMs(text, "eta")).toThrow(
    expect.objectContaining({
      code: "SUNBEAT_OPTION_INVALID",
      message: `eta: "${text}" is not a date and time of the calendar: ${reason}`,
    }) as Error,
  );
});
