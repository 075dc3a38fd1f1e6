/** Lints of calendars and of what is composed of them: for each one that has it, one that has not. */
import { expect, test } from "vitest";
import {
  businessDays,
  calendar,
  compose,
  crontab,
  dates,
  days,
  every,
  scheduleFromJSON,
  union,
  type BuiltInSchedule,
} from "../../src/index.js";
import { BUDGET, CUSTOM_COST } from "../../src/schedules/compose/work.js";
import { asSchedule } from "../../src/schedules/index.js";

const from = Date.UTC(2027, 0, 1);
const paris = { timezone: "Europe/Paris" } as const;
const daily = calendar({ every: "day", at: "09:00" });

test.each<[code: string, has: BuiltInSchedule, hasNot: BuiltInSchedule, because: string]>([
  [
    "never",
    daily.onDays(dates(["02-29"])).onDays(dates(["03-01"])),
    daily.onDays(dates(["02-29"])),
    "no day is both",
  ],
  [
    "never",
    every("24h").between("03:00", "04:00", paris),
    every("24h").between("01:00", "03:00", paris),
    "01:00 in winter, 02:00 in summer",
  ],
  [
    "never",
    daily.startAt("2027-02-01T00:00Z").endAt("2027-02-01T00:00Z"),
    daily.startAt("2027-02-01T00:00Z"),
    "no instant is between",
  ],
  ["search-ended", every("1s").except(every("1s")), every("1s").except(every("2s")), "no set proves it"],
  [
    "except-nothing",
    daily.except(crontab("0 10 * * *")),
    daily.except(crontab("0 9 1 * *")),
    "it takes exactly its instants",
  ],
  [
    "except-nothing",
    daily.onDays("mon-fri").except("sat"),
    daily.onDays("mon-sat").except("sat"),
    "the other restriction took it",
  ],
  [
    "only-all",
    daily.between("08:00", "10:00"),
    daily.between("08:00", "10:00", { days: "mon" }),
    "every run is in it",
  ],
  [
    "utc-window",
    every("1h").between("09:00", "12:00"),
    every("1h").between("09:00", "12:00", paris),
    "nobody names a zone",
  ],
  [
    "offset-order",
    daily.offset("20h").onDays("mon"),
    daily.onDays("mon").offset("20h"),
    "the day is that of the moved run",
  ],
  [
    "from-later",
    calendar({ every: "week", on: "mon", from: "2027-01-05" }),
    calendar({ every: "week", on: "mon", from: "2027-01-04" }),
    "5 January is a Tuesday",
  ],
  [
    "shift-merges",
    daily.shift("next business day"),
    calendar({ every: "month", on: 1 }).shift("next business day"),
    "three days come to Monday",
  ],
  [
    "shift-dropped",
    daily.shift("next business day", {
      days: businessDays({ closed: dates([{ from: "2028-01-01", to: "2030-01-01" }]) }),
    }),
    daily.shift("next business day"),
    "two years are closed",
  ],
  [
    "members-meet",
    union(daily, crontab("0 */3 * * *")),
    union(daily, crontab("0 */2 * * *")),
    "09:00 is in both",
  ],
  [
    "short-months",
    calendar({ every: "month", on: 31 }),
    calendar({ every: "month", on: 31, missing: "clamp" }),
    "April has 30 days",
  ],
  [
    "rare",
    calendar({ every: "4 years", on: 29, in: "feb", from: "2028-02-29" }),
    calendar({ every: "year", on: 28, in: "feb" }),
    "once in four years",
  ],
  [
    "gap-fixed",
    calendar({ every: "day", at: "02:30", ...paris }),
    calendar({ every: "day", at: "02:30", ...paris }).onDays("mon"),
    "clocks change on Sundays",
  ],
  [
    "gap-wildcard",
    calendar({ every: "day", at: { every: "30m", from: "02:00", to: "02:30" }, ...paris }),
    calendar({ every: "day", at: { every: "30m", from: "01:00", to: "02:30" }, ...paris }),
    "nothing runs on that day",
  ],
  [
    "fold",
    calendar({ every: "day", at: "02:30", ...paris }),
    calendar({ every: "day", at: "03:30", ...paris }),
    "02:30 comes twice",
  ],
  [
    "fold",
    calendar({ every: "day", at: "02:30", ...paris }),
    calendar({ every: "day", at: "02:30", ...paris }).shift("next business day"),
    "moved away from Sunday",
  ],
  [
    "dst-option",
    calendar({ every: "day", at: "02:30", dst: "skip", ...paris }),
    calendar({ every: "day", at: "04:30", dst: "skip", ...paris }),
    "the option decides about 02:30",
  ],
])("%s: %#", (code, has, hasNot) => {
  const codesOf = (schedule: BuiltInSchedule): string[] => schedule.lints({ from }).map((lint) => lint.code);
  expect(codesOf(has)).toContain(code);
  expect(codesOf(hasNot)).not.toContain(code);
});

