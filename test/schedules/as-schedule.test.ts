import { expect, test } from "vitest";
import { asSchedule, crontab, every, scheduleFromJSON } from "../../src/schedules/index.js";
import { refusalOf } from "../support/proposals.js";

const defaults = { timezone: "Europe/Paris", hashKey: "entry" };

test("a bare number is seconds", () => {
  expect(asSchedule(30, defaults)).toEqual(every(30));
});

test.each([
  ["a schedule of ours", every("1h")],
  ["anything with next", { next: () => null }],
])("%s is taken as it is", (_what, schedule) => {
  expect(asSchedule(schedule, defaults)).toBe(schedule);
});

test("a crontab without a zone takes the app's, one with a zone keeps it", () => {
  const zones = [crontab("0 7 * * *"), crontab("0 7 * * *", { timezone: "Asia/Tokyo" })].map(
    (schedule) => asSchedule(schedule, defaults).toJSON?.().timezone,
  );
  expect(zones).toEqual(["Europe/Paris", "Asia/Tokyo"]);
});

test.each<[string, object, object]>([
  [
    "without a zone, all that it leaves out but the day rule is the app's",
    { type: "crontab", minute: "H", hour: "9", extended: true },
    { timezone: "Europe/Paris", dst: "skip", hashKey: "entry", dayMatch: "and" },
  ],
  [
    "an empty zone is none",
    { type: "crontab", hour: "9", timezone: null },
    { timezone: "Europe/Paris", dst: "skip" },
  ],
  [
    "and what it says stays",
    { type: "crontab", hour: "9", dst: "vixie", dayMatch: "or" },
    { timezone: "Europe/Paris", dst: undefined, dayMatch: "or" },
  ],
  [
    "with a zone it is complete, as toJSON writes it",
    { type: "crontab", minute: "H", hour: "9", extended: true, timezone: "Asia/Tokyo" },
    { timezone: "Asia/Tokyo", dst: undefined, hashKey: undefined },
  ],
])("a crontab from JSON: %s", (_because, json, expected) => {
  const schedule = asSchedule(scheduleFromJSON(json), { ...defaults, dst: "skip" });
  for (const [key, value] of Object.entries(expected)) expect(schedule.toJSON?.()[key]).toBe(value);
});

test("a crontab from JSON without a zone is in UTC where no app is asked", () => {
  const schedule = scheduleFromJSON({ type: "crontab", minute: "0", hour: "9" });
  expect([schedule.toJSON?.().timezone, schedule.next(Date.UTC(2027, 0, 1))]).toEqual([
    "UTC",
    Date.UTC(2027, 0, 1, 9),
  ]);
});

const LONG = `${"0,".repeat(40)}0 * * * *`;

test.each<[unknown, string, string]>([
  ["*/5 * * * *", '; write crontab("*/5 * * * *")', "a crontab"],
  [LONG, "; write crontab(text)", "one too long to stand in a message is not cut in two"],
  ["@daily", '; write crontab("@daily")', "a nickname"],
  ["@every 5m", '; write every("5m")', "an interval in the form of a nickname"],
  ["0 0 L * *", '; write crontab("0 0 L * *", { extended: true })', "the extended syntax needs its option"],
  ["0 5 * * * UTC", '; write crontab("0 5 * * *", { timezone: "UTC" })', "a crontab with its zone"],
  ["60 * * * *", "; crontab: minute: 60 is outside 0-59", "a crontab that is wrong is not proposed"],
  ["5m", '; write every("5m")', "an interval; no crontab has one field"],
  ["5 min", '; write every("5m")', "as people write it"],
  ["every 5 minutes", '; write every("5 minutes")', "crontab would refuse it, every too"],
  [
    "every 2 weeks on monday at 9",
    '; write calendar({ every: "2 weeks", on: "mon", at: "09:00", from })',
    "a calendar as people say it",
  ],
  [
    "every other mon",
    '; write calendar({ every: "2 weeks", on: "mon", from })',
    "counted from a day to be named",
  ],
  [
    "Mondays and Thursdays at 9:30",
    '; write calendar({ every: "week", on: ["mon", "thu"], at: "09:30" })',
    "several days",
  ],
  ["weekdays at 9am", '; write calendar({ every: "week", on: "mon-fri", at: "09:00" })', "half a clock"],
  [
    "last business day of the month at 18:00",
    '; write calendar({ every: "month", on: "last business day", at: "18:00" })',
    "an ordinal",
  ],
  ["monthly on the 1st", '; write calendar({ every: "month", on: 1 })', "a day of the month"],
  ["daily at noon", '; write calendar({ every: "day", at: "12:00" })', "a word for a time"],
  [
    "every 10 minutes between 9 and 17 on weekdays",
    '; write every("10m").between("09:00", "17:00").onDays("mon-fri")',
    "an interval in hours",
  ],
  ["30", "; write every(30)", "a number of seconds"],
  ["1800000000000", "; write clocked(1800000000000)", "the milliseconds of an instant"],
  ["sunset", '; write solar("sunset", latitude, longitude)', "an event of the Sun"],
  [
    "solar:sunset:48.85:2.35:-30m",
    '; write solar("sunset", 48.85, 2.35, { offset: "-30m" })',
    "a form of the command line",
  ],
  ["2027-03-28T01:00:00Z", '; write clocked("2027-03-28T01:00:00Z")', "an instant"],
  ["2027-03-28T01:00", '; write clocked("2027-03-28T01:00", { timezone })', "a local time"],
  ["2027-02-29T01:00Z", "; clocked:", "an instant that does not exist is not proposed"],
  ["soon", 'got "soon"', "nothing is known of it"],
  ['{"type":"interval","everyMs":1000}', "; write scheduleFromJSON(JSON.parse(text))", "JSON as text"],
  [new Date(0), "; write clocked(date)", "a Date"],
  [new Date(NaN), "got invalid Date", "one that is none is not proposed"],
  [{ type: "interval", everyMs: 1000 }, "; write scheduleFromJSON(json)", "JSON"],
  [{ type: "interval" }, "; every: expected an interval", "JSON that is wrong is not proposed"],
  [{ minute: 0, hour: 7 }, "; write crontab(fields)", "the fields of a crontab"],
  [{ minutes: 5 }, "; write every(duration)", "the parts of a duration"],
  [() => null, "a custom schedule is an object", "a function"],
  [{}, "got {}", "an empty object is no crontab of every minute"],
  [null, "got null", "nothing"],
  [undefined, "got undefined", "nothing"],
  [true, "got true", "no schedule"],
])("refuses %o saying %s: %s", (value, ending) => {
  const refusal = refusalOf(() => asSchedule(value, defaults));
  expect(refusal?.code).toBe("SUNBEAT_SCHEDULE_INVALID");
  const { message } = refusal!;
  const hint = message.slice(message.indexOf("next(after), got") + "next(after), ".length);
  if (ending.startsWith("; write") || ending.startsWith("got")) expect(hint.endsWith(ending)).toBe(true);
  else expect(hint).toContain(ending);
});

test("a number that is no interval is refused as an interval", () => {
  expect(() => asSchedule(0, defaults)).toThrow(
    expect.objectContaining({ code: "SUNBEAT_INTERVAL_INVALID" }),
  );
});
