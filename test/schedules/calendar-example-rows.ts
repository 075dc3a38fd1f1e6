/** The worked rows of docs/calendar.md and of the contract behind it, forwards and back. */
import {
  businessDays,
  calendar,
  compose,
  crontab,
  dates,
  during,
  every,
  solar,
  type BuiltInSchedule,
} from "../../src/index.js";

const PARIS = "Europe/Paris";
const NEW_YORK = "America/New_York";
export const utc = (text: string): number =>
  Date.parse(/T.*Z$/.test(text) ? text : `${text}${text.includes("T") ? "Z" : "T00:00Z"}`);
export const short = (at: number | null): string | null =>
  at === null ? null : new Date(at).toISOString().replace(/(?::00)?\.000Z$/, "");

export const B = businessDays({ closed: dates(["2027-12-24", "2027-12-25", "2027-12-31"]) });
const paris = { timezone: PARIS } as const;
const inUtc = { timezone: "UTC" } as const;

type Row = [
  name: string,
  schedule: () => BuiltInSchedule,
  after: string,
  next: (string | null)[],
  because: string,
];

export const ROWS: Row[] = [
  [
    "1",
    () => calendar({ every: "2 weeks", on: ["mon", "thu"], at: "08:00", from: "2027-01-04", ...paris }),
    "2027-03-25T12:00",
    ["2027-03-29T06:00", "2027-04-01T06:00", "2027-04-12T06:00", "2027-04-15T06:00"],
    "counted from 4 January, at a local time",
  ],
  [
    "2a",
    () => calendar({ every: "2 weeks", on: "sun", at: "02:30", from: "2027-03-14", ...paris }),
    "2027-03-25T12:00",
    ["2027-03-28T01:00", "2027-04-11T00:30", "2027-04-25T00:30"],
    "the gap moves one run and no phase",
  ],
  [
    "2b",
    () => calendar({ every: "3 days", at: "02:30", from: "2027-03-25", ...paris }),
    "2027-03-25T12:00",
    ["2027-03-28T01:00", "2027-03-31T00:30", "2027-04-03T00:30"],
    "days are civil days, not 24 hours",
  ],
  [
    "3a",
    () => calendar({ every: "month", on: 31, at: "09:00", ...inUtc }),
    "2027-01-31T12:00",
    ["2027-03-31T09:00", "2027-05-31T09:00", "2027-07-31T09:00"],
    "short months are left out",
  ],
  [
    "3b",
    () => calendar({ every: "month", on: 31, at: "09:00", missing: "clamp", ...inUtc }),
    "2027-01-31T12:00",
    ["2027-02-28T09:00", "2027-03-31T09:00", "2027-04-30T09:00"],
    "or their last day stands in",
  ],
  [
    "3c",
    () =>
      calendar({ every: "2 months", on: 30, at: "09:00", missing: "clamp", from: "2026-12-30", ...inUtc }),
    "2027-01-31T12:00",
    ["2027-02-28T09:00", "2027-04-30T09:00", "2027-06-30T09:00"],
    "the 30th does not become the 28th for ever",
  ],
  [
    "4",
    () =>
      calendar({ every: "month", on: 25, at: "09:00", ...paris }).shift("previous business day", { days: B }),
    "2027-08-26",
    ["2027-09-24T07:00", "2027-10-25T07:00", "2027-11-25T08:00", "2027-12-23T08:00"],
    "closed days and weekends count",
  ],
  [
    "5a",
    () =>
      calendar({ every: "month", on: "last day", at: "18:00", ...inUtc }).shift(
        "next business day in the month",
      ),
    "2027-07-01",
    ["2027-07-30T18:00", "2027-08-31T18:00", "2027-09-30T18:00"],
    "never into the next month",
  ],
  [
    "5b",
    () => calendar({ every: "month", on: 1, at: "06:00", ...inUtc }).shift("next business day"),
    "2027-04-15",
    ["2027-05-03T06:00", "2027-06-01T06:00", "2027-07-01T06:00"],
    "1 May is a Saturday",
  ],
  [
    "6",
    () =>
      calendar({
        every: "3 months",
        on: "last business day",
        at: "18:00",
        from: "2027-03-01",
        business: B,
        ...inUtc,
      }),
    "2027-07-01",
    ["2027-09-30T18:00", "2027-12-30T18:00"],
    "31 December is closed",
  ],
  [
    "7",
    () => calendar({ every: "year", in: ["mar", "sep"], on: "3rd fri", at: "09:30", timezone: NEW_YORK }),
    "2027-01-01",
    ["2027-03-19T13:30", "2027-09-17T13:30", "2028-03-17T13:30"],
    "both months in summer time",
  ],
  [
    "8",
    () => calendar({ every: "month", on: "mon-fri", position: [2, -1], at: "07:00", ...inUtc }),
    "2027-05-01",
    ["2027-05-04T07:00", "2027-05-31T07:00", "2027-06-02T07:00", "2027-06-30T07:00"],
    "the second and the last weekday",
  ],
  [
    "9",
    () => calendar({ every: "year", in: "feb", on: 29, missing: "clamp", ...inUtc }),
    "2027-01-01",
    ["2027-02-28T00:00", "2028-02-29T00:00", "2029-02-28T00:00"],
    "29 February clamps in common years",
  ],
  [
    "10",
    () =>
      every("5m").between("09:30", "16:00", { timezone: NEW_YORK }).onDays("mon-fri", { timezone: NEW_YORK }),
    "2027-11-05T19:50",
    ["2027-11-05T19:55", "2027-11-08T14:30", "2027-11-08T14:35"],
    "16:00 is outside, and winter has come on Monday",
  ],
  [
    "11a",
    () => every("30m").between("02:00", "03:30", paris),
    "2027-03-27T20:00",
    ["2027-03-28T01:00", "2027-03-29T00:00", "2027-03-29T00:30"],
    "an interval has no label: nothing in the gap",
  ],
  [
    "11b",
    () => crontab("40 2 * * *", paris).between("02:00", "02:50"),
    "2027-03-27T20:00",
    ["2027-03-28T01:00"],
    "the label is 02:40, whenever it runs",
  ],
  [
    "12",
    () => every("30m").between("02:00", "03:00", paris),
    "2027-10-30T20:00",
    ["2027-10-31T00:00", "2027-10-31T00:30", "2027-10-31T01:00", "2027-10-31T01:30", "2027-11-01T01:00"],
    "both passes of the fold",
  ],
  [
    "13",
    () => crontab("30 23 * * *", { timezone: "America/Nuuk" }).onDays("sat"),
    "2027-03-21T12:00",
    ["2027-03-28T01:00", "2027-04-04T00:30"],
    "Saturday's run, that the gap moves to Sunday 00:00",
  ],
  [
    "14",
    () => every("15m").only(during("22:00", "06:00", { days: "mon-fri", ...paris })),
    "2027-06-05T03:30",
    ["2027-06-05T03:45", "2027-06-07T20:00"],
    "the night from Friday to Saturday is Friday's",
  ],
  [
    "18",
    () => every("30m").between(solar("sunset", 59.3293, 18.0686), "22:00", { timezone: "Europe/Stockholm" }),
    "2027-07-27T00:00",
    ["2027-07-27T19:30"],
    "in June it sets after 21:30: no run, and none all night",
  ],
  [
    "a list",
    () => compose([crontab("0 6 * * *"), 43_200]),
    "2027-01-01",
    ["2027-01-01T06:00", "2027-01-01T12:00", "2027-01-02T00:00"],
    "a number in a list is an interval in seconds",
  ],
  [
    "except a schedule",
    () =>
      crontab("0 2 * * *").except(
        crontab("0 2 1 * *"),
        dates(["12-25", { from: "2027-08-03", to: "2027-08-14" }]),
      ),
    "2027-07-31T12:00",
    ["2027-08-02T02:00", "2027-08-15T02:00"],
    "exactly its instants, and a stretch of dates",
  ],
  [
    "step of times",
    () => calendar({ every: "day", at: { every: "7m", from: "09:30", to: "09:44" }, ...inUtc }),
    "2027-01-01",
    ["2027-01-01T09:30", "2027-01-01T09:37", "2027-01-01T09:44", "2027-01-02T09:30"],
    "begins anew each day, the end included",
  ],
  [
    "count",
    () => calendar({ every: "day", at: ["06:00", "18:00"], from: "2027-01-01", count: 3, ...inUtc }),
    "2026-12-01",
    ["2027-01-01T06:00", "2027-01-01T18:00", "2027-01-02T06:00", null],
    "counts occurrences, not days",
  ],
  [
    "until a date",
    () => calendar({ every: "day", from: "2027-01-01", until: "2027-01-02", ...inUtc }),
    "2026-12-01",
    ["2027-01-01T00:00", "2027-01-02T00:00", null],
    "the date is included",
  ],
  [
    "until an instant",
    () => calendar({ every: "day", from: "2027-01-01", until: "2027-01-02T00:00:00Z", ...inUtc }),
    "2026-12-01",
    ["2027-01-01T00:00", null],
    "an instant is not",
  ],
  [
    "count before a roll",
    () =>
      calendar({ every: "month", on: 1, from: "2027-05-01", count: 2, ...inUtc }).shift("next business day"),
    "2027-04-01",
    ["2027-05-03T00:00", "2027-06-01T00:00", null],
    "the count binds the day before it is rolled",
  ],
  [
    "offset, then a day",
    () => crontab("30 23 * * *").offset("1h").onDays("sun"),
    "2027-01-01",
    ["2027-01-03T00:30", "2027-01-10T00:30"],
    "judged on the moved instant",
  ],
  [
    "startAt, endAt",
    () => every("1h").startAt("2027-01-01T05:30:00Z").endAt("2027-01-01T08:00:00Z"),
    "2027-01-01",
    ["2027-01-01T06:00", "2027-01-01T07:00", null],
    "startAt <= due < endAt",
  ],
  [
    "either window",
    () => every("1h").only(during("03:00", "04:00"), during("22:00", "23:00")),
    "2027-01-01",
    ["2027-01-01T03:00", "2027-01-01T22:00", "2027-01-02T03:00"],
    "only keeps what is in any of them",
  ],
  [
    "inclusive",
    () => every("30m").between("03:00", "04:00", { inclusive: true }),
    "2027-01-01",
    ["2027-01-01T03:00", "2027-01-01T03:30", "2027-01-01T04:00", "2027-01-02T03:00"],
    "the time itself, not its minute",
  ],
];
