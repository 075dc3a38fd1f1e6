import { expect, test } from "vitest";
import {
  businessDays,
  calendar,
  compose,
  crontab,
  dates,
  days,
  during,
  every,
  holidays,
  scheduleFromJSON,
  solar,
  Sunbeat,
  union,
  type Schedule,
} from "../../src/index.js";
import { asSchedule } from "../../src/schedules/index.js";
import { dueAfter, dueFollowing, occurrenceId } from "../../src/beat/occurrences.js";

const utc = (text: string): number => Date.parse(text);
const wrong = (value: unknown): never => value as never;

test.each<[because: string, make: () => unknown, code: string, text: string]>([
  ["an unknown unit", () => calendar({ every: wrong("2 fortnights") }), "SUNBEAT_CALENDAR_INVALID", "every"],
  [
    "periods without an anchor",
    () => calendar({ every: "2 weeks", on: "mon" }),
    "SUNBEAT_CALENDAR_INVALID",
    'from: "2027-01-04"',
  ],
  [
    "a default that is taken from nothing",
    () => calendar({ every: "month" }),
    "SUNBEAT_CALENDAR_INVALID",
    "a default of on",
  ],
  ["days of a day", () => calendar({ every: "day", on: "mon" }), "SUNBEAT_CALENDAR_INVALID", ".onDays"],
  [
    "a name in full",
    () => calendar({ every: "week", on: wrong("Monday") }),
    "SUNBEAT_CALENDAR_INVALID",
    'write "mon"',
  ],
  [
    "a sixth Monday",
    () => calendar({ every: "month", on: wrong("6th mon") }),
    "SUNBEAT_CALENDAR_INVALID",
    "6th mon",
  ],
  [
    "an ordinal of no number",
    () => calendar({ every: "month", on: wrong("2th fri") }),
    "SUNBEAT_CALENDAR_INVALID",
    "2th fri",
  ],
  [
    "months of a month",
    () => calendar({ every: "month", on: 1, in: "jan" }),
    "SUNBEAT_CALENDAR_INVALID",
    'every: "year"',
  ],
  [
    "an hour of one digit",
    () => calendar({ every: "day", at: "9:30" }),
    "SUNBEAT_CALENDAR_INVALID",
    'write "09:30"',
  ],
  [
    "two ends",
    () => calendar({ every: "day", from: "2027-01-01", until: "2027-02-01", count: 3 }),
    "SUNBEAT_CALENDAR_INVALID",
    "got both",
  ],
  [
    "an end before the start",
    () => calendar({ every: "day", from: "2027-01-02", until: "2027-01-01" }),
    "SUNBEAT_CALENDAR_INVALID",
    "before from",
  ],
  ["a date that is none", () => dates(["2027-02-29"]), "SUNBEAT_DAYS_INVALID", "2027-02-29"],
  [
    "a misspelt set",
    () => every("1h").onDays(wrong("busines")),
    "SUNBEAT_DAYS_INVALID",
    'did you mean "business"',
  ],
  [
    "a calendar as a bare text",
    () => every("1h").onDays(wrong("DE-BY-CATHOLIC")),
    "SUNBEAT_DAYS_INVALID",
    "holidays(name)",
  ],
  [
    "a time that is none",
    () => every("1h").between(wrong("25:00"), "26:00"),
    "SUNBEAT_WINDOW_INVALID",
    "25:00",
  ],
  [
    "a time and an interval",
    () => during("09:00", every("1h")),
    "SUNBEAT_WINDOW_INVALID",
    "cannot be paired",
  ],
  [
    "an edge without a past",
    () => during({ next: () => null }, every("1h")),
    "SUNBEAT_WINDOW_INVALID",
    "previous",
  ],
  [
    "a roll of what has no days",
    () => every("1h").shift("next business day"),
    "SUNBEAT_SCHEDULE_INVALID",
    "put .shift first",
  ],
  [
    "a roll after a window",
    () =>
      crontab("0 0 * * *").between("00:00", "02:00", { timezone: "Asia/Tokyo" }).shift("next business day"),
    "SUNBEAT_SCHEDULE_INVALID",
    "put .shift first",
  ],
  ["a union of nothing", () => union(), "SUNBEAT_SCHEDULE_INVALID", "at least one"],
  [
    "too many members",
    () => union(...Array.from({ length: 101 }, (_, i) => every(i + 1))),
    "SUNBEAT_SCHEDULE_INVALID",
    "at most 100",
  ],
  [
    "an unknown field",
    () => scheduleFromJSON({ type: "filter", of: { type: "interval", everyMs: 1_000 }, keeps: [] }),
    "SUNBEAT_SCHEDULE_INVALID",
    "keeps",
  ],
  [
    "an unknown window",
    () => scheduleFromJSON({ type: "filter", of: { type: "interval", everyMs: 1_000 }, keep: [{}] }),
    "SUNBEAT_WINDOW_INVALID",
    "hours",
  ],
  [
    "a calendar that nobody gave",
    () => crontab("0 0 * * *").except(holidays("DE-BY")).next(0),
    "SUNBEAT_CALENDAR_UNKNOWN",
    "DE-BY",
  ],
])("%s is refused", (_because, make, code, text) => {
  expect(make).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(text) as string }) as Error,
  );
});

