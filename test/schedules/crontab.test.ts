import { describe, expect, it, test } from "vitest";
import {
  crontab,
  crontabFromJSON,
  type CrontabFields,
  type CrontabOptions,
} from "../../src/schedules/crontab/crontab.js";
import type { ScheduleJSON } from "../../src/schedules/schedule.js";

const PARIS = "Europe/Paris";
const utc = (text: string): number => Date.parse(text);
const iso = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

describe("next and previous", () => {
  test.each<[instant: number, next: string | null, previous: string | null, because: string]>([
    [
      utc("2027-05-30T12:00:00.000Z"),
      "2027-05-30T12:01:00.000Z",
      "2027-05-30T11:59:00.000Z",
      "never their argument",
    ],
    [
      utc("2027-05-30T12:00:00.001Z"),
      "2027-05-30T12:01:00.000Z",
      "2027-05-30T12:00:00.000Z",
      "a millisecond later",
    ],
    [
      utc("2027-05-30T12:00:00.000Z") + 0.25,
      "2027-05-30T12:01:00.000Z",
      "2027-05-30T12:00:00.000Z",
      "fractions count",
    ],
    [0, "1970-01-01T00:01:00.000Z", "1969-12-31T23:59:00.000Z", "the epoch is an instant like others"],
    [-1, "1970-01-01T00:00:00.000Z", "1969-12-31T23:59:00.000Z", "so are those before it"],
    [-0.5, "1970-01-01T00:00:00.000Z", "1969-12-31T23:59:00.000Z", "with fractions too"],
    [8.64e15, null, "+275760-09-12T23:59:00.000Z", "the last instant of Date"],
    [-8.64e15, "-271821-04-20T00:01:00.000Z", null, "the first"],
    [8.64e15 + 1024, null, null, "beyond Date there is nothing"],
    [NaN, null, null, "not a number"],
    [Infinity, null, null, "not finite"],
    [-Infinity, null, null, "not finite"],
  ])("of a minutely crontab at %d are %s and %s: %s", (instant, next, previous) => {
    const schedule = crontab("* * * * *");
    expect([iso(schedule.next(instant)), iso(schedule.previous(instant))]).toEqual([next, previous]);
  });

  test.each([
    [
      "*/20 * * * * *",
      PARIS,
      "2027-03-28T00:59:30Z",
      ["00:59:40", "01:00:00", "01:00:20"],
      "wildcard: steady through the gap",
    ],
    [
      "30 15 2 * * *",
      PARIS,
      "2027-03-27T12:00:00Z",
      ["01:00:00", "00:15:30"],
      "fixed: the first second after the gap, then as written",
    ],
    [
      "15,45 30 2 * * *",
      PARIS,
      "2027-10-30T12:00:00Z",
      ["00:30:15", "00:30:45", "01:30:15"],
      "fixed: the first pass of a fold only",
    ],
    [
      "* 30 2 * * *",
      PARIS,
      "2027-10-31T00:30:58Z",
      ["00:30:59", "01:30:00"],
      "wildcard by its seconds: both passes",
    ],
    [
      "59 59 23 31 12 *",
      "UTC",
      "2027-05-30T12:00:00Z",
      ["23:59:59", "23:59:59"],
      "the last second of the year",
    ],
  ])("with seconds, %s in %s after %s is at %j: %s", (text, timezone, after, expected) => {
    const schedule = crontab(text, { timezone });
    const times: string[] = [];
    for (let t = schedule.next(utc(after)); times.length < expected.length; t = schedule.next(t!)) {
      times.push(iso(t)!.slice(11, 19));
    }
    expect(times).toEqual(expected);
  });

  it("skip the 40 years that pass between Mondays on 29 February around 2100", () => {
    const schedule = crontab("0 9 29 2 mon", { dayMatch: "and" });
    expect([
      iso(schedule.next(utc("2073-01-01T00:00:00Z"))),
      iso(schedule.previous(utc("2111-01-01T00:00:00Z"))),
    ]).toEqual(["2112-02-29T09:00:00.000Z", "2072-02-29T09:00:00.000Z"]);
  });

  test.each<[text: string, options: CrontabOptions, because: string]>([
    ["0 0 30 2 *", {}, "no February has 30 days"],
    ["0 0 31 4,6,9,11 *", {}, "nor has any of these months 31"],
    ["@reboot", {}, "it has no instants"],
    ["0 0 15W * 6", { extended: true, dayMatch: "and" }, "the nearest weekday is never a Saturday"],
  ])("of %s with %j are null: %s", (text, options) => {
    const schedule = crontab(text, options);
    const from = utc("2027-01-01T00:00:00Z");
    expect([schedule.next(from), schedule.previous(from)]).toEqual([null, null]);
  });

  it("reach the second pass of a fold whose day comes once a year", () => {
    const schedule = crontab("40 1 7 11 *", { timezone: "America/New_York", class: "wildcard" });
    const [first, second] = [utc("2027-11-07T05:40:00Z"), utc("2027-11-07T06:40:00Z")];
    expect([schedule.next(first), schedule.previous(second)]).toEqual([second, first]);
    // Between the passes the local time is before 01:40 again.
    const between = utc("2027-11-07T06:20:00Z");
    expect([schedule.next(between), schedule.previous(between)]).toEqual([second, first]);
  });

  test.each(["first", "second", "both"] as const)(
    "run on both of the days that a date line repeats, fold %s",
    (fold) => {
      const schedule = crontab("0 12 * * *", { timezone: "America/Juneau", dst: { fold } });
      const chain: (string | null)[] = [];
      for (let t = utc("1867-10-17T00:00:00Z"), n = 0; n < 4; n++) chain.push(iso((t = schedule.next(t)!)));
      // 19 October 1867 came twice, in Asia's reckoning and in America's; it is no daylight saving.
      expect(chain).toEqual(["17", "18", "19", "20"].map((day) => `1867-10-${day}T20:58:00.000Z`));
    },
  );

  it("ends when every match falls into a gap and gaps are dropped", () => {
    const options = { extended: true, timezone: PARIS, dst: "skip" } as const;
    const schedule = crontab("30 2 * 3 7L", options);
    const lastBefore1976 = schedule.previous(utc("2027-01-01T00:00:00Z"));
    expect([
      schedule.next(utc("2027-01-01T00:00:00Z")),
      lastBefore1976! < utc("1990-01-01T00:00:00Z"),
    ]).toEqual([null, true]);
  });
});

