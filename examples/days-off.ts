// Days off that others write, as calendars: npx tsx examples/days-off.ts
import { crontab, holidays, Sunbeat } from "sunbeat";
import { fromDateHolidays, fromICS } from "sunbeat/calendar";

// A file that a plant sends each year; in a program it is read from a disk.
const file = `BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270802
DTEND;VALUE=DATE:20270814
SUMMARY:Plant holidays
END:VEVENT
END:VCALENDAR`;

const app = new Sunbeat("plant", { broker: "memory:", timezone: "Europe/Berlin" });
await app.calendars.set(fromICS(file, { name: "plant", years: [2027, 2027] }));
// Needs the package date-holidays: npm install date-holidays@3
await app.calendars.set(await fromDateHolidays("DE", { region: "BY", years: [2027, 2028] }));

await app.schedules.set("shift-plan", {
  task: "plan.print",
  schedule: crontab("0 6 * * mon-fri").except(holidays("plant"), holidays("DE-BY")),
});

for (const { name, covers, days } of await app.calendars.list()) {
  console.log(`${name}: ${days.length} days off from ${covers.from} to ${covers.to}`);
}
const { daysOff } = await app.schedules.forecast({ from: "2027-08-12T00:00Z", to: "2027-08-19T00:00Z" });
for (const { date, reason } of daysOff.slice(0, 3)) console.log(`${date} ${reason}`);
await app.close();

// prints:
// DE-BY: 24 days off from 2027-01-01 to 2028-12-31
// plant: 12 days off from 2027-01-01 to 2027-12-31
// 2027-08-12 closed: Plant holidays (plant)
// 2027-08-13 closed: Plant holidays (plant)
// 2027-11-01 closed: Allerheiligen (DE-BY)
