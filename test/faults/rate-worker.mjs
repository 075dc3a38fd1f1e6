// A worker process of the crew of rates: tells its runs in a log outside the store, one line each.
import { appendFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { broker, rateLimit, byKey, log, concurrency = 10, busyMs = 0 } = JSON.parse(process.argv[2]);
const { Sunbeat } = await import(new URL("index.js", pathToFileURL(`${process.env.SUNBEAT_DIST}/`)).href);

const app = new Sunbeat("rates", { broker, logger: null });
const options = byKey ? { limit: byKey.limit, per: byKey.per, key: (key) => key } : rateLimit;
app.task("hit", { rateLimit: options, ignoreResult: true }, (key) =>
  appendFileSync(log, `${Date.now()} ${key}\n`),
);
app.task("busy", { ignoreResult: true }, () => new Promise((resolve) => setTimeout(resolve, busyMs)));
app.worker({ concurrency });
process.send?.("ready");
process.exitCode = (await app.runUntilSignal()).exitCode;