test("what a restriction leaves out is told with the reason, a row of it once", () => {
  const calendars = () => ({ days: [{ date: "2027-01-06", name: "Epiphany" }] as const });
  const closed = scheduleFromJSON({
    type: "filter",
    of: daily.toJSON(),
    keep: [{ days: { business: { closed: { calendar: "DE-BY" } } } }],
  });
  const schedule = asSchedule(closed, { calendars });
  expect(
    schedule
      .notes?.(Date.UTC(2027, 0, 1, 10), Date.UTC(2027, 0, 8))
      .map(({ at, message }) => [new Date(at).toISOString().slice(0, 10), message]),
  ).toEqual([
    ["2027-01-02", "left out and 1 more, up to 2027-01-03T09:00Z; weekend"],
    ["2027-01-06", "left out; closed: Epiphany (DE-BY)"],
  ]);
});

test("notes have an end", () => {
  const often = every("1s").between("09:00", "09:01", paris).except(crontab("30 * * * * *"));
  expect(often.notes(from, from + 400 * 86_400_000).length).toBeLessThanOrEqual(1_000);
});

test("a search in a search spends from the same work", () => {
  let calls = 0;
  const counted = (): BuiltInSchedule =>
    compose({
      next: (after) => {
        calls++;
        return Math.floor(after / 1_000) * 1_000 + 1_000;
      },
    });
  const nested = counted()
    .except(counted().except(every("2s")))
    .except(counted().except(counted()).or(every("2s")));
  expect(nested.next(from)).toBeNull();
  expect(calls).toBeGreaterThan(1_000);
  expect(calls).toBeLessThanOrEqual(BUDGET / CUSTOM_COST + 10);
});

test("a custom schedule without a past gives none, and is no edge", () => {
  const custom = compose({ next: (after) => after + 1_000 });
  expect(custom.or(daily).previous(from)).toBeNull();
  expect(custom.onDays("mon-sun").previous(from)).toBeNull();
  expect(() => every("1h").between(custom, daily)).toThrow(
    expect.objectContaining({ code: "SUNBEAT_WINDOW_INVALID" }) as Error,
  );
});

test("members of which only one names its zone stay two until they are bound", () => {
  const both = crontab("0 2 * * *").or(crontab("0 2 * * *", { timezone: "UTC" }));
  expect(asSchedule(both, paris).toJSON?.()).toMatchObject({ type: "union" });
  expect(asSchedule(both, { timezone: "UTC" }).toJSON?.()).toMatchObject({ type: "crontab" });
});

test("a roll after bounds, or after a night with days, is refused", () => {
  for (const make of [
    () => daily.endAt(from).shift("next business day"),
    () => daily.between("22:00", "06:00", { days: "fri" }).shift("next business day"),
  ]) {
    expect(make).toThrow(expect.objectContaining({ code: "SUNBEAT_SCHEDULE_INVALID" }) as Error);
  }
});

test("a schedule that is too long to be stored is refused where it is given, and where it is read", () => {
  const list = dates(
    [...Array(6_000).keys()].map(
      (day) => new Date(day * 86_400_000).toISOString().slice(0, 10) as "2027-01-01",
    ),
  );
  const long = daily.except(list);
  const refused = expect.objectContaining({ code: "SUNBEAT_SCHEDULE_INVALID" }) as Error;
  expect(() => asSchedule(long, {})).toThrow(refused);
  expect(() => scheduleFromJSON(long.toJSON())).toThrow(refused);
});

test("what business days are is written where a rule asks for them", () => {
  const business = businessDays({ weekend: ["fri", "sat"] });
  const rule = daily.onDays(days({ every: "month", on: "last business day" }));
  expect(JSON.stringify(asSchedule(rule, { business }))).toContain('"weekend":[5,6]');
});
