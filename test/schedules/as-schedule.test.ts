import { expect, test } from "vitest";
import { asSchedule, crontab, every, scheduleFromJSON } from "../../src/schedules/index.js";

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

test.each<[unknown, string]>([
  ["*/5 * * * *", 'write crontab("*/5 * * * *")'],
  ["@daily", 'write crontab("@daily")'],
  ["5m", 'write every("5m") or crontab("5m")'],
  [new Date(0), "write clocked(date)"],
  [{ type: "interval", everyMs: 1000 }, "write scheduleFromJSON(json)"],
  [() => null, "a custom schedule is an object"],
  [{}, "got {}"],
  [null, "got null"],
  [undefined, "got undefined"],
  [true, "got true"],
])("refuses %o saying %s", (value, message) => {
  expect(() => asSchedule(value, defaults)).toThrow(
    expect.objectContaining({
      name: "ScheduleError",
      code: "SUNBEAT_SCHEDULE_INVALID",
      message: expect.stringContaining(message) as string,
    }),
  );
});

test("a number that is no interval is refused as an interval", () => {
  expect(() => asSchedule(0, defaults)).toThrow(
    expect.objectContaining({ code: "SUNBEAT_INTERVAL_INVALID" }),
  );
});
