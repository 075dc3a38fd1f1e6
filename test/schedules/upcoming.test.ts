import { expect, test } from "vitest";
import { clocked, every, upcoming, type Schedule, type UpcomingOptions } from "../../src/schedules/index.js";

const texts = (dates: Date[]): string[] => dates.map((date) => date.toISOString().slice(11, 19));

test.each<[string, Schedule, UpcomingOptions, string[]]>([
  [
    "count of them, strictly after",
    every("1h"),
    { after: 0, count: 3 },
    ["01:00:00", "02:00:00", "03:00:00"],
  ],
  [
    "a Date or ISO text as instants",
    every("1h"),
    { after: new Date(0), until: "1970-01-01T02:30Z", count: 9 },
    ["01:00:00", "02:00:00"],
  ],
  ["only those before until", every("1h"), { after: 0, until: 7_200_000, count: 9 }, ["01:00:00"]],
  ["fewer when the schedule ends", clocked(1_000), { after: 0, count: 9 }, ["00:00:01"]],
  ["none when it never comes", { next: () => null }, { after: 0, count: 9 }, []],
])("gives %s", (_what, schedule, options, expected) => {
  expect(texts(upcoming(schedule, options))).toEqual(expected);
});

test("gives up to 10,000", () => {
  expect(upcoming(every(1), { after: 0, count: 10_000 })).toHaveLength(10_000);
});

test.each<[unknown, unknown, string, string]>([
  [every(1), { count: 3 }, "SUNBEAT_OPTION_INVALID", "a schedule does not know the time"],
  [every(1), { after: NaN, count: 3 }, "SUNBEAT_OPTION_INVALID", "no instant"],
  [
    every(1),
    { after: "2027-03-28T02:30", count: 3 },
    "SUNBEAT_OPTION_INVALID",
    "another instant on every machine",
  ],
  [every(1), { after: 0 }, "SUNBEAT_OPTION_INVALID", "no bound"],
  [every(1), { after: 0, count: 0 }, "SUNBEAT_OPTION_INVALID", "nothing asked for"],
  [every(1), { after: 0, count: 1.5 }, "SUNBEAT_OPTION_INVALID", "half an occurrence"],
  [every(1), { after: 0, count: 10_001 }, "SUNBEAT_OPTION_INVALID", "over the bound"],
  [every(1), { after: 0, count: 1, until: "soon" }, "SUNBEAT_OPTION_INVALID", "no instant"],
  [every(1), { after: 0, count: 1, limit: 3 }, "SUNBEAT_OPTION_UNKNOWN", "an unknown option"],
  [every(1), undefined, "SUNBEAT_OPTION_INVALID", "no options"],
  ["1h", { after: 0, count: 1 }, "SUNBEAT_SCHEDULE_INVALID", "no schedule"],
  [{ next: () => 0 }, { after: 0, count: 1 }, "SUNBEAT_SCHEDULE_INVALID", "next gives its argument back"],
  [{ next: () => NaN }, { after: 0, count: 1 }, "SUNBEAT_SCHEDULE_INVALID", "next gives no number"],
  [{ next: () => new Date(5) }, { after: 0, count: 1 }, "SUNBEAT_SCHEDULE_INVALID", "next gives a Date"],
  [{ next: () => undefined }, { after: 0, count: 1 }, "SUNBEAT_SCHEDULE_INVALID", "next gives nothing"],
])("refuses upcoming(%o, %j) with %s: %s", (schedule, options, code) => {
  expect(() => upcoming(schedule as Schedule, options as UpcomingOptions)).toThrow(
    expect.objectContaining({ code }),
  );
});
