// The combined process, worker with beat on a SQLite file, that the kill test kills. Every run of a task is a line in a
// log outside the store. SUNBEAT_CRASH="after-tick:2" makes it kill itself at the second passing of that point: before
// or after a step of the store, where the process has or has not heard what the store did.
import { appendFileSync } from "node:fs";
import { every, Sunbeat } from "../../dist/index.js";
import { coreOf } from "../../dist/app/index.js";
import { openSqliteStore } from "../../dist/store/sqlite/index.js";

const [file, log, role] = process.argv.slice(2);
const [point, passing] = (process.env.SUNBEAT_CRASH ?? ":0").split(":");
const STEPS = {
  elect: "leases",
  put: "entries",
  due: "entries",
  tick: "entries",
  claim: "broker",
  settle: "broker",
};

let passed = 0;
function pass(name) {
  if (name === point && ++passed >= Number(passing)) process.kill(process.pid, "SIGKILL");
}

function crashing(store) {
  for (const [step, contract] of Object.entries(STEPS)) {
    const original = store[contract][step];
    store[contract][step] = async (...args) => {
      pass(`before-${step}`);
      const reply = await original.apply(store[contract], args);
      pass(`after-${step}`);
      return reply;
    };
  }
  return store;
}

export const app = new Sunbeat("victim", {
  beatLease: 1,
  lease: 1,
  beatSchedule: Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [
      `tenth-${i}`,
      {
        task: "log",
        schedule: every("1s", { offset: `${i * 100}ms` }),
        misfire: { policy: "all", within: "1h" },
      },
    ]),
  ),
});
app.task("log", { bind: true }, (self) => {
  const { id, entry, scheduledFor } = self.request;
  appendFileSync(log, `${JSON.stringify({ id, entry, due: scheduledFor.getTime() })}\n`);
  pass("in-task");
  process.stdout.write("ran\n");
});
coreOf(app).use({ store: async (context) => crashing(await openSqliteStore(file, context)) });

const worker = app.worker();
await worker.start();
const beat = role === "worker" ? null : app.beat();
beat?.start();
process.stdout.write("ready\n");
process.on("SIGTERM", () => void app.close().then(() => process.exit(0)));
