// A worker process of redis-volume.test.ts: runs as many tasks as it can, and says at its end how many that were.
// Arguments: broker, name.
import { pathToFileURL } from "node:url";

const [broker, hostname] = process.argv.slice(2);
const { SUNBEAT_DIST } = process.env;
const dist = SUNBEAT_DIST ? pathToFileURL(`${SUNBEAT_DIST}/`) : new URL("../../dist/", import.meta.url);
const load = (file) => import(new URL(file, dist).href);
const [{ Sunbeat }, { coreOf }] = await Promise.all([load("index.js"), load("app/index.js")]);

let ran = 0;
const run = () => void ran++;
const app = new Sunbeat("volume", {
  ...{ broker, workerConcurrency: 100 },
  logger: { debug() {}, info() {}, warn: console.error, error: console.error },
});
app.task("forgotten", { ignoreResult: true }, run);
app.task("kept", { resultExpires: "1s" }, run);
// Results are swept while they end, not a minute later.
coreOf(app).use({ pace: { worker: { sweepIntervalMs: 1_000 } } });
const worker = app.worker({ hostname });
worker.done.catch(() => process.exit(1));
await worker.start();
process.on("SIGTERM", () => {
  void app.close().then(() => {
    process.stdout.write(`ran ${ran}\n`, () => process.exit(0));
  });
});
process.stdout.write("ready\n");
