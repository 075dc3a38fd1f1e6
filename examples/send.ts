// Sending tasks and waiting for what became of them.
import { Sunbeat } from "sunbeat";

const app = new Sunbeat("send", { broker: "memory:" });
const add = app.task("tasks.add", (x: number, y: number) => x + y);
await app.worker().start();

console.log(await add(4, 5)); // runs here

const result = await add.delay(4, 4); // sends
console.log(await result.get({ timeout: 10 }), await result.state());

const later = await add.applyAsync([2, 2], { countdown: 0.2, expires: 120, priority: 5 });
console.log(await later.get({ timeout: 10 }));

const many = await add.delayMany([
  [1, 1],
  [2, 2],
  [3, 3],
]); // one round trip for thousands
console.log(await Promise.all(many.map((each) => each.get({ timeout: 10 }))));

const byName = await app.sendTask("tasks.add", [20, 22]); // from a program that has not the task
console.log(await byName.get({ timeout: 10 }));
await app.close();
// prints:
// 9
// 8 SUCCESS
// 4
// [ 2, 4, 6 ]
// 42
