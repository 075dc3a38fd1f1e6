import { expect, test } from "vitest";
import { asSchedule, crontab, every } from "../../src/schedules/index.js";

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
