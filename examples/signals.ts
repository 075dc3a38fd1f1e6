// Signals, middleware, publish functions and hooks: what a program hangs into the work of its tasks.
import { AsyncLocalStorage } from "node:async_hooks";
import { currentTask, Sunbeat } from "sunbeat";
import { virtualTime } from "sunbeat/testing";

const app = new Sunbeat("shop", { broker: "memory:" });
const tenant = new AsyncLocalStorage<string>();

// Each message tells whose it is, and each run is in the name of whom it is for.
app.usePublish(async (message, next) => {
  message.headers["tenant"] ??= tenant.getStore() ?? "nobody";
  await next();
});
app.use((run, next) => tenant.run(run.headers["tenant"] ?? "nobody", next));

// A handler hears of all tasks, or of those that its sender names.
app.signals.taskFailure.connect(
  ({ task, error }) => console.log(`report: ${task} has failed: ${String(error)}`),
  { sender: /^billing\./ },
);
const off = app.signals.taskSuccess.connect(({ task, result }) => {
  console.log(`${task} gave ${JSON.stringify(result)}`);
});

const greet = app.task("mail.greet", (name: string) => `hello ${name}, from ${tenant.getStore()}`);
const charge = app.task(
  "billing.charge",
  {
    beforeStart: ({ request }) => console.log(`try ${request.retries + 1}`),
    retry: { max: 1, delay: "1s", on: () => true },
    onRetry: (error) => console.log(`again, since ${String(error)}`),
    onFailure: () => console.log(`given up in ${currentTask().request.task}`),
  },
  (cents: number) => {
    throw new RangeError(`${cents} is too little`);
  },
);

const time = await virtualTime(app);
await tenant.run("acme", () => greet.delay("Ada"));
await charge.delay(3);
await time.advance("5s");
off(); // nobody hears of successes any more
await greet.delay("Bob");
await time.advance("5s");
await time.close();

// prints:
// mail.greet gave "hello Ada, from acme"
// try 1
// again, since RangeError: 3 is too little
// try 2
// given up in billing.charge
// report: billing.charge has failed: RangeError: 3 is too little
