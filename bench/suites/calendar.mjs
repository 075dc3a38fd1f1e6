// calendar: searches, proofs and making of calendars and of what is composed of them.
import {
  businessDays,
  calendar,
  compose,
  crontab,
  dates,
  days,
  during,
  every,
  union,
  weekdays,
} from "../../dist/index.js";
import { interleave, perCall } from "../harness.mjs";

const START = Date.UTC(2027, 0, 1);
const YEARS_MS = 8 * 366 * 86_400_000;
const timezone = "Europe/Paris";
const open = businessDays({ closed: dates(["12-25", "12-26", "2027-12-24", "2028-04-14"]) });
const monthly = (options) => calendar({ every: "month", at: "09:00", timezone, ...options });

/** A chain of `next`: each call asks from the answer of the last, and starts again after eight years. */
function chain(schedule, start = START) {
  let at = start;
  return () => {
    at = schedule.next(at) ?? Infinity;
    if (at > start + YEARS_MS) at = start;
  };
}

const sprint = { every: "2 weeks", on: ["mon", "thu"], at: ["08:00", "17:30"], from: "2027-01-04", timezone };
const inHours = every("5m").between("09:30", "16:00", { timezone: "America/New_York" });
const three = every("10m").only(during("22:00", "06:00", { days: "mon-fri", timezone }), weekdays("sun"));

const CHAINS = [
  ["next(), every second week, DST zone", chain(calendar(sprint)), "at most 300 ns"],
  ["next(), the same in the year 9000", chain(calendar(sprint), Date.UTC(9000, 0, 1)), "at most 500 ns"],
  [
    "next(), last business day",
    chain(monthly({ on: "last business day", business: open })),
    "at most 500 ns",
  ],
  [
    "next(), every day on business days",
    chain(calendar({ every: "day", at: "09:00", timezone }).onDays(open)),
    "at most 500 ns",
  ],
  [
    "next(), day 25 or the business day before",
    chain(monthly({ on: 25 }).shift("previous business day", { days: open })),
    "at most 1 us",
  ],
  [
    "next(), every day moved to a business day",
    chain(
      calendar({ every: "day", at: "09:00", timezone }).shift("nearest business day", { days: open, by: 2 }),
    ),
    "at most 1 us",
  ],
  ["next(), interval in hours on business days", chain(inHours.onDays(open)), "at most 500 ns"],
  [
    "next(), interval in nights or on Sundays, but not at noon",
    chain(three.except(crontab("0 12 * * *", { timezone }))),
    "at most 2 us",
  ],
  [
    "next(), union of three",
    chain(
      union(calendar(sprint), crontab("0 2 * * *", { timezone }), every("6h").onDays("sat", { timezone })),
    ),
    "at most 2 us",
  ],
  [
    "next(), a crontab moved and on weekdays",
    chain(crontab("0 23 * * *", { timezone }).offset("90m").onDays("mon-fri")),
    "at most 2 us",
  ],
];

/** Each made anew, so that nothing is remembered. */
const MAKERS = [
  [
    "proof of never, 400 years of days",
    50,
    () =>
      crontab("0 0 * * *").onDays(
        days({ every: "year", in: "feb", on: 29, from: "2028-02-29" }).and(dates(["02-28"])),
      ),
    "at most 5 ms",
  ],
  [
    "budget used up, an interval without its own instants",
    3,
    () => every("1s").except(every("1s")),
    "at most 150 ms",
  ],
  [
    "budget used up, a schedule of others at two units a step",
    3,
    () => compose({ next: (at) => at + 1 }).except(every("100ms"), every("1s")),
    "at most 150 ms",
  ],
  ["making a calendar and its first next()", 20_000, () => calendar(sprint), "at most 20 us"],
  [
    "making an algebra of five and its first next()",
    10_000,
    () =>
      crontab("0 9 * * *", { timezone })
        .onDays("mon-fri")
        .except(dates(["12-24", "2027-12-31"]))
        .or(every("2h").between("10:00", "16:00", { timezone })),
    "at most 60 us",
  ],
];

export async function run({ quick }) {
  const rows = [];
  for (const [what, step, wanted] of CHAINS) {
    perCall(5_000, step);
    const { sunbeat } = await interleave(
      { sunbeat: () => perCall(quick ? 20_000 : 200_000, step) },
      quick ? 3 : 7,
    );
    rows.push({ what, unit: "ns", ours: sunbeat, wanted });
  }
  for (const [what, count, make, wanted] of MAKERS) {
    const step = () => make().next(START);
    perCall(count, step);
    const { sunbeat } = await interleave({ sunbeat: () => perCall(count, step) }, quick ? 3 : 7);
    rows.push({ what, unit: "ns", ours: sunbeat, wanted });
  }
  return { title: "Calendars", rows };
}
