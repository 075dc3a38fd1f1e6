// A worker process that works off a chord whose members give texts of `bytes`, and whose body reads them one by one, or takes
// them as one list; tells how far its memory rose while the body ran, in megabytes. Arguments: one JSON object.
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Sunbeat } from "../dist/index.js";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

const { broker, bytes } = JSON.parse(process.argv[2]);
const app = new Sunbeat("bench", { broker, workerConcurrency: 100 });
const rss = () => process.memoryUsage.rss() / 2 ** 20;
/** The heap grows to the size of what waits to be collected: so that is done first. */
const settled = async () => {
  for (let round = 0; round < 3; round++, await sleep(20)) gc();
  return rss();
};

app.task("text", () => "x".repeat(bytes));
app.task("count", async (values) => {
  const before = await settled();
  let [peak, count] = [before, 0];
  for await (const _ of values) {
    if (++count % 250 !== 0) continue;
    gc();
    peak = Math.max(peak, rss());
  }
  process.send({ count, grownMegabytes: peak - before });
});
await app.worker().start();
app.events.on("task-succeeded", ({ task }) => {
  if (task !== "count") return;
  void app.close().then(() => process.disconnect());
});
