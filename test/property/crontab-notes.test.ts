/** What a crontab says about its runs beside what Intl says about the clock on the wall. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crontab } from "../../src/schedules/crontab/crontab.js";
import {
  momentsNearChanges,
  PROPERTY_TIMEOUT_MS,
  propertyRuns,
  ZONES,
} from "../support/crontab-arbitraries.js";

const MINUTE = 60_000;
/** No clock is changed by more within a day; date lines are. */
const LARGEST_CHANGE = 180;

/** Half of them where clocks are changed: at full hours, mostly of the night. */
const minutesOfDay = fc.oneof(
  fc.integer({ min: 0, max: 1439 }),
  fc.integer({ min: 0, max: 4 * 4 }).map((quarter) => quarter * 15),
);

const formats = new Map<string, Intl.DateTimeFormat>();

/** "02:30" */
function wallClock(timezone: string, at: number): string {
  let format = formats.get(timezone);
  if (format === undefined) {
    const options = { timeZone: timezone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" } as const;
    formats.set(timezone, (format = new Intl.DateTimeFormat("en-GB", options)));
  }
  return format.format(at);
}

/** "2027-03-28" */
function wallDate(timezone: string, at: number): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: timezone }).format(at);
}

/** Whether the wall clock shows the same less than a change earlier or later. */
function passOf(timezone: string, at: number): "only" | "first" | "second" {
  const shown = wallClock(timezone, at);
  for (let minutes = 1; minutes <= LARGEST_CHANGE; minutes++) {
    if (wallClock(timezone, at - minutes * MINUTE) === shown) return "second";
    if (wallClock(timezone, at + minutes * MINUTE) === shown) return "first";
  }
  return "only";
}

/** The beginning and the rest of what a note has to say; null: nothing. */
function expectedNote(timezone: string, wanted: string, at: number): RegExp | null {
  const shown = wallClock(timezone, at);
  if (shown !== wanted) {
    // A gap that ends at midnight moves the run to another day.
    const day = shown < wanted ? ` on ${wallDate(timezone, at)}` : "";
    return new RegExp(`^${wanted} does not exist in .*; runs at ${shown}${day}, after the gap$`);
  }
  const pass = passOf(timezone, at);
  return pass === "only" ? null : new RegExp(`^${shown} comes twice in .*; this is the ${pass} pass, `);
}

/** Cases that a long run has found, tried in each run. */
const KEPT = [
  // 23:30 to 00:00 on 2018-05-05: the run is moved over midnight.
  { timezone: "Asia/Pyongyang", minuteOfDay: 1410, from: 1_525_445_940_000 },
];

describe("the note of a daily job", () => {
  it.each(ZONES.map((timezone) => [timezone]))(
    "in %s tells why it runs when it does, and nothing on ordinary days",
    (timezone) => {
      const policies = fc.constantFrom(
        "vixie" as const,
        { fold: "second" } as const,
        { fold: "both" } as const,
      );
      const kept = KEPT.filter((known) => known.timezone === timezone).map(
        ({ minuteOfDay, from }): [number, number, "vixie"] => [minuteOfDay, from, "vixie"],
      );
      fc.assert(
        fc.property(minutesOfDay, momentsNearChanges(timezone), policies, (minuteOfDay, from, dst) => {
          const [hour, minute] = [Math.floor(minuteOfDay / 60), minuteOfDay % 60];
          const wanted = `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
          const job = crontab(`${minute} ${hour} * * *`, { timezone, dst });
          for (let at = job.next(from), runs = 0; at !== null && runs < 4; at = job.next(at), runs++) {
            const expected = expectedNote(timezone, wanted, at);
            if (expected === null) expect(job.note(at)).toBeUndefined();
            else expect(job.note(at)).toMatch(expected);
          }
        }),
        { numRuns: propertyRuns(80), examples: kept },
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
