// A process that fault tests kill and stall: a beat, a worker, or both, on any store. What it does is in SUNBEAT_VICTIM
// (support/fault-crew.ts); what happened is told in a log outside the store (support/fault-log.ts), one line each.
//
// Its points and mutants are those of haunt.mjs.
import { haunt, loaderOf, mutate, wait } from "./haunt.mjs";

const { name, broker, log, role, beatLease, lease, entries, points, mutants, clockOffsetMs } = JSON.parse(
  process.env.SUNBEAT_VICTIM,
);
const load = loaderOf(process.env.SUNBEAT_DIST);
await mutate(load, mutants);
const [{ every, Sunbeat }, { coreOf }, { openStore }, { parseBrokerUrl }, { systemClock }] =
  await Promise.all([
    load("index.js"),
    load("app/index.js"),
    load("app/open-store.js"),
    load("app/broker-url.js"),
    load("core/clock.js"),
  ]);
const { write, actionAt, haunted, tell: deliveries } = haunt({ name, log, points });

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
  ...deliveries,
  elect([candidate], { outcome, term: newest, now }) {
    if (outcome !== "leading" || newest === term) return;
    term = newest;
    write("term", { term, from: now, host: candidate.host });
  },
  tick(_, reply) {
    const refused = reply.outcome === "fenced" ? ["fenced"] : reply.items.map((item) => item.outcome);
    for (const outcome of refused) if (outcome !== "ticked") write("refused", { outcome });
  },
};

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
  store: async (context) => haunted(await openStore(parseBrokerUrl(broker), context), STEPS, tell),
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
