// A worker process of one contender that keeps to a rate: tells each start.
import { Worker } from "bullmq";
import { Sunbeat } from "../dist/index.js";

const { name, port, rate } = JSON.parse(process.argv[2]);
const start = () => process.send(Date.now());
if (name === "sunbeat") {
  const app = new Sunbeat("bench", { broker: `redis://127.0.0.1:${port}`, logger: null });
  app.task("hit", { rateLimit: `${rate}/s`, ignoreResult: true }, start);
  await app.worker({ concurrency: 10 }).start();
} else {
  new Worker("bench", async () => void start(), {
    connection: { port, host: "127.0.0.1", maxRetriesPerRequest: null },
    concurrency: 10,
    limiter: { max: rate, duration: 1_000 },
  });
}
