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
])("%o is the instant %i", (value, ms) => {
  expect(instantMs(value, "eta")).toBe(ms);
});

test.each<[unknown, string]>([
  ["2027-03-28T12:00:00", "no offset: another instant on every machine"],
  ["2027-03-28", "no time"],
  ["2027-02-29T00:00:00Z", "not a leap year"],
  ["2027-04-31T00:00:00Z", "no such day"],
  ["2027-13-01T00:00:00Z", "no such month"],
  ["2027-03-28T25:00:00Z", "no such hour"],
  ["2027-03-28T12:00:00+99:00", "no such offset"],
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