test("nesting has an end, in code and in JSON", () => {
  const deep = (depth: number): Schedule => (depth === 0 ? crontab("0 0 * * *") : deepen(deep(depth - 1)));
  const deepen = (of: Schedule): Schedule => compose(of).offset("1m").startAt(0);
  expect(() => deep(20)).toThrow(expect.objectContaining({ code: "SUNBEAT_SCHEDULE_INVALID" }) as Error);
  let json: object = { type: "interval", everyMs: 1_000 };
  for (let i = 0; i < 40; i++) json = { type: "offset", of: json, offsetMs: 1 };
  expect(() => scheduleFromJSON(json)).toThrow(
    expect.objectContaining({ code: "SUNBEAT_SCHEDULE_INVALID" }) as Error,
  );
});

const berlin = {
  timezone: "Europe/Berlin",
  business: businessDays({ weekend: ["fri", "sat"] }),
  calendars: () => ({ days: ["2027-01-06"] as const }),
};

test.each<[because: string, schedule: Schedule, json: object]>([
  [
    "defaults are left out",
    calendar({ every: "week", on: "mon-fri", at: "08:00" }),
    {
      type: "calendar",
      every: 1,
      unit: "week",
      on: ["mon", "tue", "wed", "thu", "fri"],
      at: ["08:00"],
      timezone: "Europe/Berlin",
    },
  ],
  [
    "what the app means by business is written",
    calendar({ every: "month", on: "last business day" }),
    {
      type: "calendar",
      every: 1,
      unit: "month",
      on: ["last business day"],
      business: { business: { weekend: [5, 6] } },
      at: ["00:00"],
      timezone: "Europe/Berlin",
    },
  ],
  [
    "a window of an interval takes the app's zone",
    every("5m").between("09:30", "16:00"),
    {
      type: "filter",
      of: { type: "interval", everyMs: 300_000 },
      keep: [{ hours: ["09:30", "16:00"], timezone: "Europe/Berlin" }],
    },
  ],
  [
    "restrictions of a restriction are one",
    crontab("0 2 * * *").onDays("mon").except(holidays("X")),
    {
      type: "filter",
      of: crontab("0 2 * * *", { timezone: "Europe/Berlin" }).toJSON(),
      keep: [{ days: { calendar: "X" }, not: true }, { days: { weekdays: [1] } }],
    },
  ],
  [
    "offsets add up",
    crontab("0 2 * * *").offset("1h").offset("-30m"),
    { type: "offset", of: crontab("0 2 * * *", { timezone: "Europe/Berlin" }).toJSON(), offsetMs: 1_800_000 },
  ],
  [
    "an interval keeps its own offset",
    every("2h").offset("5m"),
    { type: "interval", everyMs: 7_200_000, offsetMs: 300_000 },
  ],
])("%s in JSON, which reads back to the same instants", (_because, schedule, json) => {
  const bound = asSchedule(schedule, berlin);
  expect(JSON.parse(JSON.stringify(bound))).toEqual(json);
  const again = asSchedule(scheduleFromJSON(json), { calendars: berlin.calendars });
  for (let at = utc("2027-01-01T00:00Z"), i = 0; i < 20; i++) {
    const next = bound.next(at);
    expect(again.next(at)).toBe(next);
    at = next ?? at;
  }
});

