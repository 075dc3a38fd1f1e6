import fc from "fast-check";

/** A recurrence of the accepted subset, in pieces, so that each oracle gets it in its own form. */
export interface RuleCase {
  /** "20270112T090000", local time. */
  readonly start: string;
  readonly timezone: string;
  /** "FREQ=WEEKLY;BYDAY=MO". */
  readonly rule: string;
}

export type Frequency = "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY";

const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const two = (value: number): string => String(value).padStart(2, "0");

/** The lines of a case as `rrule` reads them. */
export function textOf({ start, timezone, rule }: RuleCase): string {
  const line = timezone === "UTC" ? `DTSTART:${start}Z` : `DTSTART;TZID=${timezone}:${start}`;
  return `${line}\nRRULE:${rule}`;
}

const sometimes = <T>(value: fc.Arbitrary<T>, freq = 3): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq });
/** Numbers rise: rrule 2.8.1 gives the times of a day in the order in which they are written. */
const some = <T>(value: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> =>
  fc
    .uniqueArray(value, { minLength: 1, maxLength })
    .map((list) => (typeof list[0] === "number" ? list.sort((a, b) => Number(a) - Number(b)) : list));

const monthDay = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 31 }) },
  { weight: 1, arbitrary: fc.integer({ min: -31, max: -1 }) },
);
const plainDay = fc.constantFrom(...WEEKDAYS);
const ordinalDay = fc
  .tuple(fc.integer({ min: -5, max: 5 }), plainDay)
  .map(([nth, day]) => (nth === 0 ? day : `${nth}${day}`));

/** Local starts from 1990 to 2040, of which many lie on nights on which clocks change. */
const localStart = fc
  .tuple(
    fc.integer({ min: 1990, max: 2040 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 31 }),
    fc.constantFrom(0, 1, 2, 2, 2, 3, 9, 17, 23),
    fc.constantFrom(0, 0, 15, 30, 40),
    fc.constantFrom(0, 0, 0, 20),
  )
  .filter(([year, month, day]) => day <= new Date(Date.UTC(year, month, 0)).getUTCDate())
  .map(
    ([year, month, day, hour, minute, second]) =>
      `${year}${two(month)}${two(day)}T${two(hour)}${two(minute)}${two(second)}`,
  );

/** Whole rules, without COUNT and UNTIL. */
function bareRule(freq: Frequency): fc.Arbitrary<string> {
  const isYear = freq === "YEARLY";
  return fc
    .record({
      interval: fc.constantFrom(1, 1, 1, 2, 3, 4, 5, 7, 12, 13),
      months: sometimes(some(fc.integer({ min: 1, max: 12 }), 4), 2),
      monthDays: freq === "WEEKLY" ? fc.constant(undefined) : sometimes(some(monthDay, 4), 1),
      days: sometimes(some(freq === "MONTHLY" || isYear ? ordinalDay : plainDay, 4), 1),
      hours: sometimes(some(fc.integer({ min: 0, max: 23 }), 3), 4),
      minutes: sometimes(some(fc.integer({ min: 0, max: 59 }), 2), 5),
      seconds: sometimes(some(fc.integer({ min: 0, max: 59 }), 2), 6),
      positions: sometimes(some(fc.constantFrom(1, 2, 3, -1, -2), 2), 3),
      weekStart: sometimes(plainDay, 2),
    })
    .map((parts) => {
      const { months, positions, hours, minutes, seconds } = parts;
      // Within a year ordinals are refused unless months are named.
      const days = isYear && months === undefined ? parts.days?.map((day) => day.slice(-2)) : parts.days;
      const times = [hours, minutes, seconds].map((list) => list?.length ?? 1);
      const counted =
        positions !== undefined &&
        freq !== "DAILY" &&
        times.every((count) => count === 1) &&
        (freq !== "WEEKLY" || months === undefined) &&
        [days, months, parts.monthDays, hours, minutes, seconds].some((list) => list !== undefined);
      const list = (name: string, values: readonly (number | string)[] | undefined): string[] =>
        values === undefined ? [] : [`${name}=${[...new Set(values)].join(",")}`];
      return [
        `FREQ=${freq}`,
        ...(parts.interval === 1 ? [] : [`INTERVAL=${parts.interval}`]),
        ...list("BYMONTH", months),
        ...list("BYMONTHDAY", parts.monthDays),
        ...list("BYDAY", days),
        ...list("BYHOUR", hours),
        ...list("BYMINUTE", minutes),
        ...list("BYSECOND", seconds),
        ...(counted ? list("BYSETPOS", positions) : []),
        ...(parts.weekStart === undefined ? [] : [`WKST=${parts.weekStart}`]),
      ].join(";");
    });
}

/** "19970902T090000" some days later, at the same time. */
function later(start: string, days: number): string {
  const date = new Date(
    Date.UTC(Number(start.slice(0, 4)), Number(start.slice(4, 6)) - 1, Number(start.slice(6, 8)) + days),
  );
  return date.toISOString().slice(0, 10).replaceAll("-", "") + start.slice(8);
}

/** Rules of the accepted subset that start at a local time of one of `zones`. */
export function ruleCases(zones: readonly string[]): fc.Arbitrary<RuleCase> {
  return fc
    .record({
      start: localStart,
      timezone: fc.constantFrom(...zones),
      rule: fc.constantFrom<Frequency>("DAILY", "WEEKLY", "MONTHLY", "YEARLY").chain(bareRule),
      count: sometimes(fc.integer({ min: 1, max: 12 }), 2),
      until: sometimes(fc.integer({ min: 0, max: 3_000 }), 3),
    })
    .map(({ start, timezone, rule, count, until }) => {
      const end =
        count !== undefined ? `;COUNT=${count}` : until !== undefined ? `;UNTIL=${later(start, until)}Z` : "";
      return { start, timezone, rule: `${rule}${end}` };
    });
}
