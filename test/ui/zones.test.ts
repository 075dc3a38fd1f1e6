import { describe, expect, test } from "vitest";
import { dayOf, daysOf, instantOf, offsetText, stretchOf, timeOfDay, zoneSpan } from "../../ui/lib/zones.js";

const utc = (text: string): number => Date.parse(`${text}Z`);
const HOUR = 3_600_000;

describe("changes of clocks", () => {
  test.each([
    ["Europe/Paris", "2027-03-28T01:00", "gap", "02:00", "03:00", "an hour is skipped"],
    ["Europe/Paris", "2027-10-31T01:00", "fold", "02:00", "03:00", "an hour comes twice"],
    ["Australia/Lord_Howe", "2027-10-02T15:30", "gap", "02:00", "02:30", "half an hour is skipped"],
    ["Australia/Lord_Howe", "2027-04-03T15:00", "fold", "01:30", "02:00", "half an hour comes twice"],
    ["America/New_York", "2027-03-14T07:00", "gap", "02:00", "03:00", "west of Greenwich"],
    ["America/Santiago", "2027-09-05T04:00", "gap", "00:00", "01:00", "midnight itself is skipped"],
  ])("%s at %s: a %s from %s to %s (%s)", (zone, at, kind, from, to) => {
    const { changes } = zoneSpan(utc(at) - 40 * HOUR, utc(at) + 40 * HOUR, zone);
    expect(changes.map((change) => change.at)).toEqual([utc(at)]);
    const stretch = stretchOf(changes[0]!);
    expect([stretch.kind, timeOfDay(stretch.fromLocal), timeOfDay(stretch.toLocal)]).toEqual([
      kind,
      from,
      to,
    ]);
  });

  test("a zone that keeps its clocks has none", () => {
    expect(zoneSpan(utc("2027-01-01T00:00"), utc("2027-12-31T00:00"), "UTC").changes).toEqual([]);
    expect(zoneSpan(utc("2027-01-01T00:00"), utc("2027-12-31T00:00"), "Asia/Kolkata").changes).toEqual([]);
  });
});

test("offsets are those on either side of the change", () => {
  const span = zoneSpan(utc("2027-03-27T00:00"), utc("2027-03-29T00:00"), "Europe/Paris");
  expect(offsetText(span.offsetAt(utc("2027-03-28T00:59")))).toBe("+01:00");
  expect(offsetText(span.offsetAt(utc("2027-03-28T01:00")))).toBe("+02:00");
});

describe("local times as instants", () => {
  test.each([
    [
      "Europe/Paris",
      "2027-03-28T02:30",
      "2027-03-28T01:00",
      "one that is skipped is the first after the gap",
    ],
    ["Europe/Paris", "2027-10-31T02:30", "2027-10-31T00:30", "of one that comes twice it is the first"],
    ["Europe/Paris", "2027-10-31T03:00", "2027-10-31T02:00", "after the fold"],
    ["Australia/Lord_Howe", "2027-04-04T01:45", "2027-04-03T14:45", "the first of two quarters to two"],
    ["America/Santiago", "2027-09-05T00:00", "2027-09-05T04:00", "a midnight that is skipped"],
  ])("%s %s is %s (%s)", (zone, local, at) => {
    const span = zoneSpan(utc(local) - 24 * HOUR, utc(local) + 24 * HOUR, zone);
    expect(new Date(instantOf(utc(local), span)).toISOString()).toBe(new Date(utc(at)).toISOString());
  });
});

describe("local days", () => {
  test.each([
    ["Europe/Paris", "2027-03-28T12:00", 23, "an hour is missing"],
    ["Europe/Paris", "2027-10-31T12:00", 25, "an hour comes twice"],
    ["Australia/Lord_Howe", "2027-10-03T00:00", 23.5, "half an hour is missing"],
    ["Australia/Lord_Howe", "2027-04-04T00:00", 24.5, "half an hour comes twice"],
    ["Europe/Paris", "2027-06-01T12:00", 24, "no change"],
    ["America/Santiago", "2027-09-05T12:00", 23, "the day begins at one"],
  ])("%s at %s has %d hours (%s)", (zone, at, hours) => {
    const span = zoneSpan(utc(at) - 24 * HOUR, utc(at) + 24 * HOUR, zone);
    const day = dayOf(utc(at), span);
    expect((day.to - day.from) / HOUR).toBe(hours);
  });

  test("days follow each other without a hole", () => {
    const [from, to] = [utc("2027-03-25T00:00"), utc("2027-11-02T00:00")];
    for (const zone of ["Europe/Paris", "Australia/Lord_Howe", "America/Santiago", "UTC"]) {
      const days = daysOf(from, to, zoneSpan(from, to, zone));
      expect(days.slice(1).map((day) => day.from)).toEqual(days.slice(0, -1).map((day) => day.to));
      expect(new Set(days.map(({ date }) => date)).size).toBe(days.length);
    }
  });
});
