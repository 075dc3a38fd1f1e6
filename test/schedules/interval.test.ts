import { describe, expect, test } from "vitest";
import type { Duration } from "../../src/core/duration.js";
import { every } from "../../src/schedules/index.js";

const at = (text: string): number => Date.parse(text);

describe("next and previous", () => {
  test.each<[Duration, Duration, string, string, string, string]>([
    [30, 0, "2027-03-28T00:59:59Z", "2027-03-28T01:00:00Z", "2027-03-28T00:59:30Z", "aligned to the minute"],
    [
      30,
      0,
      "2027-03-28T01:00:00Z",
      "2027-03-28T01:00:30Z",
      "2027-03-28T00:59:30Z",
      "strictly after and before",
    ],
    [
      "1h",
      "5m",
      "2027-03-28T01:00:00Z",
      "2027-03-28T01:05:00Z",
      "2027-03-28T00:05:00Z",
      "moved by the offset",
    ],
    ["1h", "-5m", "2027-03-28T01:00:00Z", "2027-03-28T01:55:00Z", "2027-03-28T00:55:00Z", "moved back"],
    [
      "1h",
      "25h5m",
      "2027-03-28T01:00:00Z",
      "2027-03-28T01:05:00Z",
      "2027-03-28T00:05:00Z",
      "modulo the interval",
    ],
    [
      "7m",
      0,
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:07:00Z",
      "1969-12-31T23:53:00Z",
      "counted from the epoch",
    ],
    [
      "1w",
      0,
      "2027-03-28T00:00:00Z",
      "2027-04-01T00:00:00Z",
      "2027-03-25T00:00:00Z",
      "the epoch was a Thursday",
    ],
    [
      "90s",
      0,
      "1969-12-31T23:59:59Z",
      "1970-01-01T00:00:00Z",
      "1969-12-31T23:58:30Z",
      "before the epoch too",
    ],
  ])("every(%j, offset %j) from %s: %s, and before it %s: %s", (duration, offset, from, next, previous) => {
    const schedule = every(duration, { offset });
    expect(schedule.next(at(from))).toBe(at(next));
    expect(schedule.previous(at(from))).toBe(at(previous));
  });

  test("a day of 30-second runs has 2,880 of them and no drift", () => {
    const schedule = every(30);
    let last = at("2027-01-01T00:00:00Z");
    for (let i = 0; i < 2_880; i++) last = schedule.next(last)!;
    expect(last).toBe(at("2027-01-02T00:00:00Z"));
  });

  test("fractions of a millisecond in the argument do not repeat an instant", () => {
    expect(every("100ms").next(99.5)).toBe(100);
    expect(every("100ms").next(100)).toBe(200);
    expect(every("100ms").previous(100.5)).toBe(100);
  });

  test("stays exact at the far end of time, where a division would not", () => {
    const schedule = every("101ms");
    const last = schedule.previous(8.64e15)!;
    expect(last % 101).toBe(0);
    expect(schedule.next(last - 1)).toBe(last);
    expect(schedule.next(last - 101)).toBe(last);
    expect(schedule.next(last)).toBeNull();
  });
});

describe("definition", () => {
  test.each<[Duration, Duration, { everyMs: number; offsetMs: number }]>([
    ["1h30m", 0, { everyMs: 5_400_000, offsetMs: 0 }],
    [{ minutes: 5 }, "-1s", { everyMs: 300_000, offsetMs: 299_000 }],
    ["1h", "3h", { everyMs: 3_600_000, offsetMs: 0 }],
    [0.1, 0, { everyMs: 100, offsetMs: 0 }],
    [{ days: 36_525 }, 0, { everyMs: 3_155_760_000_000, offsetMs: 0 }],
  ])("every(%j, offset %j) holds %j", (duration, offset, expected) => {
    const { everyMs, offsetMs } = every(duration, { offset });
    expect({ everyMs, offsetMs }).toEqual(expected);
  });

  test.each<[unknown, string]>([
    [0, "every: expected an interval from 100ms to 100 years, got 0 ms"],
    [-30, "got -30000 ms"],
    [0.099, "got 99 ms"],
    [{ days: 36_526 }, "got 3155846400000 ms"],
    [NaN, "got NaN"],
    ["soon", 'got "soon"'],
    ["*/5 * * * *", 'text like "90s"'],
    [null, "got null"],
    [undefined, "got undefined"],
  ])("refuses every(%j) saying %s", (duration, message) => {
    expect(() => every(duration as Duration)).toThrow(
      expect.objectContaining({
        name: "ScheduleError",
        code: "SUNBEAT_INTERVAL_INVALID",
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  test.each<[unknown, string]>([
    [{ ofset: "5m" }, 'did you mean "offset"'],
    [{ offset: "later" }, "every: offset: expected a number of seconds"],
    [null, "every: options: expected an object"],
  ])("refuses options %j saying %s", (options, message) => {
    expect(() => every("1h", options as never)).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_INTERVAL_INVALID",
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  test("cannot be changed", () => {
    expect(() => Object.assign(every("1h"), { everyMs: 1 })).toThrow(TypeError);
  });
});

test.each([
  [every("1h30m"), "every 1 h 30 min", { type: "interval", everyMs: 5_400_000 }],
  [
    every("1h", { offset: "-5m" }),
    "every hour, offset 55 min",
    { type: "interval", everyMs: 3_600_000, offsetMs: 3_300_000 },
  ],
])("%j describes itself as %s and leaves defaults out of its JSON", (schedule, text, json) => {
  expect(schedule.describe()).toBe(text);
  expect(schedule.toJSON()).toEqual(json);
});

describe("lints", () => {
  test.each<[Duration, Duration, string | undefined]>([
    ["1d", 0, 'crontab("0 0 * * *", { timezone: "UTC" })'],
    ["24h", "2h30m", 'crontab("30 2 * * *", { timezone: "UTC" })'],
    ["1w", 0, 'crontab("0 0 * * thu", { timezone: "UTC" })'],
    ["1w", "3d7h", 'crontab("0 7 * * sun", { timezone: "UTC" })'],
    ["2d", 0, undefined],
    ["1d", "1s", undefined],
  ])("every(%j, offset %j) is a multiple of 24 h; suggests %s", (duration, offset, suggestion) => {
    const lints = every(duration, { offset }).lints();
    expect(lints.map((lint) => [lint.code, lint.field, lint.suggestion])).toEqual([
      ["whole-days", "every", suggestion],
    ]);
  });

  test("an interval that is no multiple of 24 h has none", () => {
    expect(every("23h").lints()).toEqual([]);
  });
});
