// The five shapes of graphs: a chain, a group, a chord, a workflow, and a graph that grows while it runs.
import { chain, chord, group, Sunbeat, type TaskFailure, workflow } from "sunbeat";

const app = new Sunbeat("canvas", { broker: "memory:", logger: null }); // null: what fails is told here alone
await app.worker().start();

// a chain: the result of each task stands first in the arguments of the next
const load = app.task("orders.load", async (id: number) => ({ id, prices: [20, 22] }));
const total = app.task("orders.total", (order: { prices: number[] }) => order.prices.reduce((a, b) => a + b));
const mail = app.task("mail.send", (amount: number, to: string) => `${to} pays ${amount}`);

const invoice = chain(load.s(7), total.s(), mail.s("ada@example.com"));
const sent = await invoice.delay();
console.log(await sent.get({ timeout: 10 }));

// a group: all at once; it gives the list of their results, in the order written
const rate = app.task("rates.load", async (currency: string) => (currency === "JPY" ? 184 : 1));
const today = app.task("calendar.today", () => "Monday");

const both = await group([rate.s("EUR"), rate.s("JPY"), today.s()]).delay();
const [euro, yen, day] = await both.get({ timeout: 10 }); // number, number, string
console.log(day, yen / euro);
console.log(await both.progress());

// a chord: a group, and one task that gets the whole list when all are done
const count = app.task("words.count", (text: string) => text.split(" ").length);
const sum = app.task("words.sum", (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0));
const alarm = app.task("ops.alarm", (failure: TaskFailure, to: string) =>
  console.log(`${to}: ${failure.task} failed: ${failure.message}`),
);

const pages = ["a rose", "is a rose", "is a rose"];
const words = chord(
  pages.map((page) => count.s(page)),
  sum.s(),
).onError(alarm.s("ops"));
console.log(await (await words.delay()).get({ timeout: 10 }));

// a workflow: the data that flows between tasks decides their order
const user = app.task("users.load", async (id: string) => ({ id, name: "Ada" }));
const orders = app.task("orders.of", async (of: { id: string }, most: number) => [of.id, most].length);
const render = app.task(
  "pages.render",
  (of: { name: string }, orders: number) => `${of.name}: ${orders} orders`,
);

const statement = workflow("statement", (flow) => {
  const owner = flow.call(user, ["u1"]);
  const recent = flow.call(orders, [owner, 10]);
  return flow.call(render, [owner, recent]);
});
console.log(await (await statement.delay()).get({ timeout: 10 }));

// a graph that grows: a task puts a form in its own place, and that form's result is its own
const resize = app.task("video.resize", async (part: number) => `part ${part}`);
const join = app.task("video.join", (parts: readonly string[]) => parts.join(", "));
const convert = app.task("video.convert", { bind: true }, (self, parts: number): string =>
  self.replace(
    chord(
      Array.from({ length: parts }, (_, n) => resize.s(n)),
      join.s(),
    ),
  ),
);

const video = await convert.delay(3);
console.log(await video.get({ timeout: 10 }));
await app.close();
// prints:
// ada@example.com pays 42
// Monday 184
// {
//   state: 'succeeded',
//   size: 3,
//   succeeded: 3,
//   failed: 0,
//   unrun: 0,
//   open: 0
// }
// 8
// Ada: 2 orders
// part 0, part 1, part 2
