// A process that fault tests kill and stall: a beat, a worker, or both, on any store. What it does is in SUNBEAT_VICTIM
// (support/fault-crew.ts); what happened is told in a log outside the store (support/fault-log.ts), one line each.
//
// Every step of the store has two named points, "before-tick" and "after-tick": there the process has not yet, or has not
// yet heard, what the store did. At a point it can kill itself, stall whole, delay this step alone, or do the step twice,
// as a command is sent again whose answer was lost. Mutants are changes to the text of the scripts of Redis.
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { name, broker, log, role, beatLease, lease, entries, points, mutants, clockOffsetMs } = JSON.parse(
  process.env.SUNBEAT_VICTIM,
);
const dist = pathToFileURL(`${process.env.SUNBEAT_DIST}/`);
const load = (file) => import(new URL(file, dist).href);

if (mutants.length > 0) {
  const { SCRIPTS } = await load("store/redis/scripts.generated.js");
  for (const { script, find, put } of mutants) {
    const mutated = SCRIPTS[script];
    const { body, fast } = mutated;
    if (!`${body}${fast.text}`.includes(find))
      throw new Error(`the script ${script} has no "${find}" to mutate`);
    mutated.body = body.replace(find, put);
    mutated.fast = { ...fast, text: fast.text.replace(find, put) };
  }
}
const [{ every, Sunbeat }, { coreOf }, { openStore }, { parseBrokerUrl }, { systemClock }] =
  await Promise.all([
    load("index.js"),
    load("app/index.js"),
    load("app/open-store.js"),
    load("app/broker-url.js"),
    load("core/clock.js"),
  ]);

const write = (kind, fields) =>
  appendFileSync(log, `${JSON.stringify({ kind, by: name, at: Date.now(), ...fields })}\n`);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const passed = new Map();

/** The action of a point, if it is one; the number of passings counts from the start of the process. */
function actionAt(point) {
  const passing = (passed.get(point) ?? 0) + 1;
  passed.set(point, passing);
  const found = points.find(
    (each) => each.at === point && passing >= each.passing && passing < each.passing + each.times,
  );
  if (!found) return null;
  write("point", { point, act: found.act, ms: found.ms });
  if (found.act === "crash") process.kill(process.pid, "SIGKILL");
  if (found.act === "stall") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, found.ms);
  return found;
}

async function pass(point) {
  const action = actionAt(point);
  if (action?.act === "delay") await wait(action.ms);
  return action?.act === "twice";
}

const STEPS = {
  elect: "leases",
  put: "entries",
  due: "entries",
  tick: "entries",
  claim: "consumer",
  settle: "consumer",
  heartbeat: "consumer",
};

let term = null;
const tell = {
  elect([candidate], { outcome, term: newest, now }) {
    if (outcome !== "leading" || newest === term) return;
    term = newest;
    write("term", { term, from: now, host: candidate.host });
  },
  tick(_, reply) {
    const refused = reply.outcome === "fenced" ? ["fenced"] : reply.items.map((item) => item.outcome);
    for (const outcome of refused) if (outcome !== "ticked") write("refused", { outcome });
  },
  claim(_, { deliveries }) {
    for (const { id, token, retries, deliveries: number } of deliveries)
      write("claim", { id, token, number: retries * 1_000 + number });
  },
  settle([settlements], { outcomes, claimed }) {
    settlements.forEach(({ id, token, kind: how }, index) =>
      write("settle", { id, token, how, outcome: outcomes[index] }),
    );
    if (claimed) tell.claim(null, claimed);
  },
};

function haunted(store) {
  for (const [step, contract] of Object.entries(STEPS)) {
    const original = store[contract][step].bind(store[contract]);
    store[contract][step] = async (...args) => {
      // A worker with nothing to settle claims by the same verb.
      const name = step === "settle" && args[0].length === 0 ? "claim" : step;
      const twice = await pass(`before-${name}`);
      if (twice) {
        await original(...args);
        await wait(20);
      }
      const reply = await original(...args);
      tell[step]?.(args, reply);
      await pass(`after-${name}`);
      return reply;
    };
  }
  return store;
}

const app = new Sunbeat("victim", {
  broker,
  beatLease,
  lease,
  gracePeriod: 2,
  // Crashes are what happens here; that messages die of them is tested elsewhere.
  maxDeliveries: 100,
  logger: { debug() {}, info() {}, warn: console.error, error: console.error },
  beatSchedule: Object.fromEntries(
    entries.map(({ entry, offsetMs, misfire }) => [
      entry,
      { task: "log", schedule: every("1s", { offset: `${offsetMs}ms` }), misfire },
    ]),
  ),
});
app.task("log", { bind: true, ignoreResult: true }, (self) => {
  const { id, entry, scheduledFor } = self.request;
  write("run", { id, entry, due: scheduledFor?.getTime() ?? null });
  actionAt("in-task");
  process.stdout.write("ran\n");
});
/** Runs for so long, whatever its signal says. */
app.task("work", { bind: true }, async (self, ms) => {
  write("run", { id: self.request.id, entry: null, due: null });
  await wait(ms);
  return name;
});

const clock = { ...systemClock, now: () => systemClock.now() + clockOffsetMs };
coreOf(app).use({
  clock,
  store: async (context) => haunted(await openStore(parseBrokerUrl(broker), context)),
});

const hostname = name;
if (role !== "beat") {
  const worker = app.worker({ hostname });
  // One that gives up is one that died by itself.
  worker.done.catch(() => process.exit(1));
  await worker.start();
}
if (role !== "worker") app.beat({ hostname }).start();
process.on("SIGTERM", () => void app.close().then(() => process.exit(0)));
process.stdout.write("ready\n");
