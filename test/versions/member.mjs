// One process of the suites of two versions (support/fault-crew.ts): a beat, a worker, a sender or an editor, of the build
// in SUNBEAT_DIST. Only what the package exports is used, so that builds of any age can take part. What happened is told
// in a log outside the store (log.ts), one line each.
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const {
  name,
  broker,
  log,
  role,
  lease,
  beatLease,
  entries,
  version = "new",
  slot,
  isAhead,
} = JSON.parse(process.env.SUNBEAT_VICTIM);
const { currentTask, every, isSunbeatError, locked, Sunbeat } = await import(
  new URL("index.js", pathToFileURL(`${process.env.SUNBEAT_DIST}/`)).href
);

const write = (kind, fields = {}) =>
  appendFileSync(log, `${JSON.stringify({ kind, by: name, at: Date.now(), ...fields })}\n`);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const refused = (what, error) =>
  write("refusal", { what, code: isSunbeatError(error) ? error.code : null, message: String(error) });
let over = false;

const second = (offsetMs) => every("1s", { offset: `${offsetMs}ms` });
const app = new Sunbeat("versions", {
  ...{ broker, lease, beatLease, gracePeriod: 20, maxDeliveries: 100, version: isAhead ? 2 : 1 },
  logger: { debug() {}, info() {}, warn: console.error, error: console.error },
  beatSchedule: Object.fromEntries([
    ...entries.map(({ entry, offsetMs, misfire }) => [
      entry,
      { task: "log", args: [0], schedule: second(offsetMs), misfire },
    ]),
    // Each run lasts longer than its period, so that one is always buffered.
    ["overlapping", { task: "slow", schedule: second(250), overlap: "queue-one" }],
    ...(isAhead ? [["newest", { task: "newest", args: [0], schedule: second(750) }]] : []),
  ]),
});
app.events.on("beat-leading", ({ term, timestamp }) => write("term", { term, from: timestamp, host: name }));
app.events.on("dead-lettered", ({ id, task, reason }) => write("dead", { id, task, reason }));

const ran = (self, args) => {
  const { id, entry, scheduledFor, retries } = self.request;
  write("run", { id, entry, due: scheduledFor?.getTime() ?? null, retries, args, version });
};
const logged = app.task("log", { bind: true, ignoreResult: true }, (self, ...args) => {
  ran(self, args);
  process.stdout.write("ran\n");
});
app.task("slow", { bind: true, ignoreResult: true }, async (self) => {
  ran(self, []);
  await wait(1_500);
});
const double = app.task("double", { bind: true }, (self, n) => {
  ran(self, [n]);
  return 2 * n;
});
const flaky = app.task("flaky", { bind: true, retry: { max: 1, delay: "50ms" } }, (self, n) => {
  ran(self, [n]);
  if (self.request.retries === 0) throw new Error("the first try");
  return 2 * n;
});
const alone = app.task(
  "alone",
  locked("versions")(async (n) => {
    const self = currentTask();
    ran(self, [n]);
    write("enters", { fence: self.lock.fence });
    await wait(10);
    write("leaves", { fence: self.lock.fence });
    return 2 * n;
  }),
);
/** Of an app that is one deploy ahead. */
const newest = isAhead ? app.task("newest", { bind: true }, (self, n) => (ran(self, [n]), 2 * n)) : null;

const waits = new Set();
/** Once it is acknowledged; and its result, which may come after this process was asked to end. */
function sent(result, task, wanted) {
  write("sent", { id: result.id, task });
  if (wanted === undefined) return;
  const got = result.get({ timeout: 60 }).then(
    (value) => write("got", { id: result.id, value, wanted }),
    (error) => refused(`the result of ${task}`, error),
  );
  waits.add(got);
  void got.finally(() => waits.delete(got));
}

const SENDS = [
  async (n) => sent(await double.delay(n), "double", 2 * n),
  async (n) => sent(await flaky.delay(n), "flaky", 2 * n),
  async (n) => (await logged.delayMany([[n], [n], [n], [n]])).forEach((each) => sent(each, "log")),
  async (n) => sent(await double.applyAsync([n], { countdown: 0.3, priority: 5 }), "double", 2 * n),
  async (n) => {
    // One task, whichever of the two comes first.
    const taskId = `${name}-${n}`;
    sent(await double.applyAsync([n], { taskId }), "double", 2 * n);
    await double.applyAsync([n], { taskId });
  },
  async (n) => sent(await app.sendTask("double", [n]), "double", 2 * n),
  async (n) => sent(await alone.delay(n), "alone", 2 * n),
];
const NEWEST_SENDS = [
  async (n) => sent(await newest.delay(n), "newest", 2 * n),
  async (n) => sent(await app.sendTask("newest", [n]), "newest", 2 * n),
  async (n) => sent(await newest.applyAsync([n], { taskId: `${name}-${n}` }), "newest", 2 * n),
  async (n) => sent(await newest.applyAsync([n], { countdown: 0.2 }), "newest", 2 * n),
];

async function send() {
  const sends = newest ? [...SENDS, ...NEWEST_SENDS] : SENDS;
  for (let n = 0; !over; n++) {
    await sends[n % sends.length](n).catch((error) => refused("a send", error));
    await wait(40);
  }
  await Promise.all(waits);
}

/** Nobody else edits the entries of a slot, so what an editor finds is what the one before it left there. */
async function edit() {
  const [paused, edited, deleted] = ["paused", "edited", "deleted"].map((each) => `${each}-${slot}`);
  const set = (entry, ...args) =>
    app.schedules.set(entry, { task: "log", args, schedule: second(slot * 90), misfire: "all" });
  const did = async (what, entry, act, fields = {}) => {
    const from = Date.now();
    await act();
    write("edit", { what, entry, from, to: Date.now(), ...fields });
  };
  const edits = [
    async () => {
      const found = await app.schedules.get(paused);
      if (!found) return did("set", paused, () => set(paused, 0));
      const what = found.pausedAt ? "resume" : "pause";
      return did(what, paused, () => app.schedules[what](paused));
    },
    async () => {
      const found = await app.schedules.get(edited);
      const next = found ? JSON.parse(found.definition).args[0] + 1 : 0;
      return did("set", edited, () => set(edited, next), { next });
    },
    async () => {
      const found = await app.schedules.get(deleted);
      if (found) return did("delete", deleted, () => app.schedules.delete(deleted));
      return did("set", deleted, () => set(deleted, 0));
    },
  ];
  for (let n = 0; !over; n++) {
    await edits[n % edits.length]().catch((error) => refused("an edit", error));
    await wait(200);
  }
}

try {
  // What the store refuses it refuses here.
  await app.schedules.list({ limit: 1 });
} catch (error) {
  refused("the start", error);
  process.exit(3);
}
if (role === "worker") {
  const worker = app.worker({ hostname: name, concurrency: 8 });
  worker.done.catch((error) => (refused("the work", error), process.exit(3)));
  await worker.start();
}
if (role === "beat") app.beat({ hostname: name }).start();
const busy = role === "sender" ? send() : role === "editor" ? edit() : null;
process.on("SIGTERM", async () => {
  over = true;
  await busy;
  await app.close();
  process.exit(0);
});
process.stdout.write("ready\n");
