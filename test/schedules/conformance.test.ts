import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  clocked,
  crontab,
  every,
  scheduleFromJSON,
  solar,
  type BuiltInSchedule,
} from "../../src/schedules/index.js";

/** What every kind of schedule must keep. A defect found in one kind becomes a row or a law for all. */
const SCHEDULES: [kind: string, schedule: BuiltInSchedule][] = [
  ["interval", every("7m")],
  ["interval with offset", every("1h30m", { offset: "-11ms" })],
  ["longest interval", every({ days: 36_525 })],
  ["crontab", crontab("*/5 * * * *")],
  ["crontab with seconds", crontab("15 30 2 * * mon-fri", { timezone: "America/New_York" })],
  ["crontab in a zone", crontab("40 2 * * *", { timezone: "Europe/Paris" })],
  ["crontab on leap days", crontab("0 0 29 2 *", { timezone: "Australia/Lord_Howe" })],
  ["crontab in object form", crontab({ hour: [7, 19], dayOfWeek: "fri" })],
  ["crontab that never comes", crontab("0 0 30 2 *")],
  ["@reboot", crontab("@reboot")],
  ["sunset", solar("sunset", 48.8566, 2.3522, { offset: "-30m" })],
  ["sunrise in the Arctic", solar("sunrise", 78.2232, 15.6267)],
  ["dusk at the pole", solar("dusk_civil", -90, 0)],
  ["solar noon", solar("solar_noon", -16.8, 179.95)],
  ["an altitude", solar({ altitude: -4, direction: "rising" }, 1.87, -157.43)],
  ["asr", solar("asr", 48.8566, 2.3522)],
  [
    "sunset within bounds",
    solar("sunset", 59.33, 18.07, { notBefore: "18:00", notAfter: "21:30", timezone: "Europe/Stockholm" }),
  ],
  [
    "sunrise, and a time in the polar night",
    solar("sunrise", 69.65, 18.96, { polar: { at: "06:00" }, offset: "-2h", timezone: "Europe/Oslo" }),
  ],
  ["sunset, clamped", solar("sunset", 78.2232, 15.6267, { polar: "clamp" })],
  ["dawn by the night", solar("dawn_astronomical", 59.91, 10.75, { polar: { night: 1 / 7 } })],
  ["a window of the Sun", every("1h").between(solar("sunrise", 69.65, 18.96), solar("sunset", 69.65, 18.96))],
  ["clocked", clocked("2027-03-28T01:00:00Z")],
];

const RUNS = Number(process.env["SUNBEAT_PROPERTY_RUNS"] ?? 1);
const anInstant = fc.integer({ min: Date.UTC(1960, 0, 1), max: Date.UTC(2090, 0, 1) });
const aShare = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe.each(SCHEDULES)("%s", (_kind, schedule) => {
  test("next is later and previous earlier, and they mirror each other", () => {
    fc.assert(
      fc.property(anInstant, (t) => {
        const next = schedule.next(t);
        const previous = schedule.previous(t);
        if (next !== null) {
          expect(next).toBeGreaterThan(t);
          expect(schedule.previous(next + 1)).toBe(next);
          expect(schedule.previous(next) ?? -Infinity).toBeLessThanOrEqual(t);
        }
        if (previous !== null) {
          expect(previous).toBeLessThan(t);
          expect(schedule.next(previous - 1)).toBe(previous);
          expect(schedule.next(previous) ?? Infinity).toBeGreaterThanOrEqual(t);
        }
      }),
      { numRuns: 50 * RUNS },
    );
  });

  test("nothing lies between an instant and its next: a chain equals a restart from any point", () => {
    fc.assert(
      fc.property(anInstant, aShare, (t, share) => {
        const next = schedule.next(t);
        const between = next === null ? t + Math.floor(share * 1e12) : t + Math.floor((next - t) * share);
        expect(schedule.next(between)).toBe(next);
        if (next !== null) expect(schedule.next(next - 1)).toBe(next);
      }),
      { numRuns: 50 * RUNS },
    );
  });

  test("the answer does not depend on what was asked before", () => {
    const instants = fc.sample(anInstant, { numRuns: 20, seed: 1 });
    const there = instants.map((t) => schedule.next(t));
    const back = instants.toReversed().map((t) => schedule.next(t));
    expect(back.toReversed()).toEqual(there);
  });

  test.each([
    NaN,
    Infinity,
    -Infinity,
    8.64e15,
    -8.64e15,
    1e300,
    -1e300,
    -1,
    -0.5,
    0.5,
    Number.MAX_SAFE_INTEGER,
  ])("answers %d with a valid instant or null", (t) => {
    for (const answer of [schedule.next(t), schedule.previous(t)]) {
      if (answer !== null) expect(new Date(answer).getTime()).toBe(answer);
    }
    const next = schedule.next(t);
    const previous = schedule.previous(t);
    expect(next === null || next > t).toBe(true);
    expect(previous === null || previous < t).toBe(true);
  });

  test("its JSON makes an equal schedule", () => {
    const json = JSON.parse(JSON.stringify(schedule)) as unknown;
    const back = scheduleFromJSON(json);
    expect(back.toJSON?.()).toEqual(json);
    for (const t of fc.sample(anInstant, { numRuns: 20, seed: 2 })) {
      expect(back.next(t)).toBe(schedule.next(t));
      expect(back.previous?.(t)).toBe(schedule.previous(t));
    }
  });

  test("describes itself in one line, and its lints are complete", () => {
    expect(schedule.describe()).toMatch(/^\S.*\S$/);
    for (const { code, field, message } of schedule.lints({ from: Date.UTC(2027, 0, 1) })) {
      expect([code, field, message]).toEqual([
        expect.stringMatching(/^[a-z-]+$/),
        expect.stringMatching(/\S/),
        expect.stringMatching(/^\S.*\S$/),
      ]);
    }
  });
});
