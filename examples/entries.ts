// Entries at run time: set, pause, resume, trigger, history. They live in the store beside those of the code.
import { every, Sunbeat } from "sunbeat";
import { virtualTime } from "sunbeat/testing";

const app = new Sunbeat("entries", {});
let runs = 0;
app.task("tenant.sync", (tenant: string) => `${tenant} is in step, run ${++runs}`);
const time = await virtualTime(app);

await app.schedules.set("sync-acme", {
  task: "tenant.sync",
  schedule: every("1h"),
  args: ["acme"],
  maxRuns: 4,
});
await time.advance("2h");
await app.schedules.pause("sync-acme");
await time.advance("3h"); // time paused is not missed
await app.schedules.resume("sync-acme");
await app.schedules.trigger("sync-acme"); // now, outside the schedule
await time.advance("5h");

console.log(runs, "runs");
for (const { due, fate, reason } of await app.schedules.history("sync-acme")) {
  console.log([due.toISOString().slice(11, 16), fate, reason].filter(Boolean).join(" "));
}
console.log((await app.schedules.get("sync-acme"))?.disabled);
await time.close();
// prints:
// 5 runs
// 01:00 sent
// 02:00 sent
// 03:00 skipped paused
// 04:00 skipped paused
// 05:00 skipped paused
// 05:00 sent triggered
// 06:00 sent
// 07:00 sent
// max-runs
