/** A program with all of it: it must compile as it stands. test/canvas/whole-example.test.ts runs it. */
import {
  chain,
  chord,
  defineTask,
  group,
  http,
  settled,
  stream,
  Sunbeat,
  workflow,
  type Results,
  type Settled,
  type TaskFailure,
} from "../../src/index.js";

export const app = new Sunbeat("shop", {
  broker: "redis://localhost",
  taskQueues: { imports: { maxLength: 100_000, onFull: "wait", fair: true } },
  http: { allow: ["example.com"], secrets: { hooks: `whsec_${"c2VjcmV0".repeat(6)}` } },
});

const add = app.task("tasks.add", (x: number, y: number) => x + y);
const text = app.task("tasks.text", (n: number) => `${n}`);
const sum = app.task("tasks.sum", (all: readonly number[]) => all.reduce((a, b) => a + b, 0));
const alarm = app.task("tasks.alarm", (failure: TaskFailure, who: string) => `${who}: ${failure.message}`);
const tidy = app.task("tasks.tidy", () => {});

// The result comes first; what is given with s() is the end of the list.
const chained = chain(add.s(2, 2), add.s(4), text.s());
const result = await chained.delay();
const shown: string = await result.get({ timeout: 10 });
await chain(add.s(4), text.s()).delay(1);
await add.s(2, 2).pipe(add.s(8)).pipe(text.s()).delay();
chain(add.s(1, 1), tidy.si(), add.si(1, 2));

const both = group([add.s(1, 1), text.s(2)]);
const total = chord(
  [1, 2, 3].map((n) => add.s(n, n)),
  sum.s(),
).onError(alarm.s("ops"));
chain(group([add.s(1, 1), add.s(2, 2)]), sum.s(), text.s());

// All results, good or bad.
const report = app.task(
  "tasks.report",
  (all: Settled<number>[]) => all.filter((one) => one.status === "rejected").length,
);
chord(
  [1, 2].map((n) => settled(add.s(n, n))),
  report.s(),
);

// Ten thousand results are not put into one array.
const count = app.task("tasks.count", async (results: Results<number>) => {
  let all = 0;
  for await (const one of results) all += one;
  return all;
});
chord(
  Array.from({ length: 10_000 }, (_, n) => add.s(n, 1)),
  stream(count),
);

// A graph of any form: data decides the order.
const user = app.task("users.load", async (id: string) => ({ id, name: "Ada" }));
const orders = app.task("orders.load", async (of: { id: string }, limit: number) => [limit, of.id.length]);
const page = app.task(
  "pages.render",
  { queue: "slow" },
  (of: { name: string }, list: readonly number[]) => `${of.name}: ${list.length}`,
);
const statement = workflow("statement", (flow) => {
  const owner = flow.call(user, ["u1"]);
  const list = flow.call(orders, [owner, 10]);
  const rendered = flow.call(page, [owner, list]);
  flow.call(tidy, [], { after: [rendered] });
  return rendered;
});
const sent = await statement.delay();
const { size, succeeded, open } = await sent.progress();
for await (const part of sent.parts({ state: "failed" })) console.log(part.id, part.task);
await sent.revoke({ terminate: true });
await app.graph<string>(sent.graphId).get();

// Growing while it runs.
export const crawl = app.task(
  "crawl",
  { bind: true, rateLimit: "100/s", pool: "async" },
  async (self, url: string, depth: number) => {
    if (depth > 0) self.add(crawlOne.s(`${url}/a`, depth - 1), crawlOne.s(`${url}/b`, depth - 1));
    return url.length;
  },
);
const crawlOne = app.task("crawl.one", (url: string, depth: number) => url.length + depth);
const plan = app.task("plan", { bind: true }, (self, n: number): number =>
  self.replace(chain(add.s(n, 1), add.s(1))),
);

// Limits.
app.task(
  "mail.send",
  { rateLimit: { limit: 10, per: "1m", key: (to: string) => to }, lane: (to: string) => to },
  (to: string) => to,
);
await add.s(1, 1).applyAsync([], { unique: { key: "nightly", until: "finished", onConflict: "join" } });
await app.queues.pause("imports");

// Hooks.
const off = app.signals.taskFailure.connect(({ task, error }) => console.error(task, error), {
  sender: /^billing\./,
});
off();
app.use(async (run, next) => {
  const begun = performance.now();
  try {
    return await next();
  } finally {
    took.set(run.task, performance.now() - begun);
  }
});
const took = new Map<string, number>();

// By a library that has no app.
const shared = defineTask("lib.shared", (x: number) => x + 1);
app.register(shared);
await chain(
  http.s({ url: "https://example.com/hook", method: "POST", body: { total: 3 }, sign: "hooks" }),
).delay();
void [shown, both, total, report, size, succeeded, open, plan];