describe("defaults", () => {
  const after = utc("2027-03-27T12:00:00Z");

  it("fill in what the crontab was made without, and nothing else", () => {
    const app = { timezone: PARIS, dst: "skip" } as const;
    const open = crontab("40 2 * * *").withDefaults(app);
    const closed = crontab("40 2 * * *", { timezone: "UTC", dst: "vixie" }).withDefaults(app);
    expect([open.timezone, iso(open.next(after)), closed.timezone, iso(closed.next(after))]).toEqual([
      PARIS,
      "2027-03-29T00:40:00.000Z",
      "UTC",
      "2027-03-28T02:40:00.000Z",
    ]);
  });

  it("leave the value they are applied to as it was", () => {
    const schedule = crontab("40 2 * * *");
    schedule.withDefaults({ timezone: PARIS });
    expect(schedule.toJSON()["timezone"]).toBe("UTC");
  });

  it("give way to later ones", () => {
    const twice = crontab("0 0 * * *")
      .withDefaults({ timezone: PARIS })
      .withDefaults({ timezone: "Asia/Tokyo" });
    expect(twice.timezone).toBe("Asia/Tokyo");
  });

  it("do not touch a crontab that was read from JSON, which is complete", () => {
    const json = crontab("40 2 * * *").toJSON();
    expect(
      crontabFromJSON(json).withDefaults({ timezone: PARIS, dst: "skip", hashKey: "x" }).toJSON(),
    ).toEqual(json);
  });
});

