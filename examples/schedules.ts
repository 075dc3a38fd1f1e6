// Schedules are values: no clock, no store. They tell when, and what to know about it.
import { clocked, crontab, every, solar, upcoming } from "sunbeat";

const night = crontab("30 2 * * mon-fri", { timezone: "Europe/Paris" });
console.log(night.describe());
console.log(
  upcoming(night, { after: new Date("2027-03-25T12:00:00Z"), count: 2 }).map((at) => at.toISOString()),
);

const [lint] = crontab("*/27 * * * *").lints();
console.log(lint?.code, "->", lint?.suggestion);

console.log(new Date(every("1h30m").next(0) ?? 0).toISOString());
console.log(clocked("2027-03-28T02:30", { timezone: "Europe/Paris" }).next(0)); // 02:30 does not exist: 03:00
console.log(solar("sunset", 74.5, 19).describe(Date.UTC(2027, 4, 3)));
// prints:
// at 02:30 on Monday to Friday (Europe/Paris)
// [ '2027-03-26T01:30:00.000Z', '2027-03-29T00:30:00.000Z' ]
// irregular-step -> every("27m")
// 1970-01-01T01:30:00.000Z
// 1806195600000
// sunset at 74.5 N, 19 E (midnight sun: next sunset 13 Aug 22:15 UTC)
