// A process of the lock fault suite: lock-victim.mjs <database> <log> <role> <capacity> <seed> <lease ms>. As a "program"
// it takes the lock again and again; as a "worker" it runs tasks that need it. Every line of the log is one write of
// JSON, so lines of killed and of other processes do not mix.
import { openSync, writeSync } from "node:fs";
import { Sunbeat, currentTask, locked } from "../../dist/index.js";
import { seededRandom } from "../../dist/core/random.js";

const [database, log, role, capacityText, seed, leaseText] = process.argv.slice(2);
const capacity = Number(capacityText);
const lease = { milliseconds: Number(leaseText) };
const random = seededRandom(Number(seed));
const file = openSync(log, "a");
const { pid } = process;
const write = (what, fields) => writeSync(file, `${JSON.stringify({ what, pid, ...fields })}\n`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const app = new Sunbeat("locks", {
  broker: `sqlite:${database}`,
  lease,
  workerConcurrency: 2,
  gracePeriod: 1,
});

/** Says when the machine let this process stand still for longer than the time in which a renewal is due. */
let seen = performance.now();
setInterval(() => {
  const now = performance.now();
  if (now - seen > Number(leaseText) / 3) write("stalled", { key: "", at: Date.now() });
  seen = now;
}, 50);

/** While it is held: the instant is read before the signal, so a pause in between leaves no line. */
async function use(key, fence, signal, ms) {
  write("acquired", { key, fence, at: Date.now() });
  for (const end = performance.now() + ms; performance.now() < end; await pause(5)) {
    const at = Date.now();
    if (signal.aborted) return write("lost", { key, fence, at });
    write("beat", { key, fence, at });
  }
}

let round = 0;
async function takeOnce() {
  const key = `${pid}:${++round}`;
  const hurry = random.next() < 0.3;
  const stop = new AbortController();
  const off = app.events.on("lock-waiting", () => write("waiting", { key, at: Date.now() }));
  write("asks", { key, at: Date.now() });
  // Some give up after a moment, so that cancelling crosses with being granted.
  if (hurry) setTimeout(() => stop.abort(new Error("gave up")), random.next() * 300);
  try {
    const options = { lease, signal: stop.signal };
    const held = await app.locks.semaphore("fault", capacity).acquire(options);
    off();
    await use(key, held.fence, held.signal, 20 + random.next() * 80);
    await held.release();
    write("released", { key, fence: held.fence, at: Date.now() });
  } catch (error) {
    write(hurry && stop.signal.aborted ? "gave-up" : "failed", {
      key,
      at: Date.now(),
      code: error.code ?? error.message,
    });
  } finally {
    off();
  }
}

app.task(
  "locked",
  { maxDeliveries: 50 },
  locked("fault", { capacity })(async (n, ms) => {
    const { lock, signal, request } = currentTask();
    write("runs", { n, deliveries: request.deliveries, retries: request.retries });
    await use(`task ${n} delivery ${lock.fence}`, lock.fence, signal, ms);
  }),
);

let over = false;
process.on("SIGTERM", () => (over = true));
if (role === "worker") await app.worker().start();
console.log("ready");
while (!over) {
  if (role === "worker") await pause(20);
  else await takeOnce();
}
await app.close();
process.exit(0);
