import { expect, test } from "vitest";
import {
  clocked,
  crontab,
  every,
  registerSchedule,
  scheduleFromJSON,
  solar,
  type Schedule,
} from "../../src/schedules/index.js";

const at = Date.parse("2027-03-27T12:00:00Z");

test.each<[string, Schedule, object]>([
  ["an interval", every("90s"), { type: "interval", everyMs: 90_000 }],
  [
    "an interval with offset",
    every("90s", { offset: 5 }),
    { type: "interval", everyMs: 90_000, offsetMs: 5_000 },
  ],
  [
    "a solar schedule in snake case",
    solar("goldenHourStart", 48.85, 2.35, { offset: "-30m" }),
    { type: "solar", event: "golden_hour_start", latitude: 48.85, longitude: 2.35, offsetMs: -1_800_000 },
  ],
  [
    "an altitude",
    solar({ altitude: -4, direction: "rising" }, 48.85, 2.35),
    { type: "solar", event: { altitude: -4, direction: "rising" }, latitude: 48.85, longitude: 2.35 },
  ],
  ["an instant", clocked(1_800_000_000_000), { type: "clocked", at: 1_800_000_000_000 }],
  ["@reboot", crontab("@reboot"), { type: "reboot" }],
  [
    "a crontab",
    crontab("0,30 * * * 1-5", { timezone: "Europe/Paris" }),
    {
      type: "crontab",
      minute: "0,30",
      hour: "*",
      dayOfMonth: "*",
      monthOfYear: "*",
      dayOfWeek: "1-5",
      dayMatch: "or",
      timezone: "Europe/Paris",
    },
  ],
])("%s goes to JSON and comes back the same", (_what, schedule, json) => {
  expect(JSON.parse(JSON.stringify(schedule))).toEqual(json);
  const back = scheduleFromJSON(json);
  expect(back.toJSON?.()).toEqual(json);
  expect(back.next(at)).toBe(schedule.next(at));
});

test.each<[unknown, string, string]>([
  [null, "SUNBEAT_SCHEDULE_INVALID", "expected JSON such as"],
  ["* * * * *", "SUNBEAT_SCHEDULE_INVALID", "expected JSON such as"],
  [[], "SUNBEAT_SCHEDULE_INVALID", "expected JSON such as"],
  [{ everyMs: 1000 }, "SUNBEAT_SCHEDULE_INVALID", "expected JSON such as"],
  [{ type: "intervall", everyMs: 1000 }, "SUNBEAT_SCHEDULE_INVALID", 'did you mean "interval"'],
  [{ type: "toString" }, "SUNBEAT_SCHEDULE_INVALID", "unknown type"],
  [{ type: "__proto__" }, "SUNBEAT_SCHEDULE_INVALID", "unknown type"],
  [{ type: "interval", everyMS: 1000 }, "SUNBEAT_SCHEDULE_INVALID", 'did you mean "everyMs"'],
  [
    { type: "interval", everyMs: 1000, x: 1 },
    "SUNBEAT_SCHEDULE_INVALID",
    'schedule of type "interval": unknown',
  ],
  [{ type: "reboot", at: 1 }, "SUNBEAT_SCHEDULE_INVALID", 'schedule of type "reboot": unknown'],
  [{ type: "crontab", minutes: "0" }, "SUNBEAT_SCHEDULE_INVALID", 'did you mean "minute"'],
  [{ type: "interval" }, "SUNBEAT_INTERVAL_INVALID", "got undefined"],
  [{ type: "interval", everyMs: "1000" }, "SUNBEAT_INTERVAL_INVALID", 'got "1000"'],
  [{ type: "interval", everyMs: 1000, offsetMs: 0.5 }, "SUNBEAT_INTERVAL_INVALID", "offset"],
  [{ type: "interval", everyMs: 1000, offsetMs: null }, "SUNBEAT_INTERVAL_INVALID", "got null"],
  [{ type: "solar", event: "sunset", latitude: 91, longitude: 0 }, "SUNBEAT_SOLAR_INVALID", "latitude"],
  [
    { type: "solar", event: "sunset", latitude: 0, longitude: 0, offsetMs: "1" },
    "SUNBEAT_SOLAR_INVALID",
    "offset",
  ],
  [{ type: "solar", latitude: 0, longitude: 0 }, "SUNBEAT_SOLAR_INVALID", "got undefined"],
  [{ type: "clocked", at: "2027-01-01" }, "SUNBEAT_CLOCKED_INVALID", "whole epoch milliseconds"],
  [{ type: "clocked", at: 0.5 }, "SUNBEAT_CLOCKED_INVALID", "whole epoch milliseconds"],
  [{ type: "crontab", minute: "60", timezone: "UTC", dayMatch: "or" }, "SUNBEAT_CRONTAB_INVALID", "minute"],
])("refuses %j with %s saying %s", (json, code, message) => {
  expect(() => scheduleFromJSON(json)).toThrow(
    expect.objectContaining({
      name: "ScheduleError",
      code,
      message: expect.stringContaining(message) as string,
    }),
  );
});

test("a registered type comes back through its own fromJSON", () => {
  const full = (period: number): Schedule => ({
    next: (after) => (Math.floor(after / period) + 1) * period,
    toJSON: () => ({ type: "test-period", period }),
  });
  registerSchedule("test-period", { fromJSON: (json) => full(json.period as number) });
  const back = scheduleFromJSON(full(7).toJSON?.());
  expect([back.next(0), back.toJSON?.()]).toEqual([7, { type: "test-period", period: 7 }]);
});

test.each<[string, unknown, unknown, string]>([
  ["a built-in type", "interval", { fromJSON: () => every(1) }, "is built in"],
  ["no name", "", { fromJSON: () => every(1) }, "expected a name"],
  ["no fromJSON", "test-none", {}, "expected { fromJSON }"],
  ["nothing", "test-none", undefined, "expected { fromJSON }"],
])("refuses to register %s", (_what, type, decoder, message) => {
  expect(() => registerSchedule(type as string, decoder as never)).toThrow(
    expect.objectContaining({
      code: "SUNBEAT_SCHEDULE_INVALID",
      message: expect.stringContaining(message) as string,
    }),
  );
});

test("refuses to register a type twice: two libraries would take each other's schedules", () => {
  registerSchedule("test-twice", { fromJSON: () => every(1) });
  expect(() => registerSchedule("test-twice", { fromJSON: () => every(2) })).toThrow(/registered already/);
});

test("a fromJSON that throws or gives no schedule is named, with the cause", () => {
  const cause = new RangeError("too far");
  registerSchedule("test-throws", {
    fromJSON: () => {
      throw cause;
    },
  });
  registerSchedule("test-gives-nothing", { fromJSON: () => ({}) as Schedule });
  expect(() => scheduleFromJSON({ type: "test-throws" })).toThrow(
    expect.objectContaining({
      code: "SUNBEAT_SCHEDULE_INVALID",
      message: 'schedule of type "test-throws": its fromJSON failed: too far',
      cause,
    }),
  );
  expect(() => scheduleFromJSON({ type: "test-gives-nothing" })).toThrow(
    expect.objectContaining({
      code: "SUNBEAT_SCHEDULE_INVALID",
      message: expect.stringContaining("expected an object with next(after)") as string,
    }),
  );
});
