// A chord, or what comes near to it, for each queue: members that add two small numbers, and a body that adds what they gave.
import { FlowProducer, Worker } from "bullmq";
import { chord, Sunbeat } from "../dist/index.js";

function sunbeat({ broker, port, concurrency = 1 }) {
  const app = new Sunbeat("bench", {
    broker: broker ?? `redis://127.0.0.1:${port}`,
    workerConcurrency: concurrency,
  });
  const add = app.task("add", (x, y) => x + y);
  const sum = app.task("sum", (all) => all.reduce((x, y) => x + y, 0));
  return {
    app,
    add,
    send: (count) =>
      chord(
        Array.from({ length: count }, () => add.s(2, 2)),
        sum.s(),
      ).delay(),
    async work(onBody) {
      // Told once the store has it.
      app.events.on("task-succeeded", ({ task }) => task === "sum" && onBody());
      await app.worker().start();
    },
    close: () => app.close(),
  };
}

function bullmq({ port, concurrency = 1 }) {
  const connection = { port, host: "127.0.0.1" };
  const flow = new FlowProducer({ connection });
  let worker;
  return {
    send: (count) =>
      flow.add({
        ...{ name: "sum", queueName: "bench", data: {} },
        children: Array.from({ length: count }, () => ({
          ...{ name: "add", queueName: "bench", data: { x: 2, y: 2 } },
        })),
      }),
    async work(onBody) {
      const run = async (job) => {
        if (job.name === "add") return job.data.x + job.data.y;
        return Object.values(await job.getChildrenValues()).reduce((x, y) => x + y, 0);
      };
      worker = new Worker("bench", run, {
        connection: { ...connection, maxRetriesPerRequest: null },
        concurrency,
      });
      worker.on("completed", (job) => job.name === "sum" && onBody());
      await worker.waitUntilReady();
    },
    async close() {
      await worker?.close();
      await flow.close();
    },
  };
}

export const FLOWS = { sunbeat, bullmq };
