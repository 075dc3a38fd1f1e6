// A worker process that works off `count` waiting no-op tasks, with the options of `history`, and tells its speed and CPU over the
// last four fifths. Arguments: one JSON object.
import { Sunbeat } from "../dist/index.js";

const { broker, count, concurrency, history } = JSON.parse(process.argv[2]);
const app = new Sunbeat("bench", { broker, workerConcurrency: concurrency, history });
app.task("add", (x, y) => x + y);
const warm = Math.floor(count / 5);
let done = 0;
let start;
const worker = app.worker();
await new Promise((resolve) => {
  app.events.on("task-succeeded", () => {
    if (++done === warm) start = { at: performance.now(), cpu: process.cpuUsage() };
    if (done === count) resolve();
  });
  void worker.start();
});
const ms = performance.now() - start.at;
const { user, system } = process.cpuUsage(start.cpu);
const measured = count - warm;
process.send({ perSecond: (measured * 1000) / ms, cpuMicros: (user + system) / measured });
await app.close();
process.disconnect();
