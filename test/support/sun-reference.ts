/**
 * Local times by Intl and events of the Sun as plain lists, for references that judge windows and options of the Sun from
 * outside. The lists come from schedules without options, which test/property/solar.test.ts holds to another ephemeris.
 */
import type { Schedule } from "../../src/index.js";

export const DAY = 86_400_000;
const HOUR = 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The local time of an instant, in milliseconds as though it were UTC. */
export function localTime(timezone: string, at: number): number {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      hourCycle: "h23",
      ...({ year: "numeric", month: "numeric", day: "numeric" } as const),
      ...({ hour: "numeric", minute: "numeric", second: "numeric" } as const),
    });
    formats.set(timezone, format);
  }
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const seconds = Date.UTC(
    part["year"]!,
    part["month"]! - 1,
    part["day"],
    part["hour"],
    part["minute"],
    part["second"],
  );
  return seconds + (((at % 1_000) + 1_000) % 1_000);
}

export const localDay = (timezone: string, at: number): number => Math.floor(localTime(timezone, at) / DAY);

/** The first instant at which the clocks show a time of a day or a later one. At most one change is near. */
export function instantAt(timezone: string, day: number, minutes: number): number {
  const local = day * DAY + minutes * 60_000;
  const offset = (at: number): number => localTime(timezone, at) - at;
  let low = local - 30 * HOUR;
  let high = local + 30 * HOUR;
  for (const known of [offset(low), offset(high)]) {
    const at = local - known;
    if (offset(at) === known) return at;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (localTime(timezone, middle) < local) low = middle;
    else high = middle;
  }
  return high;
}

/** Every occurrence from `from` until before `to`. */
export function occurrencesIn(schedule: Schedule, from: number, to: number): number[] {
  const found: number[] = [];
  for (let at = schedule.next(from - 1); at !== null && at < to; at = schedule.next(at)) found.push(at);
  return found;
}

/** The same, asked backwards. */
export function occurrencesBack(
  schedule: Schedule & { previous(before: number): number | null },
  from: number,
  to: number,
): number[] {
  const found: number[] = [];
  for (let at = schedule.previous(to); at !== null && at >= from; at = schedule.previous(at))
    found.unshift(at);
  return found;
}

/** The date to which an event belongs: of the noon before a setting, of the noon after a rising. */
export function sunDay(event: number, noons: readonly number[], isRising: boolean, timezone: string): number {
  const noon = isRising ? noons.find((each) => each > event) : noons.findLast((each) => each < event);
  return localDay(timezone, noon!);
}
