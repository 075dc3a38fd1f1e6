// Ten sentences about when something is due, each with its schedule: npx tsx examples/calendar.ts
import {
  businessDays,
  calendar,
  crontab,
  dates,
  during,
  every,
  solar,
  union,
  upcoming,
  type Schedule,
} from "sunbeat";

const timezone = "Europe/Berlin";
const open = businessDays({ closed: dates(["12-25", "12-26", "2027-12-24"]) });
const sunrise = solar("sunrise", 48.14, 11.58);
const sunset = solar("sunset", 48.14, 11.58);

// "Every second Monday and Thursday at eight, beginning with the week of 4 January."
const sprint = calendar({ every: "2 weeks", on: ["mon", "thu"], at: "08:00", from: "2027-01-04", timezone });

// "On the 25th, or on the business day before."
const payroll = calendar({ every: "month", on: 25, at: "09:00", timezone }).shift("previous business day", {
  days: open,
});

// "On the last business day of each quarter."
const close = calendar({
  every: "3 months",
  on: "last business day",
  at: "18:00",
  from: "2027-03-01",
  business: open,
  timezone,
});

// "On the third Friday of March and September."
const expiry = calendar({ every: "year", in: ["mar", "sep"], on: "3rd fri", at: "09:30", timezone });

// "On the 31st, or on the last day of a month that has none."
const invoices = calendar({ every: "month", on: 31, missing: "clamp", timezone });

// "Every five minutes while the exchange is open."
const ticker = every("5m").between("09:30", "16:00", { timezone: "America/New_York" }).onDays("mon-fri");

// "Every quarter of an hour in the nights from Monday to Friday."
const nights = every("15m").only(during("22:00", "06:00", { days: "mon-fri", timezone }));

// "Every night at two, but not on the first of the month and not in the summer holidays."
const backup = crontab("0 2 * * *", { timezone }).except(
  crontab("0 2 1 * *", { timezone }),
  dates([{ from: "2027-08-01", to: "2027-08-14" }]),
);

// "Every ten minutes from half an hour after sunrise until half an hour before sunset."
const blinds = every("10m").between(sunrise.offset("30m"), sunset.offset("-30m"));

// "At sunset, and at eleven."
const lamps = union(sunset, crontab("0 23 * * *", { timezone }));

const all: Record<string, Schedule> = {
  ...{ sprint, payroll, close, expiry, invoices },
  ...{ ticker, nights, backup, blinds, lamps },
};
for (const [name, schedule] of Object.entries(all)) {
  const [first, second] = upcoming(schedule, { after: "2027-01-01T00:00Z", count: 2 });
  console.log(name.padEnd(9), first?.toISOString(), second?.toISOString(), schedule.describe?.());
}

// prints:
// sprint    2027-01-04T07:00:00.000Z 2027-01-07T07:00:00.000Z every 2 weeks on Monday and Thursday at 08:00, from 2027-01-04 (Europe/Berlin)
// payroll   2027-01-25T08:00:00.000Z 2027-02-25T08:00:00.000Z on day 25 of every month at 09:00 (Europe/Berlin), moved to the business day before (Mon-Fri, closed on 25 December, 26 December and 2027-12-24)
// close     2027-03-31T16:00:00.000Z 2027-06-30T16:00:00.000Z every 3 months on the last business day at 18:00, from 2027-03-01 (Europe/Berlin)
// expiry    2027-03-19T08:30:00.000Z 2027-09-17T07:30:00.000Z every year on the 3rd Friday of March and September at 09:30 (Europe/Berlin)
// invoices  2027-01-30T23:00:00.000Z 2027-02-27T23:00:00.000Z on day 31 (the last day of a month that has no such day) of every month at 00:00 (Europe/Berlin)
// ticker    2027-01-01T14:30:00.000Z 2027-01-01T14:35:00.000Z every 5 min, from 09:30 until before 16:00 (America/New_York), on Monday to Friday
// nights    2027-01-01T00:15:00.000Z 2027-01-01T00:30:00.000Z every 15 min, from 22:00 until before 06:00 on Monday to Friday (Europe/Berlin)
// backup    2027-01-02T01:00:00.000Z 2027-01-03T01:00:00.000Z at 02:00 every day (Europe/Berlin), except the instants of: at 02:00 on day 1 (Europe/Berlin), except 2027-08-01 to 2027-08-14
// blinds    2027-01-01T07:40:00.000Z 2027-01-01T07:50:00.000Z every 10 min, from 30 min after sunrise at 48.14 N, 11.58 E until before 30 min before sunset at 48.14 N, 11.58 E
// lamps     2027-01-01T15:30:20.109Z 2027-01-01T22:00:00.000Z at 23:00 every day (Europe/Berlin); and sunset at 48.14 N, 11.58 E
