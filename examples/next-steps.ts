// Celery's "Next Steps" in the words of sunbeat: docs/celery-guides.md shows this file piece by piece.
import { chain, chord, crontab, group, Sunbeat } from "sunbeat";
import { app } from "./proj/app.js";
import { add, mul, xsum } from "./proj/tasks/math.js";

await app.importTasks(new URL("./proj/app.ts", import.meta.url));
await app.worker({ queues: ["default", "lopri"] }).start();

await add.delay(2, 2);
await add.applyAsync([2, 2]);
const later = await add.applyAsync([2, 2], { queue: "lopri", countdown: 0.1 });
console.log(await later.get({ timeout: 5 }));
console.log(await add(2, 2)); // runs here

console.log(later.id.length, await later.state(), await later.successful(), await later.failed());

const signature = add.s(2, 2).set({ countdown: 0.1 });
console.log(await (await signature.delay()).get({ timeout: 5 }));

const partial = add.s(2); // open: one argument is missing, in front
console.log(await (await partial.delay(8)).get({ timeout: 5 }));

const many = await group(Array.from({ length: 10 }, (_, n) => add.s(n, n))).delay();
console.log(await many.get({ timeout: 5 }));

const open = group(Array.from({ length: 10 }, (_, n) => add.s(n)));
console.log(await (await open.delay(10)).get({ timeout: 5 }));

const chained = await chain(add.s(4, 4), mul.s(8)).delay();
console.log(await chained.get({ timeout: 5 }));
console.log(await (await chain(add.s(4), mul.s(8)).delay(4)).get({ timeout: 5 }));
console.log(await (await add.s(4, 4).pipe(mul.s(8)).delay()).get({ timeout: 5 }));

const numbers = Array.from({ length: 10 }, (_, n) => add.s(n, n));
console.log(await (await chord(numbers, xsum.s()).delay()).get({ timeout: 5 }));
console.log(await (await group(numbers).pipe(xsum.s()).delay()).get({ timeout: 5 }));

const routing = new Sunbeat("routing", {
  broker: "memory:",
  timezone: "Europe/London",
  taskRoutes: { "proj.add": { queue: "hipri" } },
  beatSchedule: { nightly: { task: "proj.add", schedule: crontab("30 2 * * *"), args: [16, 16] } },
});
const byRoute = routing.task("proj.add", { bind: true }, (self) => self.request.queue);
await routing.worker().start();
console.log(await (await byRoute.delay()).get({ timeout: 5 }));
await routing.close();
await app.close();
// prints:
// 4
// 4
// 36 SUCCESS true false
// 4
// 10
// [
//    0,  2,  4,  6,  8,
//   10, 12, 14, 16, 18
// ]
// [
//   10, 11, 12, 13, 14,
//   15, 16, 17, 18, 19
// ]
// 64
// 64
// 64
// 90
// 90
// hipri
