// A schedule in a test: two days around the night the clocks change, in milliseconds.
import { crontab, Sunbeat } from "sunbeat";
import { virtualTime } from "sunbeat/testing";

const app = new Sunbeat("payroll", {
  timezone: "Europe/Paris",
  beatSchedule: { payroll: { task: "pay", schedule: crontab("30 2 * * *") } },
});
app.task("pay", { bind: true }, (self) => {
  console.log("paid for", self.request.scheduledFor?.toISOString());
});

const time = await virtualTime(app, { start: "2027-03-27T12:00:00Z" });
await time.advance("2 days");
for (const row of await app.schedules.history("payroll")) console.log(row.due.toISOString(), row.fate);
await time.close();
// prints:
// paid for 2027-03-28T01:00:00.000Z
// paid for 2027-03-29T00:30:00.000Z
// 2027-03-28T01:00:00.000Z sent
// 2027-03-29T00:30:00.000Z sent
