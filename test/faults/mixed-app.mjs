// The app of the mixed soak (mixed-soak.test.ts): a task for each thing that a pool, a limit or a graph does. Workers load it, and so does
// the test, which sends. Its broker and its log are in FAULT_APP (support/fault-programs.ts); its runs are told in that log, outside the
// store, one line each. On SIGUSR2 a worker tells how large its heap is, with nothing in it that could be collected.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";
import { loaderOf, mutate, wait } from "./haunt.mjs";

const { broker, log, extras } = JSON.parse(process.env.FAULT_APP);
const { limit, mutants = [], orphans = false, onlySends = false } = extras;
const load = loaderOf(process.env.SUNBEAT_DIST);
await mutate(load, mutants);
const { chain, chord, every, group, locked, Sunbeat } = await load("index.js");

const tell = (line) =>
  appendFileSync(log, `${JSON.stringify({ at: Date.now(), pid: process.pid, ...line })}\n`);
/** Keeps the processor. */
const work = (ms) => {
  for (const until = performance.now() + ms; performance.now() < until;);
};

export const app = new Sunbeat("mixed", {
  broker,
  // Killed workers are followed soon; what their children hold up meanwhile is not theirs for long.
  ...{ lease: 3, beatLease: 1, gracePeriod: 1, terminateGrace: 0.2 },
  // Kills are what happens here; what dies of its own is told by its task.
  maxDeliveries: 1_000,
  resultExpires: "1h",
  retention: { maxRows: 20 },
  workerChildEnv: ["FAULT_APP"],
  taskQueues: { fair: { fair: true }, bounded: { maxLength: 20 } },
  beatSchedule: {
    ticks: { task: "tick", schedule: every(1), args: ["ticks", 5], options: { ignoreResult: true } },
    // Longer than its interval now and then, and so it is buffered.
    slow: {
      ...{ task: "tick", schedule: every(1), args: ["slow", 1_200], overlap: "queue-one" },
      options: { ignoreResult: true },
    },
  },
  ...(onlySends ? { logger: null } : {}),
});

/** A bound task that tells when a run of it begins, and when the function has done all it does. */
const declare = (name, options, fn) => {
  const told = async (self, ...args) => {
    const { id, hostname: by, retries, queue } = self.request;
    const line = { task: name, id, by, retries, queue, args };
    tell({ kind: "began", ...line });
    const value = await fn(self, ...args);
    tell({ kind: "finished", ...line });
    return value;
  };
  const { lock, ...rest } = options;
  return app.task(name, { bind: true, ...rest }, lock === undefined ? told : locked(...lock)(told));
};
const expected = { throws: (error) => /^expected/.test(error.message) };

declare("plain", {}, async (_, n) => {
  await wait(n % 7);
  return n;
});
declare("brief", { ignoreResult: true, resultExpires: 1 }, () => undefined);
declare("flaky", { ...expected, retry: { max: 5, delay: 0.05, jitter: true } }, (self, fails) => {
  if (self.request.retries < fails)
    throw new Error(`expected failure ${self.request.retries + 1} of ${fails}`);
  return "at last";
});
declare("broken", { ...expected, retry: { max: 1, delay: 0.05 } }, () => {
  throw new Error("expected to the end");
});
declare("expiring", { queue: "pausable" }, () => "in time");
declare("pausable", { queue: "pausable" }, async () => wait(5));
declare(
  "lane",
  { queue: "fair", lane: (tenant, weight) => ({ name: tenant, weight }) },
  (_, tenant) => tenant,
);
declare("bounded", { queue: "bounded" }, () => wait(10));

declare("busy", { pool: "processes", queue: "heavy" }, (_, ms, lines) => {
  work(ms);
  for (let line = 0; line < lines; line++) console.log(`line ${line}`);
  // Nobody would end it: for the proof that the suite sees it.
  if (orphans) spawn("sleep", ["30"], { detached: true, stdio: "ignore" }).unref();
  return ms;
});
declare("thread", { pool: "threads", queue: "threads" }, (_, ms) => {
  work(ms);
  return ms;
});
declare("exits", { pool: "processes", queue: "heavy", maxDeliveries: 2 }, () => process.exit(3));
declare("endless", { pool: "processes", queue: "heavy", timeLimit: 0.3 }, () => work(60_000));
declare("polite", { pool: "processes", queue: "heavy", softTimeLimit: 0.1, timeLimit: 10 }, (self) => {
  while (!self.signal.aborted) work(1);
  return "stopped";
});
declare("threadless", { pool: "threads", queue: "threads", timeLimit: 0.3 }, () => work(60_000));
declare(
  "long",
  {},
  (self) =>
    // Neither shutdown nor the end of a lease is an end of its own: `reason` is thrown on.
    new Promise((_, reject) => self.signal.addEventListener("abort", () => reject(self.signal.reason))),
);
declare("deaf", { pool: "processes", queue: "heavy" }, () => work(60_000));

declare("rated", { rateLimit: { limit: limit.rated, per: 1, burst: 1, key: (key) => key } }, () => undefined);
declare(
  "weighed",
  { rateLimit: { limit: limit.weighed, per: 1, burst: 1, weight: (n) => n } },
  () => undefined,
);
declare("tired", { rateLimit: "50/s" }, (self, until, ms) => {
  if (Date.now() >= until) return "rested";
  tell({ kind: "cooldown", by: self.request.hostname, id: self.request.id, ms });
  return self.cooldown({ milliseconds: ms });
});
declare("guarded", { lock: ["printer", limit.guarded] }, () => wait(20));

for (const onConflict of ["join", "replace", "refuse", "queue-one"]) {
  declare(`once.${onConflict}`, { unique: { key: "k", onConflict } }, (_, ms) => wait(ms));
}
declare("throttled", { unique: { key: (key) => key, ttl: 1 } }, (_, key) => key);
declare("debounced", { unique: { key: (key) => key, onConflict: "replace", maxWait: 1 } }, (_, key, n) => n);

const step = declare("step", {}, (_, value) => value + 1);
const member = declare("member", expected, async (self, value, manner) => {
  await wait(5);
  if (manner === "fails") throw new Error("expected of a member");
  if (manner === "adds") self.add(step.s(value), step.s(value));
  if (manner === "replaces") self.replace(chain(step.s(value), step.s()));
  return value;
});
const body = declare("body", {}, (_, values) => values.length);
const heavyBody = declare("body.heavy", { pool: "processes", queue: "heavy" }, (_, values) => values.length);
const alarm = declare("alarm", {}, (self, failure, graph) =>
  tell({ kind: "alarm", graph, id: self.request.id }),
);
declare("tick", {}, (_, entry, ms) => wait(ms));
const long = app.signature("long", []);

/** The forms that are sent; each tells of its run by the id of its graph. */
export const forms = {
  chain: (length) => chain(...Array.from({ length }, (_, n) => (n === 0 ? step.s(0) : step.s()))),
  chord: (manners, graph, heavy) =>
    chord(
      manners.map((manner, value) => member.s(value, manner)),
      (heavy ? heavyBody : body).s(),
    ).onError(alarm.s(graph)),
  unending: (size) => chain(group(Array.from({ length: size }, () => long)), body.s()),
};

if (isMainThread && !onlySends && process.send === undefined) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  process.on("SIGUSR2", () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    const resources = process.getActiveResourcesInfo().filter((name) => !/^(Timeout|Immediate)$/.test(name));
    tell({ kind: "gauge", heap: heapUsed, external, resources: resources.length });
  });
}
