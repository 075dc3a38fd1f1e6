// The same work for each queue: adding, bulk adding, working off. Each is used as its own documentation advises for
// speed; a task is two small numbers, its work is to add them.
import BeeQueue from "bee-queue";
import { Queue, Worker } from "bullmq";
import { Sunbeat } from "../dist/index.js";

const ARGS = [2, 2];
/** Arguments as the rivals take them: one object. */
const dataOf = (args) => (args.length === 1 ? args[0] : { x: args[0], y: args[1] });

/** What one call takes: the rivals get the size that is fastest for them. */
const BULK = 1_000;

async function inParts(count, send) {
  for (let from = 0; from < count; from += BULK) {
    await send(Array.from({ length: Math.min(BULK, count - from) }));
  }
}

function sunbeat({ port, concurrency = 1, keep = true }) {
  const app = new Sunbeat("bench", {
    broker: `redis://127.0.0.1:${port}`,
    workerConcurrency: concurrency,
    taskIgnoreResult: !keep,
  });
  const add = app.task("add", (x, y) => x + y);
  return {
    add: () => add.delay(2, 2),
    addMany: (count, args = ARGS) => add.delayMany(Array.from({ length: count }, () => args)),
    async work(onDone) {
      app.events.on("task-succeeded", onDone); // told once the store has it
      await app.worker().start();
    },
    close: () => app.close(),
  };
}

function bullmq({ port, concurrency = 1, keep = true }) {
  const connection = { port, host: "127.0.0.1" };
  const defaultJobOptions = keep ? {} : { removeOnComplete: true };
  const queue = new Queue("bench", { connection, defaultJobOptions });
  let worker;
  return {
    add: () => queue.add("add", { x: 2, y: 2 }),
    addMany: (count, args = ARGS) =>
      inParts(count, (part) => queue.addBulk(Array.from(part, () => ({ name: "add", data: dataOf(args) })))),
    async work(onDone) {
      worker = new Worker("bench", async (job) => job.data.x + job.data.y, {
        connection: { ...connection, maxRetriesPerRequest: null },
        concurrency,
      });
      worker.on("completed", onDone);
      await worker.waitUntilReady();
    },
    async close() {
      await worker?.close();
      await queue.close();
    },
  };
}

function beeQueue({ port, concurrency = 1, keep = true }) {
  const queue = new BeeQueue("bench", {
    redis: { port, host: "127.0.0.1" },
    // Its advice for speed: nothing is told or stored that this process does not use.
    getEvents: false,
    sendEvents: false,
    storeJobs: false,
    removeOnSuccess: !keep,
  });
  const job = (args) => queue.createJob(dataOf(args));
  return {
    add: () => job(ARGS).save(),
    addMany: (count, args = ARGS) =>
      inParts(count, (part) => queue.saveAll(Array.from(part, () => job(args)))),
    async work(onDone) {
      await queue.ready();
      queue.on("succeeded", onDone);
      queue.process(concurrency, async ({ data }) => data.x + data.y);
    },
    close: () => queue.close(),
  };
}

export const CONTENDERS = { sunbeat, bullmq, "bee-queue": beeQueue };
