// One process that has many schedules due at the same second, as crontab entries are, with the beat and a worker at
// concurrency 100 in it, and tells how late the tasks started. Arguments: one JSON object.
import { Queue, Worker } from "bullmq";
import { clocked, Sunbeat } from "../dist/index.js";

const { name, port, count } = JSON.parse(process.argv[2]);
const DAY_MS = 86_400_000;
/** How long registering takes, generously: the due time must lie after it. */
const REGISTER_MS = { sunbeat: 2_000 + count / 10, bullmq: 2_000 + count };

const due = Math.ceil((Date.now() + REGISTER_MS[name]) / 1_000) * 1_000;
const late = [];
let finish;
const finished = new Promise((resolve) => (finish = resolve));
const started = () => {
  if (late.push(Date.now() - due) === count) finish();
};

const STARTERS = {
  async sunbeat() {
    const app = new Sunbeat("burst", {
      broker: `redis://127.0.0.1:${port}`,
      workerConcurrency: 100,
      beatSchedule: Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `entry-${i}`,
          { task: "note", schedule: clocked(due), args: [i] },
        ]),
      ),
    });
    app.task("note", { ignoreResult: true }, started);
    await app.worker().start();
    app.beat().start();
    return () => app.close();
  },
  async bullmq() {
    const connection = { port, host: "127.0.0.1", maxRetriesPerRequest: null };
    const queue = new Queue("burst", { connection });
    const worker = new Worker("burst", async () => started(), { connection, concurrency: 100 });
    for (let from = 0; from < count; from += 500) {
      await Promise.all(
        Array.from({ length: Math.min(500, count - from) }, (_, j) => {
          const i = from + j;
          const times = { every: DAY_MS, startDate: due };
          const job = { name: "note", data: { i }, opts: { removeOnComplete: true } };
          return queue.upsertJobScheduler(`entry-${i}`, times, job);
        }),
      );
    }
    return async () => {
      await worker.close(true);
      await queue.close();
    };
  },
};

const close = await STARTERS[name]();
const early = Date.now() < due;
await finished;
late.sort((a, b) => a - b);
const at = (share) => late[Math.min(count - 1, Math.floor(share * count))];
process.send({ early, figures: { p50: at(0.5), p99: at(0.99), max: late[count - 1] } });
await close();
process.exit();
