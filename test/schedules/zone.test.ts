import { describe, expect, it, test } from "vitest";
import { isSunbeatError } from "../../src/core/errors.js";
import { dayNumber, formatDay, monthOf } from "../../src/schedules/civil.js";
import { instantOf, localOf, zone } from "../../src/schedules/zone.js";
import { referenceOffset } from "../support/crontab-reference.js";

const iso = (instant: number): string => new Date(instant).toISOString().slice(0, 16);
const ms = (text: string): number => Date.parse(`${text}Z`);

describe("a zone", () => {
  test.each([
    ["Europe/Paris", "2027-03-28T02:30", "2027-03-28T01:00", "a skipped time is the moment after the gap"],
    ["Europe/Paris", "2027-03-28T03:00", "2027-03-28T01:00", "which is what 03:00 is anyway"],
    ["Europe/Paris", "2027-03-28T01:59", "2027-03-28T00:59", "the last minute before"],
    ["Europe/Paris", "2027-10-31T02:30", "2027-10-31T00:30", "a repeated time is its first pass"],
    ["Europe/Paris", "2027-10-31T03:00", "2027-10-31T02:00", "after the fold"],
    ["Pacific/Chatham", "2027-09-26T03:00", "2027-09-25T14:00", "a gap of a zone of 45 minutes"],
    ["Pacific/Apia", "2011-12-30T06:00", "2011-12-30T10:00", "a day that the date line took"],
    ["America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00", "a midnight that does not exist"],
    [
      "Africa/Monrovia",
      "1971-06-01T12:00",
      "1971-06-01T12:45",
      "an offset with seconds, -0:44:30, rounded down",
    ],
    ["UTC", "2027-03-28T02:30", "2027-03-28T02:30", "UTC is UTC"],
    ["europe/paris", "2027-07-01T12:00", "2027-07-01T10:00", "any letter case"],
  ])("%s reads the local time %s as %sZ: %s", (name, local, expected) => {
    expect(iso(instantOf(zone(name), ms(local)))).toBe(expected);
  });

  it("keeps seconds and milliseconds of a local time, but not in a gap", () => {
    const paris = zone("Europe/Paris");
    expect([
      instantOf(paris, ms("2027-07-01T12:00:07.250")),
      instantOf(paris, ms("2027-03-28T02:30:07.250")),
    ]).toEqual([ms("2027-07-01T10:00:07.250"), ms("2027-03-28T01:00")]);
  });

  it("turns instants into local times and back, except in the second pass of a fold", () => {
    const lordHowe = zone("Australia/Lord_Howe");
    const lost: string[] = [];
    for (let t = ms("2027-04-03T10:00"); t < ms("2027-04-03T20:00"); t += 600_000) {
      if (instantOf(lordHowe, localOf(lordHowe, t)) !== t) lost.push(iso(t));
    }
    expect(lost).toEqual(["2027-04-03T15:00", "2027-04-03T15:10", "2027-04-03T15:20"]);
  });

  it("knows what a change skips and repeats", () => {
    const paris = zone("Europe/Paris");
    const summer = paris.at(ms("2027-07-01T00:00") / 60_000);
    expect(summer).toEqual({
      start: ms("2027-03-28T01:00") / 60_000,
      end: ms("2027-10-31T01:00") / 60_000,
      offset: 120,
      previousOffset: 60,
      fresh: ms("2027-03-28T02:00") / 60_000,
      echo: ms("2027-10-31T02:00") / 60_000,
    });
  });

  test.each([
    "Europe/Paris",
    "Africa/Casablanca",
    "Asia/Pyongyang",
    "America/Argentina/San_Luis",
    "Etc/GMT-3",
    "EST",
  ])("%s has the offsets of the runtime, asked for in any order", (name) => {
    const table = zone(name);
    const different: string[] = [];
    // A stride that shares no factor with a week, jumping back and forth over 1970-2099.
    for (let i = 0; i < 1500; i++) {
      const minute = ((i * 7_654_321) % 68_000_000) + 3000;
      const { start, end, offset } = table.at(minute);
      if (minute < start || minute >= end || offset !== referenceOffset(name, minute))
        different.push(iso(minute * 60_000));
    }
    expect(different).toEqual([]);
  });

  test.each(["Europe/Paris", "America/New_York", "Pacific/Chatham", "Africa/Casablanca"])(
    "%s is never cut within a week of a change",
    (name) => {
      const table = zone(name);
      const offset = (minute: number): number => table.at(minute).offset;
      const near: string[] = [];
      for (let minute = 0; minute < 130 * 525_960; minute += 1440) {
        const { start, end } = table.at(minute);
        for (const edge of [start, end]) {
          const isCut = offset(edge - 1) === offset(edge);
          if (isCut && offset(edge - 10_079) !== offset(edge + 10_079)) near.push(iso(edge * 60_000));
        }
      }
      expect(near).toEqual([]);
    },
  );

  it("answers to the ends of Date", () => {
    const paris = zone("Europe/Paris");
    expect([paris.at(-8.64e15 / 60_000).offset, paris.at(8.64e15 / 60_000).offset]).toEqual([9, 120]);
  });

  it("is one table per name", () => {
    expect(zone("Asia/Kathmandu")).toBe(zone("Asia/Kathmandu"));
  });

  test.each([
    [
      "Europe/Pariss",
      `timezone: "Europe/Pariss" is not a time zone of this runtime (did you mean "Europe/Paris"?); give an IANA name such as "Europe/Paris"`,
    ],
    [
      "+02:00",
      `timezone: "+02:00" is not a time zone of IANA but an offset; write Etc/GMT-2, whose sign is turned round`,
    ],
    [
      "local",
      `timezone: "local" is not a time zone of this runtime; give an IANA name such as "Europe/Paris"`,
    ],
    ["", `timezone: "" is not a time zone of this runtime; give an IANA name such as "Europe/Paris"`],
    [" ", `timezone: " " is not a time zone of this runtime; give an IANA name such as "Europe/Paris"`],
    [null, `timezone: null is not a time zone of this runtime; give an IANA name such as "Europe/Paris"`],
    [{}, `timezone: {} is not a time zone of this runtime; give an IANA name such as "Europe/Paris"`],
  ])("of the name %j is refused", (name, message) => {
    let thrown: unknown;
    try {
      zone(name as string);
    } catch (error) {
      thrown = error;
    }
    expect(isSunbeatError(thrown) && { code: thrown.code, message: thrown.message }).toEqual({
      code: "SUNBEAT_TIMEZONE_INVALID",
      message,
    });
  });
});

describe("the civil calendar", () => {
  it("agrees with Date on every 37th day of 2,000 years and at the ends of Date", () => {
    const different: number[] = [];
    const days = [...Array.from({ length: 20_000 }, (_, i) => -400_000 + i * 37), -1e8, 1e8];
    for (const day of days) {
      const date = new Date(day * 86_400_000);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
      const same =
        formatDay(day) === date.toISOString().split("T")[0] &&
        dayNumber(year, month, date.getUTCDate()) === day &&
        monthOf(day) === year * 12 + month - 1;
      if (!same) different.push(day);
    }
    expect(different).toEqual([]);
  });
});
