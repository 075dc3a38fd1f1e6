import { describe, expect, test } from "vitest";
import { crontab, type CrontabOptions } from "../../src/schedules/crontab/crontab.js";

const parse = (text: string): number => Date.parse(text.replace(/T(\d\d:\d\d)Z$/, "T$1:00Z"));
const format = (instant: number | null): string =>
  instant === null ? "never" : new Date(instant).toISOString().replace(":00.000Z", "Z");

const PARIS = "Europe/Paris";
const NEW_YORK = "America/New_York";
const LORD_HOWE = "Australia/Lord_Howe";
const CHATHAM = "Pacific/Chatham";
const SAO_PAULO = "America/Sao_Paulo";
const PYONGYANG = "Asia/Pyongyang";
const CAIRO = "Africa/Cairo";
const TROLL = "Antarctica/Troll";
const APIA = "Pacific/Apia";

type Row = [
  expression: string,
  timezone: string,
  after: string,
  expected: string[],
  because: string,
  options?: CrontabOptions,
];

const SHIFT = { dst: { gap: "shift", fold: "second" } } as const;

// The table of docs/crontab-semantics.md, in its order; each row is a chain of `next`.
const ROWS: Row[] = [
  [
    "40 2 * * *",
    PARIS,
    "2027-03-27T12:00Z",
    ["2027-03-28T01:00Z", "2027-03-29T00:40Z"],
    "02:40 does not exist: 03:00, once (R3)",
  ],
  [
    "5,35 2 * * *",
    PARIS,
    "2027-03-27T12:00Z",
    ["2027-03-28T01:00Z", "2027-03-29T00:05Z"],
    "two misses merge",
  ],
  [
    "0,40 2,3 * * *",
    PARIS,
    "2027-03-27T12:00Z",
    ["2027-03-28T01:00Z", "2027-03-28T01:40Z"],
    "misses merge with the regular 03:00",
  ],
  ["0 3 * * *", PARIS, "2027-03-27T12:00Z", ["2027-03-28T01:00Z", "2027-03-29T01:00Z"], "03:00 exists"],
  [
    "*/25 2 * * *",
    PARIS,
    "2027-03-27T12:00Z",
    ["2027-03-29T00:00Z", "2027-03-29T00:25Z"],
    "wildcard: the hour does not exist (R2)",
  ],
  ["12 * * * *", PARIS, "2027-03-28T00:00Z", ["2027-03-28T00:12Z", "2027-03-28T01:12Z"], "every real hour"],
  ["40 2 * * *", PARIS, "2027-10-30T12:00Z", ["2027-10-31T00:40Z", "2027-11-01T01:40Z"], "first pass only"],
  [
    "12 * * * *",
    PARIS,
    "2027-10-30T23:50Z",
    ["2027-10-31T00:12Z", "2027-10-31T01:12Z", "2027-10-31T02:12Z"],
    "both passes",
  ],
  [
    "0 0-23 * * *",
    PARIS,
    "2027-10-30T23:50Z",
    ["2027-10-31T00:00Z", "2027-10-31T01:00Z", "2027-10-31T02:00Z"],
    "complete set counts as wildcard (R1)",
  ],
  [
    "5 1-23 * * *",
    PARIS,
    "2027-10-30T23:50Z",
    ["2027-10-31T00:05Z", "2027-10-31T02:05Z"],
    "not complete: fixed, second pass dropped",
  ],
  [
    "*/90 */5 * * *",
    PARIS,
    "2027-03-28T00:00Z",
    ["2027-03-28T03:00Z", "2027-03-28T08:00Z"],
    "step too large = minute 0; 05:00 local",
  ],
  ["18 2 * * *", NEW_YORK, "2027-03-13T12:00Z", ["2027-03-14T07:00Z", "2027-03-15T06:18Z"], "gap"],
  ["15 1 * * *", NEW_YORK, "2027-11-06T12:00Z", ["2027-11-07T05:15Z", "2027-11-08T06:15Z"], "fold, first"],
  [
    "*/40 1 * * *",
    NEW_YORK,
    "2027-11-06T12:00Z",
    ["2027-11-07T05:00Z", "2027-11-07T05:40Z", "2027-11-07T06:00Z", "2027-11-07T06:40Z"],
    "wildcard in a fold",
  ],
  [
    "10 2 * * *",
    LORD_HOWE,
    "2027-10-02T00:00Z",
    ["2027-10-02T15:30Z", "2027-10-03T15:10Z"],
    "30-minute gap 02:00-02:30",
  ],
  [
    "40 1 * * *",
    LORD_HOWE,
    "2027-04-02T20:00Z",
    ["2027-04-03T14:40Z", "2027-04-04T15:10Z"],
    "30-minute fold, first",
  ],
  [
    "*/20 1 * * *",
    LORD_HOWE,
    "2027-04-03T12:00Z",
    ["2027-04-03T14:00Z", "2027-04-03T14:20Z", "2027-04-03T14:40Z", "2027-04-03T15:10Z"],
    "01:40 again after the fold",
  ],
  [
    "50 2 * * *",
    CHATHAM,
    "2027-09-24T20:00Z",
    ["2027-09-25T14:00Z", "2027-09-26T13:05Z"],
    "gap 02:45-03:45, run at 03:45",
  ],
  ["20 3 * * *", CHATHAM, "2027-04-02T20:00Z", ["2027-04-03T13:35Z", "2027-04-04T14:35Z"], "fold, first"],
  [
    "20 * * * *",
    CHATHAM,
    "2027-09-25T13:00Z",
    ["2027-09-25T13:35Z", "2027-09-25T14:35Z"],
    "steady through a 45-minute zone's gap",
  ],
  [
    "0 0 * * *",
    SAO_PAULO,
    "2018-11-03T12:00Z",
    ["2018-11-04T03:00Z", "2018-11-05T02:00Z"],
    "midnight does not exist: 01:00",
  ],
  [
    "30 23 * * *",
    PYONGYANG,
    "2018-05-04T12:00Z",
    ["2018-05-04T15:00Z", "2018-05-05T14:30Z"],
    "from 23:30 to 00:00: the gap ends on the next day, and the run of the day is there",
  ],
  [
    "20 0 * * sun",
    SAO_PAULO,
    "2018-10-30T12:00Z",
    ["2018-11-04T03:00Z", "2018-11-11T02:20Z"],
    "judged on the missed minute, Sunday",
  ],
  [
    "45 23 * * *",
    SAO_PAULO,
    "2018-02-17T12:00Z",
    ["2018-02-18T01:45Z", "2018-02-19T02:45Z"],
    "fold before midnight",
  ],
  [
    "0 0 * * sat",
    SAO_PAULO,
    "2018-02-10T12:00Z",
    ["2018-02-17T02:00Z", "2018-02-24T03:00Z"],
    "Saturday comes once",
  ],
  [
    "40 0 * * fri",
    CAIRO,
    "2027-04-28T12:00Z",
    ["2027-04-29T22:00Z", "2027-05-06T21:40Z"],
    "gap 00:00-01:00 on Friday",
  ],
  [
    "20 0-1 * * *",
    CAIRO,
    "2027-04-29T12:00Z",
    ["2027-04-29T22:00Z", "2027-04-29T22:20Z", "2027-04-30T21:20Z"],
    "missed 00:20 at 01:00, then 01:20",
  ],
  [
    "5 23 * * *",
    CAIRO,
    "2027-10-27T22:30Z",
    ["2027-10-28T20:05Z", "2027-10-29T21:05Z"],
    "fold of Thursday evening, first",
  ],
  [
    "50 1 * * *",
    TROLL,
    "2027-03-27T12:00Z",
    ["2027-03-28T01:00Z", "2027-03-28T23:50Z"],
    "two-hour gap 01:00-03:00",
  ],
  [
    "30 1-4 * * *",
    TROLL,
    "2027-03-27T12:00Z",
    ["2027-03-28T01:00Z", "2027-03-28T01:30Z", "2027-03-28T02:30Z"],
    "two misses merged, then 03:30, 04:30",
  ],
  [
    "15 2 * * *",
    TROLL,
    "2027-10-30T12:00Z",
    ["2027-10-31T00:15Z", "2027-11-01T02:15Z"],
    "two-hour fold, first",
  ],
  [
    "*/50 1-2 * * *",
    TROLL,
    "2027-10-30T23:30Z",
    ["2027-10-30T23:50Z", "2027-10-31T00:00Z", "2027-10-31T00:50Z", "2027-10-31T01:00Z"],
    "wildcard through the fold",
  ],
  [
    "0 6 * * *",
    APIA,
    "2011-12-29T00:00Z",
    ["2011-12-29T16:00Z", "2011-12-30T16:00Z"],
    "30 December does not exist (R4): 29th, then 31st",
  ],
  ["0 6 30 * *", APIA, "2011-12-01T00:00Z", ["2012-01-29T16:00Z"], "dropped, not made up"],
  [
    "10 0 * * *",
    "America/Havana",
    "2027-11-06T12:00Z",
    ["2027-11-07T04:10Z", "2027-11-08T05:10Z"],
    "midnight fold, first",
  ],
  ["40 2 * * *", PARIS, "2027-03-27T12:00Z", ["2027-03-28T01:40Z"], "03:40; second pass", SHIFT],
  ["40 2 * * *", PARIS, "2027-10-30T12:00Z", ["2027-10-31T01:40Z"], "second pass", SHIFT],
  ["40 2 * * *", PARIS, "2027-03-27T12:00Z", ["2027-03-29T00:40Z"], "dropped", { dst: "skip" }],
  [
    "0 4 1,15 * wed",
    "UTC",
    "2027-05-30T00:00Z",
    ["2027-06-01T04:00Z", "2027-06-02T04:00Z", "2027-06-09T04:00Z", "2027-06-15T04:00Z"],
    "OR",
  ],
  [
    "0 4 */2 * wed",
    "UTC",
    "2027-05-30T00:00Z",
    ["2027-06-09T04:00Z", "2027-06-23T04:00Z", "2027-07-07T04:00Z"],
    "text starts with *: odd days that are Wednesdays",
  ],
  [
    "0 4 1-31 * wed",
    "UTC",
    "2027-05-30T00:00Z",
    ["2027-05-30T04:00Z", "2027-05-31T04:00Z"],
    "OR with a full range: every day",
  ],
  [
    "0 5 * * fri-mon",
    "UTC",
    "2027-05-30T12:00Z",
    ["2027-05-31T05:00Z", "2027-06-04T05:00Z", "2027-06-05T05:00Z", "2027-06-06T05:00Z"],
    "wrap",
  ],
  [
    "30 21-3/3 * * *",
    "UTC",
    "2027-05-30T12:00Z",
    ["2027-05-30T21:30Z", "2027-05-31T00:30Z", "2027-05-31T03:30Z"],
    "step counts through the wrap",
  ],
  [
    "0 9 29 2 mon",
    "UTC",
    "2027-01-01T00:00Z",
    ["2044-02-29T09:00Z"],
    "28-year gaps, 40 across 2100",
    { dayMatch: "and" },
  ],
];

describe("the worked examples of docs/crontab-semantics.md", () => {
  test.each<Row>(ROWS)(
    "%s in %s after %s is %j: %s",
    (expression, timezone, after, expected, _because, options) => {
      const schedule = crontab(expression, { timezone, ...options });
      const chain: (number | null)[] = [];
      let instant: number | null = parse(after);
      for (let i = 0; i < expected.length && instant !== null; i++) {
        instant = schedule.next(instant);
        chain.push(instant);
      }
      expect(chain.map(format)).toEqual(expected);
    },
  );

  test.each<Row>(ROWS)(
    "%s in %s before its run after %s steps back over %j",
    (expression, timezone, _after, expected, _because, options) => {
      const schedule = crontab(expression, { timezone, ...options });
      const backwards = [parse(expected.at(-1)!)];
      while (backwards.length < expected.length) backwards.unshift(schedule.previous(backwards[0]!)!);
      expect(backwards.map(format)).toEqual(expected);
    },
  );
});