test.each<[schedule: Schedule, text: string]>([
  [
    calendar({
      every: "2 weeks",
      on: ["mon", "thu"],
      at: ["08:00", "17:30"],
      from: "2027-01-04",
      timezone: "Europe/Paris",
    }),
    "every 2 weeks on Monday and Thursday at 08:00 and 17:30, from 2027-01-04 (Europe/Paris)",
  ],
  [
    calendar({ every: "month", on: 25, at: "09:00" }).shift("previous business day"),
    "on day 25 of every month at 09:00, moved to the business day before (Mon-Fri)",
  ],
  [
    every("5m")
      .between("09:30", "16:00", { timezone: "America/New_York" })
      .onDays("business")
      .except("2027-12-24"),
    "every 5 min, from 09:30 until before 16:00 (America/New_York), on business days, except 2027-12-24",
  ],
  [
    calendar({ every: "month", on: 25, at: "09:00" }).shift("previous business day", {
      days: businessDays({ closed: holidays("DE-BY") }),
    }),
    "on day 25 of every month at 09:00, moved to the business day before (Mon-Fri, closed DE-BY)",
  ],
  [
    calendar({ every: "month", on: [1, -3, "3rd fri"], missing: "clamp", until: "2028-01-01T00:00Z" }),
    "on the 3rd Friday and day 1 and the 3rd last day (the last day of a month that has no such day) of every month " +
      "at 00:00, until before 2028-01-01T00:00Z",
  ],
  [every("1h").endAt("2028-01-01T00:00Z"), "every hour, until before 2028-01-01T00:00Z"],
  [
    calendar({
      every: "year",
      in: ["mar", "sep"],
      on: "3rd fri",
      at: { every: "15m", from: "09:30", to: "16:00" },
    }),
    "every year on the 3rd Friday of March and September every 15 min from 09:30 up to and including 16:00",
  ],
])("%# is told as %j", (schedule, text) => {
  expect(schedule.describe?.()).toBe(text);
});

test.each<[code: string, schedule: Schedule]>([
  ["short-months", calendar({ every: "month", on: 31 })],
  ["from-later", calendar({ every: "week", on: "mon", from: "2027-01-05" })],
  ["never", calendar({ every: "year", in: "feb", on: 30 })],
  [
    "never",
    every("1h").onDays(
      days({ every: "2 weeks", from: "2027-01-04" }).and(days({ every: "2 weeks", from: "2027-01-11" })),
    ),
  ],
  ["never", every("24h").between("01:00", "02:00", { timezone: "UTC" })],
  ["utc-window", every("1h").between("01:00", "03:00")],
  ["except-nothing", crontab("0 2 * * *").except(crontab("1 2 * * *"))],
  ["only-all", crontab("0 2 * * *").between("01:00", "03:00")],
  ["rare", calendar({ every: "4 years", on: 29, in: "feb", from: "2028-02-29" })],
  ["gap-fixed", calendar({ every: "day", at: "02:30", timezone: "Europe/Paris" })],
])("lint %s", (code, schedule) => {
  expect(schedule.lints?.({ from: utc("2027-01-01T00:00Z") }).map((lint) => lint.code)).toContain(code);
});

test("notes tell what a night does to what a restriction has left", () => {
  const schedule = crontab("40 2,3 * * *", { timezone: "Europe/Paris" }).between("02:00", "03:00");
  const notes = schedule.notes(utc("2027-03-01T00:00Z"), utc("2027-04-01T00:00Z"));
  const nights = notes.filter(({ kind }) => kind !== "left-out");
  expect(nights.map(({ message }) => message)).toEqual([
    "02:40 does not exist in Europe/Paris on 2027-03-28; runs at 03:00, after the gap",
  ]);
});

test("two exact exclusions of everything end within the bound of work", () => {
  const schedule = every("1s").except(every("1s"));
  expect(schedule.next(0)).toBeNull();
  expect(schedule.previous(0)).toBeNull();
});

test("an entry takes a list, and its ticks keep their ids when the model of the Sun moves", () => {
  const schedule = asSchedule([solar("sunset", 48.14, 11.58), crontab("0 23 * * *")], {
    timezone: "Europe/Berlin",
  });
  const entry = {
    name: "lamps",
    schedule,
    scheduleText: JSON.stringify(schedule),
    startAt: null,
    endAt: null,
    jitterMs: 0,
  };
  const sunset = dueAfter(entry, utc("2027-06-01T12:00Z"))!;
  expect(dueFollowing(entry, sunset)).toBe(utc("2027-06-01T21:00Z"));
  expect(occurrenceId(entry, sunset + 2_000)).toBe(occurrenceId(entry, sunset));
  expect(occurrenceId(entry, utc("2027-06-01T21:00Z"))).toBe(`lamps@${utc("2027-06-01T21:00Z")}`);
});

test("a store keeps calendars and gives them back", async () => {
  const app = new Sunbeat("calendars", { broker: "memory:", timezone: "Europe/Berlin" });
  try {
    const schedule = calendar({ every: "2 weeks", on: "mon", at: "08:00", from: "2027-01-04" }).or(
      every("6h").onDays("sat"),
    );
    await app.schedules.set("sprint", { task: "t", schedule });
    const stored = await app.schedules.get("sprint");
    const bound = asSchedule(schedule, { timezone: "Europe/Berlin" });
    expect(JSON.stringify(stored?.schedule)).toBe(JSON.stringify(bound));
    expect(stored?.schedule?.next(utc("2027-01-01T00:00Z"))).toBe(bound.next(utc("2027-01-01T00:00Z")));
  } finally {
    await app.close();
  }
});
