// A process of the fault suite of unique keys: a worker that sends, too. What it does is in SUNBEAT_VICTIM (support/fault-crew.ts); what
// happened is told in a log outside the store (support/fault-log.ts). Its points and mutants are those of haunt.mjs.
import { haunt, loaderOf, mutate, wait } from "./haunt.mjs";

const { name, broker, log, lease, points, mutants, policies, seed, role, last } = JSON.parse(
  process.env.SUNBEAT_VICTIM,
);
const load = loaderOf(process.env.SUNBEAT_DIST);
await mutate(load, mutants);
const [{ isSunbeatError, Sunbeat }, { coreOf }, { openStore }, { parseBrokerUrl }, { seededRandom }] =
  await Promise.all([
    load("index.js"),
    load("app/index.js"),
    load("app/open-store.js"),
    load("app/broker-url.js"),
    load("core/random.js"),
  ]);
const { write, actionAt, haunted, tell } = haunt({ name, log, points });
const random = seededRandom(seed);

const STEPS = { enqueue: "sender", claim: "consumer", settle: "consumer", giveBack: "consumer" };

const app = new Sunbeat("unique", {
  ...{ broker, lease, gracePeriod: 2, workerConcurrency: 4 },
  // Crashes are what happens here; that messages die of them is tested elsewhere.
  maxDeliveries: 1_000,
  logger: { debug() {}, info() {}, warn: console.error, error: console.error },
});
const tasks = policies.map((policy) => [
  policy,
  app.task(
    `once.${policy}`,
    { bind: true, unique: { key: "k", onConflict: policy } },
    async (self, asked) => {
      const { id } = self.request;
      write("began", { policy, id, asked });
      actionAt("in-task");
      await wait(2 + random.next() * 20);
      write("finished", { policy, id, asked });
    },
  ),
]);

let over = false;
process.on("SIGTERM", () => {
  over = true;
  void app.close().then(() => process.exit(0));
});

async function ask([policy, task], asked) {
  write("asking", { policy, id: "", asked });
  try {
    const { id } = await task.delay(asked);
    write("asked", { policy, id, asked });
  } catch (error) {
    const isRefused = isSunbeatError(error) && error.code === "SUNBEAT_TASK_NOT_UNIQUE";
    if (!isRefused && !over) throw error;
  }
}

coreOf(app).use({
  store: async (context) => haunted(await openStore(parseBrokerUrl(broker), context), STEPS, tell),
});
if (role === "sender") {
  process.stdout.write("ready\n");
  for (const task of tasks) await ask(task, last);
  await app.close();
} else {
  const worker = app.worker({ hostname: name });
  // One that gives up is one that died by itself.
  worker.done.catch(() => process.exit(1));
  await worker.start();
  process.stdout.write("ready\n");
  for (let n = 0; role === "combined" && !over; n++) {
    await ask(tasks[Math.floor(random.next() * tasks.length)], `${name}:${n}`);
    await wait(random.next() * 30);
  }
}
