// A process of the chord fault suites: a worker, or a sender of chords. What it does is in SUNBEAT_VICTIM
// (support/fault-crew.ts, support/chords.ts); what happened is told in a log outside the store (support/fault-log.ts). Its
// points and mutants are those of haunt.mjs.
import { existsSync } from "node:fs";
import { haunt, loaderOf, mutate, wait } from "./haunt.mjs";

const {
  name,
  broker,
  log,
  role,
  lease,
  points,
  mutants,
  chords,
  memberMs = 0,
  sendEveryMs = 0,
  better,
} = JSON.parse(process.env.SUNBEAT_VICTIM);
const load = loaderOf(process.env.SUNBEAT_DIST);
await mutate(load, mutants);
const [{ chain, chord, Reject, Sunbeat }, { coreOf }, { openStore }, { parseBrokerUrl }] = await Promise.all([
  load("index.js"),
  load("app/index.js"),
  load("app/open-store.js"),
  load("app/broker-url.js"),
]);
const { write, actionAt, haunted, tell } = haunt({ name, log, points });

const STEPS = { open: "graphs", claim: "consumer", settle: "consumer", heartbeat: "consumer" };

/** Says before the last portion of a graph goes that it does: nothing of it may begin before. */
function announced(store) {
  const open = store.graphs.open.bind(store.graphs);
  store.graphs.open = (portion) => {
    if (portion.seal) write("sealing", { graph: portion.id });
    return open(portion);
  };
  return store;
}

const app = new Sunbeat("chords", {
  ...{ broker, lease, gracePeriod: 2, workerConcurrency: 8 },
  // Crashes are what happens here; that messages die of them is tested elsewhere.
  maxDeliveries: 1_000,
  logger: { debug() {}, info() {}, warn: console.error, error: console.error },
});

/** A run, for the judge: of which chord, as what, and what more there is to tell of it. */
function began(self, graph, part, fields = {}) {
  write("part", { id: self.request.id, graph, part, ...fields });
  actionAt(`in-${part}`);
  actionAt("in-task");
}

const step = app.task("step", { bind: true }, (self, value, graph) => {
  began(self, graph, "grown");
  return value;
});
const grown = app.task("grown", { bind: true }, async (self, graph, value) => {
  began(self, graph, "grown");
  await wait(memberMs);
  return value;
});
const member = app.task("member", { bind: true }, async (self, graph, value, manner) => {
  began(self, graph, "member");
  await wait(memberMs);
  if (!manner.startsWith("recovers") || !existsSync(better)) {
    if (manner.endsWith("fails")) throw new Error(`member ${value}`);
    if (manner.endsWith("rejects")) throw new Reject(`member ${value}`);
  }
  if (manner === "adds") self.add(...[0, 1].map((more) => grown.s(graph, 1_000 * (value + 1) + more)));
  if (manner === "replaces") self.replace(chain(step.s(value, graph), step.s(graph), step.s(graph)));
  if (manner.startsWith("revokes")) {
    await app.graph(graph).revoke({ terminate: manner === "revokes+terminates" });
    write("revoked", { graph });
  }
  return value;
});
let bodies = 0;
/** Gives the number of this run, so that the store's record says which of several was accepted. */
const body = app.task("body", { bind: true }, (self, values, graph) => {
  const run = `${name}/${++bodies}`;
  began(self, graph, "body", { values, run });
  return run;
});
const after = app.task("after", { bind: true }, (self, run, graph) => began(self, graph, "after", { run }));
const alarm = app.task("alarm", { bind: true }, (self, failure, graph) =>
  began(self, graph, "alarm", { culprit: failure.id }),
);

async function send({ id, manners }) {
  const members = manners.map((manner, value) => {
    const one = member.s(id, value, manner);
    // It never begins: so the body can begin only if something is wrong.
    return manner === "late" ? one.set({ countdown: "1h" }) : one;
  });
  const form = chord(members, body.s(id)).onError(alarm.s(id));
  await chain(form, after.s(id)).applyAsync([], { taskId: id });
}

coreOf(app).use({
  store: async (context) => haunted(announced(await openStore(parseBrokerUrl(broker), context)), STEPS, tell),
});
process.on("SIGTERM", () => void app.close().then(() => process.exit(0)));
if (role === "worker") {
  const worker = app.worker({ hostname: name });
  // One that gives up is one that died by itself.
  worker.done.catch(() => process.exit(1));
  await worker.start();
  process.stdout.write("ready\n");
} else {
  process.stdout.write("ready\n");
  for (const each of chords) {
    await send(each);
    await wait(sendEveryMs);
  }
  await app.close();
  write("over");
}