describe("JSON", () => {
  test.each<[string | CrontabFields, CrontabOptions, ScheduleJSON]>(
    [
      [
        "0,30 * * * 1-5",
        { timezone: PARIS },
        {
          type: "crontab",
          minute: "0,30",
          hour: "*",
          dayOfMonth: "*",
          monthOfYear: "*",
          dayOfWeek: "1-5",
          dayMatch: "or",
          timezone: PARIS,
        },
      ],
      [
        { minute: [0, 30], day_of_week: "mon" },
        {},
        {
          type: "crontab",
          minute: "0,30",
          hour: "*",
          dayOfMonth: "*",
          monthOfYear: "*",
          dayOfWeek: "mon",
          dayMatch: "and",
          timezone: "UTC",
        },
      ],
      [
        " @daily",
        { dst: { gap: "shift" }, class: "fixed" },
        {
          type: "crontab",
          minute: "0",
          hour: "0",
          dayOfMonth: "*",
          monthOfYear: "*",
          dayOfWeek: "*",
          dayMatch: "or",
          timezone: "UTC",
          dst: { gap: "shift", fold: "first" },
          class: "fixed",
          text: " @daily",
        },
      ],
      [
        "30 H 3 L * *",
        { extended: true, hashKey: "night", dst: { gap: "after", fold: "first" } },
        {
          type: "crontab",
          second: "30",
          minute: "H",
          hour: "3",
          dayOfMonth: "L",
          monthOfYear: "*",
          dayOfWeek: "*",
          dayMatch: "or",
          timezone: "UTC",
          extended: true,
          hashKey: "night",
        },
      ],
      [
        "0 3 * * *",
        { hashKey: "unused" },
        {
          type: "crontab",
          minute: "0",
          hour: "3",
          dayOfMonth: "*",
          monthOfYear: "*",
          dayOfWeek: "*",
          dayMatch: "or",
          timezone: "UTC",
        },
      ],
      ["@reboot", {}, { type: "reboot" }],
    ].filter((row) => row[2] !== undefined) as never,
  )("of %j with %j is %j, and comes back equal", (source, options, json) => {
    const schedule = crontab(source, options);
    const copy = crontabFromJSON(JSON.parse(JSON.stringify(schedule)) as ScheduleJSON);
    const from = utc("2027-03-27T12:00:00Z");
    expect(schedule.toJSON()).toEqual(json);
    expect(copy.toJSON()).toEqual(json);
    expect([copy.next(from), copy.describe()]).toEqual([schedule.next(from), schedule.describe()]);
  });

  const valid = crontab("0 3 * * *").toJSON();
  test.each<[unknown, string]>([
    [{ ...valid, day: 1 }, `unknown field "day"`],
    [{ ...valid, type: "cron" }, `type: "cron" is not "crontab"`],
    [{ ...valid, minute: "60" }, "minute: 60 is outside 0-59"],
    [{ ...valid, dayMatch: "xor" }, `dayMatch: "xor" is not one of`],
    [{ ...valid, text: "0 4 * * *" }, `text: "0 4 * * *" does not say what the fields say`],
    [{ ...valid, text: 5 }, "text: 5 does not say what the fields say"],
    [{ type: "reboot", minute: "5" }, `"reboot" takes no other field`],
  ])("%j is refused: %s", (json, message) => {
    expect(() => crontabFromJSON(json as ScheduleJSON)).toThrow(`crontab: ${message}`);
  });
});

describe("describe", () => {
  test.each<[string, string, CrontabOptions?]>([
    ["* * * * *", "every minute"],
    ["*/5 * * * *", "every 5 minutes"],
    ["0 * * * *", "at minute 0 of every hour"],
    ["0,30 * * * *", "at minutes 0 and 30 of every hour"],
    ["*/27 * * * *", "at minutes 0, 27 and 54 of every hour"],
    ["30 2 * * *", "at 02:30 every day"],
    ["30 2 * * *", "at 02:30 every day (Europe/Paris)", { timezone: PARIS }],
    ["0 9,17 * * mon-fri", "at 09:00 and 17:00 on Monday to Friday"],
    ["15,45 9-17 * * sat,sun", "at minutes 15 and 45 of hours 9 to 17 on Saturday or Sunday"],
    ["* 2 * * *", "every minute of hour 2"],
    ["*/15 */2 * * *", "every 15 minutes of every 2nd hour from 00:00"],
    ["0 4 1,15 * wed", "at 04:00 on day 1 or 15, or on Wednesday"],
    ["0 4 1,15 * wed", "at 04:00 on day 1 or 15 if it is Wednesday", { dayMatch: "and" }],
    ["0 4 1-31 * wed", "at 04:00 every day"],
    ["0 4 1-7 jan,jul *", "at 04:00 on days 1 to 7 in January or July"],
    ["0 4 13 2 fri", "at 04:00 on day 13, or on Friday, in February"],
    ["0 0 */2 * *", "at 00:00 on every 2nd day of the month from day 1"],
    ["0 0 30 2 *", "never: at 00:00 on day 30 in February"],
    ["@yearly", "at 00:00 on day 1 in January"],
    ["30 0 12 * * *", "at 12:00:30 every day"],
    ["*/10 * * * * *", "every 10 seconds"],
    ["* * * * * *", "every second"],
    ["15 * * * * *", "at second 15 of every minute"],
    ["15,45 * * * * *", "at seconds 15 and 45 of every minute"],
    ["*/7 * * * * *", "at seconds 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every minute"],
    ["15 * 5 * * *", "at second 15 of every minute of hour 5"],
    ["15 30 * * * *", "at second 15 of minute 30 of every hour"],
    ["15 * * * * mon", "at second 15 of every minute on Monday"],
    ["0 * * * * *", "every minute"],
    ["* 30 2 * * *", "every second of minute 30 of hour 2"],
    ["15 */5 * * * *", "at second 15 of every 5 minutes"],
    [
      "0 0 L,15W * *",
      "at 00:00 on the last day of the month or the weekday nearest to day 15",
      { extended: true },
    ],
    ["0 0 L-1 * *", "at 00:00 on 1 day before the last day of the month", { extended: true }],
    [
      "0 0 * * 5#2,monL",
      "at 00:00 on the second Friday of the month or the last Monday of the month",
      { extended: true },
    ],
    ["@reboot", "once, when the first beat starts to lead"],
  ])("%s is %j", (text, expected, options) => {
    expect(crontab(text, options).describe()).toBe(expected);
  });
});
