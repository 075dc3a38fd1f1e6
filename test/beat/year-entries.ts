/** Forty and some entries of all kinds, each with its due instants as a plain rule. */
import * as Astronomy from "astronomy-engine";
import type { EntryDetails } from "../../src/beat/entry-options.js";
import type * as Schedules from "../../src/schedules/index.js";
import type { CalendarData } from "../../src/schedules/index.js";
import { dayNumber, dayOf, hm, type LocalDay, type LocalReference } from "../support/local-reference.js";

export interface YearEntry {
  readonly options: EntryDetails;
  readonly due: (reference: LocalReference) => number[];
  /** How far two models of the Sun may be apart. */
  readonly toleranceMs?: number;
}

const DAY_MS = 86_400_000;
const SUN_MS = 120_000;
const MUNICH = [48.14, 11.58] as const;
const OSLO = [59.91, 10.75] as const;
const SYDNEY = [-33.87, 151.21] as const;
const [PARIS, BERLIN, NEW_YORK, ALMATY] = [
  ...["Europe/Paris", "Europe/Berlin", "America/New_York", "Asia/Almaty"],
] as [string, string, string, string];

const CLOSED: readonly Schedules.LocalDate[] = [
  ...(["2027-01-01", "2027-04-05", "2027-05-25", "2027-07-14"] as const),
  ...(["2027-11-01", "2027-12-24", "2027-12-31"] as const),
];
export const CALENDAR: CalendarData = {
  ...{ name: "FR", covers: { from: "2027-01-01", to: "2027-12-31" } },
  days: CLOSED,
};
const closed = new Set(CLOSED.map((day) => dayNumber(day)));

const isWeekday = ({ weekday }: LocalDay): boolean => weekday >= 1 && weekday <= 5;
const isOpen = (day: LocalDay): boolean => isWeekday(day) && !closed.has(day.number);
const since = (day: LocalDay, from: string): number => day.number - dayNumber(from);
const merged = (...lists: number[][]): number[] => [...new Set(lists.flat())].sort((a, b) => a - b);
const first = (day: LocalDay): number => day.number - day.date + 1;

/** Whether a business day is the one to which day 25 of its month is moved, or that day itself. */
function isPayday(day: LocalDay): boolean {
  let wanted = dayOf(first(day) + 24);
  while (!isOpen(wanted)) wanted = dayOf(wanted.number - 1);
  return wanted.number === day.number;
}

function isLastOpen(day: LocalDay): boolean {
  let last = dayOf(first(day) + day.length - 1);
  while (!isOpen(last)) last = dayOf(last.number - 1);
  return last.number === day.number;
}

/** The number of weekdays from the first of the month to this day, which is one. */
const nthWeekday = (day: LocalDay): number =>
  Array.from({ length: day.date }, (_, i) => dayOf(first(day) + i)).filter(isWeekday).length;

const isLastWeekday = (day: LocalDay): boolean =>
  isWeekday(day) &&
  !Array.from({ length: day.length - day.date }, (_, i) => dayOf(day.number + 1 + i)).some(isWeekday);

/** Risings (1) or settings (-1) through an altitude, or through the horizon, by another ephemeris. */
function sun(
  [latitude, longitude]: readonly [number, number],
  direction: 1 | -1,
  altitude: number | null,
): number[] {
  const observer = new Astronomy.Observer(latitude, longitude, 0);
  const found: number[] = [];
  let from = new Date(Date.UTC(2027, 0, 1));
  for (;;) {
    const event =
      altitude === null
        ? Astronomy.SearchRiseSet(Astronomy.Body.Sun, observer, direction, from, 3)
        : Astronomy.SearchAltitude(Astronomy.Body.Sun, observer, direction, from, 3, altitude);
    if (event === null || event.date.getTime() >= Date.UTC(2028, 0, 1)) return found;
    found.push(event.date.getTime());
    from = new Date(event.date.getTime() + 3_600_000);
  }
}

/** Without the spread of the app. */
const all = { misfire: "all", jitter: 0 } as const;
const spread = { misfire: "all" } as const;

