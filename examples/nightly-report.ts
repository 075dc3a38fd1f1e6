// A workflow on an entry: the order follows from the data, and a night that has not ended keeps the next one from beginning.
import { crontab, Sunbeat, workflow } from "sunbeat";
import { virtualTime } from "sunbeat/testing";

const app = new Sunbeat("nightly-report", { timezone: "Europe/Paris" });
const sales = app.task("sales.load", async () => [20, 22]);
const visits = app.task("visits.count", async () => 7);
const report = app.task("report.write", (prices: readonly number[], visitors: number) => {
  return `${prices.length} sales to ${visitors} visitors`;
});
const mail = app.task("report.mail", (text: string, to: string) => console.log(`to ${to}: ${text}`));

const nightly = workflow("nightly-report", (flow) => {
  const prices = flow.call(sales, []);
  const visitors = flow.call(visits, []); // at the same time
  const text = flow.call(report, [prices, visitors]);
  flow.call(mail, [text, "ceo@example.com"]);
  return text;
});

const time = await virtualTime(app, { start: "2027-03-01T12:00:00Z" }); // two nights in a moment
await app.schedules.set("nightly-report", {
  canvas: nightly,
  schedule: crontab("30 2 * * *"),
  overlap: "skip",
});
await time.advance("2 days");
for (const { due, fate } of await app.schedules.history("nightly-report"))
  console.log(due.toISOString(), fate);
await time.close();
// prints:
// to ceo@example.com: 2 sales to 7 visitors
// to ceo@example.com: 2 sales to 7 visitors
// 2027-03-02T01:30:00.000Z sent
// 2027-03-03T01:30:00.000Z sent
