import { describe, expect, test } from "vitest";
import { durationMs, formatDuration, type Duration } from "../../src/core/duration.js";
import { isSunbeatError } from "../../src/core/errors.js";

describe("durationMs", () => {
  test.each<[Duration, number, string]>([
    [30, 30_000, "a number is seconds"],
    [0.1 * 3, 300, "float noise is not a fraction of a millisecond"],
    [-90, -90_000, "negative durations exist; callers check their range"],
    [36_525 * 86_400, 3_155_760_000_000, "100 years"],
    ["90s", 90_000, "one unit"],
    ["1h30m", 5_400_000, "units descending"],
    ["1w2d3h4m5s6ms", 788_645_006, "all of them"],
    ["250ms", 250, "ms is not minutes"],
    ["1.5h", 5_400_000, "a decimal part"],
    ["-30m", -1_800_000, "a sign for the whole text"],
    ["90 days", 7_776_000_000, "one unit written out"],
    ["PT1H30M", 5_400_000, "ISO 8601"],
    ["P1DT12H", 129_600_000, "ISO 8601 with days"],
    ["-PT30M", -1_800_000, "ISO 8601 with a sign"],
    [{ hours: 1, minutes: 30 }, 5_400_000, "parts add up"],
    [{ hours: 1, minutes: -30 }, 1_800_000, "parts may be negative"],
  ])("%j is %d ms: %s", (value, ms) => {
    expect(durationMs(value, "test")).toBe(ms);
  });

  test.each<[unknown, string]>([
    [-0, "minus zero"],
    ["-0s", "minus zero as text"],
    [-1e-12, "what rounds to minus zero"],
  ])("%j is plain zero: %s", (value) => {
    expect(durationMs(value as Duration, "test")).toBe(0);
  });

  test.each<[unknown, string]>([
    ["", "empty"],
    ["-", "a sign alone"],
    ["P", "ISO without parts"],
    ["PT", "ISO without time"],
    ["P1DT", "ISO with an empty time"],
    ["P1Y", "a year has no fixed length"],
    ["P1M", "a month has no fixed length"],
    ["30", "a text needs a unit"],
    ["90 s", "a blank before a short unit"],
    ["1m1h", "units not descending"],
    ["1h1h", "a unit twice"],
    ["1H", "short units are lower case"],
    ["+5s", "a plus"],
    ["5s ", "a blank at the end"],
    ["1e3s", "an exponent"],
    ["*/5 * * * *", "a crontab"],
    ["9".repeat(65) + "s", "longer than any duration"],
    [NaN, "not a number"],
    [Infinity, "endless"],
    [1e300, "beyond exact numbers"],
    [0.0005, "half a millisecond"],
    [3600.0005, "an hour and half a millisecond"],
    [{}, "no parts"],
    [{ years: 1 }, "a year has no fixed length"],
    [{ hours: "1" }, "a part that is no number"],
    [{ hours: NaN }, "a part that is NaN"],
    [[1], "a list"],
    [null, "null"],
    [true, "a boolean"],
    [5n, "a bigint"],
  ])("refuses %o: %s", (value) => {
    let thrown: unknown;
    try {
      durationMs(value as Duration, "test");
    } catch (error) {
      thrown = error;
    }
    expect(isSunbeatError(thrown) && thrown.code).toBe("SUNBEAT_DURATION_INVALID");
  });
});

test.each([
  [0, "0s"],
  [250, "250ms"],
  [5_400_000, "1h30m"],
  [-1_800_000, "-30m"],
  [90_061_001, "1d1h1m1s1ms"],
])("formatDuration(%d) is %s, which durationMs reads back", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
  expect(durationMs(text, "test")).toBe(ms);
});