/** `made`: the schedules of the modules that the entries are for. */
export function yearEntries(made: typeof Schedules): Readonly<Record<string, YearEntry>> {
  const { businessDays, calendar, clocked, crontab, dates, during, every, holidays, rrule, solar, union } =
    made;
  const open = businessDays({ closed: holidays("FR") });
  const nightly = crontab("0 2 * * *", { timezone: BERLIN });
  return {
    // Crontabs.
    "paris-night": {
      options: { ...all, schedule: crontab("30 2 * * *", { timezone: PARIS }) },
      due: (at) => at.local(PARIS, (_, minute) => minute === hm(2, 30)),
    },
    "paris-steps": {
      options: { schedule: crontab("15 */12 * * *", { timezone: PARIS }) },
      due: (at) => at.local(PARIS, (_, minute) => minute % hm(12) === 15, "wall"),
    },
    "new-york-weekdays": {
      options: { ...all, schedule: crontab("0 9 * * mon-fri", { timezone: NEW_YORK }) },
      due: (at) => at.local(NEW_YORK, (day, minute) => isWeekday(day) && minute === hm(9)),
    },
    "sao-paulo-midnight": {
      options: { ...all, schedule: crontab("0 0 * * *", { timezone: "America/Sao_Paulo" }) },
      due: (at) => at.local("America/Sao_Paulo", (_, minute) => minute === 0),
    },
    "almaty-morning": {
      options: { ...all, schedule: crontab("0 9 * * *", { timezone: ALMATY }) },
      due: (at) => at.local(ALMATY, (_, minute) => minute === hm(9)),
    },
    "kathmandu-evening": {
      options: { ...spread, schedule: crontab("15 18 * * *", { timezone: "Asia/Kathmandu" }) },
      due: (at) => at.local("Asia/Kathmandu", (_, minute) => minute === hm(18, 15)),
    },
    "sydney-twice-a-month": {
      options: { ...all, schedule: crontab("45 2 1,15 * *", { timezone: "Australia/Sydney" }) },
      due: (at) =>
        at.local(
          "Australia/Sydney",
          ({ date }, minute) => (date === 1 || date === 15) && minute === hm(2, 45),
        ),
    },
    "lord-howe-sundays": {
      options: { ...all, schedule: crontab("15 2 * * sun", { timezone: "Australia/Lord_Howe" }) },
      due: (at) =>
        at.local("Australia/Lord_Howe", ({ weekday }, minute) => weekday === 0 && minute === hm(2, 15)),
    },
    "paris-skipping": {
      options: { ...all, schedule: crontab("40 2 * * *", { timezone: PARIS, dst: "skip" }) },
      due: (at) => at.local(PARIS, (_, minute) => minute === hm(2, 40), "skipping"),
    },
    "berlin-wall": {
      options: { ...all, schedule: crontab("50 2 * * *", { timezone: BERLIN, dst: "wall" }) },
      due: (at) => at.local(BERLIN, (_, minute) => minute === hm(2, 50), "wall"),
    },
    "utc-monthly": {
      options: { ...all, schedule: crontab("0 0 1 * *", { timezone: "UTC" }) },
      due: (at) => at.local("UTC", ({ date }, minute) => date === 1 && minute === 0),
    },
    "thirteenth-or-friday": {
      options: { misfire: "skip", schedule: crontab("0 12 13 * fri", { timezone: BERLIN }) },
      due: (at) =>
        at.local(BERLIN, ({ date, weekday }, minute) => (date === 13 || weekday === 5) && minute === hm(12)),
    },
    // Intervals.
    "eighteen-hours": { options: { schedule: every("18h") }, due: (at) => at.interval(1_080) },
    "twenty-five-hours": {
      options: { ...all, schedule: every("25h").offset("7m") },
      due: (at) => at.interval(1_500, 7),
    },
    nine: {
      options: { ...all, schedule: every("1d").offset("9h") },
      due: (at) => at.interval(1_440, 540),
    },
    "market-hours": {
      options: {
        ...all,
        schedule: every("4h").between("09:30", "16:00", { timezone: NEW_YORK }).onDays("mon-fri", {
          timezone: NEW_YORK,
        }),
      },
      due: (at) =>
        at.interval(240).filter((due) => {
          const { day, minute } = at.shown(NEW_YORK, due);
          return isWeekday(day) && minute >= hm(9, 30) && minute < hm(16);
        }),
    },
    "weekday-nights": {
      options: {
        ...all,
        schedule: every("4h").only(during("22:00", "06:00", { days: "mon-fri", timezone: PARIS })),
      },
      due: (at) =>
        at.interval(240).filter((due) => {
          const { day, minute } = at.shown(PARIS, due);
          if (minute >= hm(22)) return isWeekday(day);
          return minute < hm(6) && isWeekday(dayOf(day.number - 1));
        }),
    },
    // The Sun.
    "munich-sunset": {
      options: { ...spread, schedule: solar("sunset", ...MUNICH) },
      due: () => sun(MUNICH, -1, null),
      toleranceMs: SUN_MS,
    },
    "before-oslo-sunrise": {
      options: { ...all, schedule: solar("sunrise", ...OSLO).offset("-30m") },
      due: () => sun(OSLO, 1, null).map((at) => at - 1_800_000),
      toleranceMs: SUN_MS,
    },
    "sydney-dusk": {
      options: { ...all, schedule: solar("dusk_civil", ...SYDNEY) },
      due: () => sun(SYDNEY, -1, -6),
      toleranceMs: SUN_MS,
    },
    // Calendar recurrences.
    sprint: {
      options: {
        ...all,
        schedule: calendar({
          ...({ every: "2 weeks", on: ["mon", "thu"], at: ["08:00", "17:30"] } as const),
          ...({ from: "2027-01-04", timezone: PARIS } as const),
        }),
      },
      due: (at) =>
        at.local(
          PARIS,
          (day, minute) =>
            since(day, "2027-01-04") >= 0 &&
            Math.floor(since(day, "2027-01-04") / 7) % 2 === 0 &&
            (day.weekday === 1 || day.weekday === 4) &&
            (minute === hm(8) || minute === hm(17, 30)),
        ),
    },
    payroll: {
      options: {
        ...spread,
        schedule: calendar({ every: "month", on: 25, at: "09:00", timezone: PARIS }).shift(
          ...(["previous business day", { days: open }] as const),
        ),
      },
      due: (at) => at.local(PARIS, (day, minute) => minute === hm(9) && isPayday(day)),
    },
    "month-end": {
      options: {
        ...all,
        schedule: calendar({ every: "month", on: "last day", at: "18:00", timezone: "UTC" }),
      },
      due: (at) => at.local("UTC", ({ date, length }, minute) => date === length && minute === hm(18)),
    },
    "quarter-close": {
      options: {
        ...all,
        schedule: calendar({
          ...({ every: "3 months", on: "last business day", at: "18:00", from: "2027-03-01" } as const),
          ...({ business: open, timezone: BERLIN } as const),
        }),
      },
      due: (at) =>
        at.local(BERLIN, (day, minute) => day.month % 3 === 0 && minute === hm(18) && isLastOpen(day)),
    },
    expiry: {
      options: {
        ...all,
        schedule: calendar({
          ...({ every: "year", in: ["mar", "sep"], on: "3rd fri", at: "09:30", timezone: NEW_YORK } as const),
        }),
      },
      due: (at) =>
        at.local(
          NEW_YORK,
          ({ month, date, weekday }, minute) =>
            (month === 3 || month === 9) && weekday === 5 && date > 14 && date <= 21 && minute === hm(9, 30),
        ),
    },
    "second-and-last": {
      options: {
        ...all,
        schedule: calendar({
          ...({ every: "month", on: "mon-fri", position: [2, -1], at: "07:00", timezone: "UTC" } as const),
        }),
      },
      due: (at) =>
        at.local(
          "UTC",
          (day, minute) =>
            minute === hm(7) && isWeekday(day) && (nthWeekday(day) === 2 || isLastWeekday(day)),
        ),
    },
    "third-days": {
      options: {
        ...all,
        schedule: calendar({ every: "3 days", at: "02:30", from: "2027-01-03", timezone: PARIS }),
      },
      due: (at) =>
        at.local(
          PARIS,
          (day, minute) =>
            since(day, "2027-01-03") >= 0 && since(day, "2027-01-03") % 3 === 0 && minute === hm(2, 30),
        ),
    },
    "almaty-thirty-first": {
      options: {
        ...all,
        schedule: calendar({ every: "month", on: 31, missing: "clamp", at: "09:00", timezone: ALMATY }),
      },
      due: (at) => at.local(ALMATY, ({ date, length }, minute) => date === length && minute === hm(9)),
    },
    tuesdays: {
      options: {
        ...all,
        schedule: calendar({
          ...({ every: "week", on: "tue", at: { every: "2h", from: "09:00", to: "17:00" } } as const),
          timezone: PARIS,
        }),
      },
      due: (at) =>
        at.local(
          PARIS,
          ({ weekday }, minute) =>
            weekday === 2 && minute >= hm(9) && minute <= hm(17) && (minute - hm(9)) % hm(2) === 0,
          "wall",
        ),
    },
    // Restrictions.
    "paris-business": {
      options: {
        ...all,
        schedule: crontab("0 8 * * *", { timezone: PARIS }).except(holidays("FR")).onDays("mon-fri"),
      },
      due: (at) => at.local(PARIS, (day, minute) => isOpen(day) && minute === hm(8)),
    },
    backup: {
      options: {
        ...all,
        schedule: nightly.except(
          crontab("0 2 1 * *", { timezone: BERLIN }),
          dates(["12-25", { from: "2027-08-01", to: "2027-08-14" }]),
        ),
      },
      due: (at) =>
        at.local(
          BERLIN,
          ({ month, date }, minute) =>
            minute === hm(2) && date !== 1 && !(month === 12 && date === 25) && !(month === 8 && date <= 14),
        ),
    },
    "open-days": {
      options: { ...all, schedule: every("1d").offset("9h").except(holidays("FR")) },
      due: (at) => at.interval(1_440, 540).filter((due) => !closed.has(Math.floor(due / DAY_MS))),
    },
    // Unions.
    mornings: {
      options: {
        ...spread,
        schedule: union(
          ...[crontab("0 6 * * *", { timezone: NEW_YORK }), crontab("0 7 * * *", { timezone: PARIS })],
          every("1d").offset("3h"),
        ),
      },
      due: (at) =>
        merged(
          at.local(NEW_YORK, (_, minute) => minute === hm(6)),
          at.local(PARIS, (_, minute) => minute === hm(7)),
          at.interval(1_440, 180),
        ),
    },
    lights: {
      options: {
        ...all,
        schedule: [solar("sunset", ...MUNICH), crontab("0 23 * * *", { timezone: BERLIN })],
      },
      due: (at) =>
        merged(
          sun(MUNICH, -1, null),
          at.local(BERLIN, (_, minute) => minute === hm(23)),
        ),
      toleranceMs: SUN_MS,
    },
    // RRULEs.
    "second-tuesdays": {
      options: {
        ...all,
        schedule: rrule(
          "DTSTART;TZID=America/New_York:20270112T090000\nRRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=9",
        ),
      },
      due: (at) =>
        at
          .local(
            NEW_YORK,
            ({ weekday, date }, minute) => weekday === 2 && date > 7 && date <= 14 && minute === hm(9),
          )
          .slice(0, 9),
    },
    "every-second-night": {
      options: {
        ...all,
        schedule: rrule("DTSTART;TZID=Europe/Paris:20270104T024500\nRRULE:FREQ=DAILY;INTERVAL=2"),
      },
      due: (at) =>
        at.local(
          PARIS,
          (day, minute) =>
            since(day, "2027-01-04") >= 0 && since(day, "2027-01-04") % 2 === 0 && minute === hm(2, 45),
          "skipping",
        ),
    },
    "third-weeks": {
      options: {
        ...all,
        schedule: rrule(
          "DTSTART;TZID=Europe/Paris:20270104T100000\nRRULE:FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR;UNTIL=20271001T000000Z",
        ),
      },
      due: (at) =>
        at
          .local(
            PARIS,
            (day, minute) =>
              since(day, "2027-01-04") >= 0 &&
              Math.floor(since(day, "2027-01-04") / 7) % 3 === 0 &&
              (day.weekday === 1 || day.weekday === 5) &&
              minute === hm(10),
            "skipping",
          )
          .filter((due) => due <= Date.UTC(2027, 9, 1)),
    },
    // What an entry says besides.
    "tokyo-spread": {
      options: { ...spread, schedule: crontab("0 0 * * *", { timezone: "Asia/Tokyo" }) },
      due: (at) => at.local("Asia/Tokyo", (_, minute) => minute === 0),
    },
    "jitter-of-its-own": {
      options: { ...all, jitter: "20m", schedule: every("12h") },
      due: (at) => at.interval(720),
    },
    "hundred-runs": {
      options: { ...all, maxRuns: 100, schedule: crontab("0 10 * * *", { timezone: "Africa/Cairo" }) },
      due: (at) => at.local("Africa/Cairo", (_, minute) => minute === hm(10)).slice(0, 100),
    },
    "february-to-april": {
      options: {
        ...all,
        ...{ startAt: "2027-02-01T00:00:00Z", endAt: "2027-05-01T00:00:00Z", schedule: every("9h") },
      },
      due: (at) =>
        at.interval(540).filter((due) => due >= Date.UTC(2027, 1, 1) && due < Date.UTC(2027, 4, 1)),
    },
    "spring-only": {
      options: {
        ...all,
        ...{ startAt: "2027-03-20T00:00:00Z", endAt: "2027-11-07T01:30:00Z" },
        schedule: crontab("30 2 * * *", { timezone: PARIS }),
      },
      due: (at) =>
        at
          .local(PARIS, (_, minute) => minute === hm(2, 30))
          .filter((due) => due >= Date.UTC(2027, 2, 20) && due < Date.UTC(2027, 10, 7, 1, 30)),
    },
    once: {
      options: { ...all, schedule: clocked("2027-09-09T09:09:00Z") },
      due: () => [Date.UTC(2027, 8, 9, 9, 9)],
    },
  };
}
