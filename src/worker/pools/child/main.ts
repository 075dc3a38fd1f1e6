/**
 * The program of a child process or a thread: loads the app, tells which tasks it has, and takes one run at a time. What it is asked, and
 * what it tells, is in ../wire.ts.
 */
import { isMainThread } from "node:worker_threads";
import { type AppCore, coreOf } from "../../../app/index.js";
import { systemClock, within } from "../../../core/clock.js";
import { SunbeatError } from "../../../core/errors.js";
import { markChild } from "../../../core/in-child.js";
import { failureEntry } from "../../../core/log-entry.js";
import { EntryLogger } from "../../../core/entry-logger.js";
import { HANDLER_LIMIT_MS } from "../../../signals/index.js";
import { loadAppNamed } from "../../../loader/loader.js";
import { revisionOf } from "../revision.js";
import { errorToWire, type Setup } from "../wire.js";
import { openLink } from "./link.js";
import { RemoteSteps, remoteStore } from "./remote-store.js";
import { memoryOfThread, Runs } from "./runs.js";

/** What the app has open is closed in so long, or left. */
const CLOSE_MS = 1_000;
/** Its handlers of `workerProcessShutdown` have so long each. */
const SHUTDOWN_MS = 500;

markChild();
const link = openLink();
const steps = new RemoteSteps((message) => link.send(message));
let hostname = "";
let lowest = 0;
/** To the worker, which writes it. */
const worker = new EntryLogger({
  now: () => systemClock.now(),
  lowest: () => lowest,
  take: ({ level, message, more, fields }) =>
    link.send({ kind: "log", level, message: [message, ...more].join("\n"), fields }),
});
let core: AppCore | null = null;
let runs: Runs | null = null;

link.onMessage((message) => {
  if (steps.heard(message)) return;
  if (message.kind === "setup") void begin(message.setup);
  else if (message.kind === "run") void runs?.run(message);
  else if (message.kind === "look") runs?.look();
  else if (message.kind === "leave") void leave();
});

/** Node would end the process; but a forgotten promise of one task is no reason to lose the others. */
process.on("unhandledRejection", (reason) => {
  const logger = core?.logger ?? worker;
  logger.error(failureEntry("A promise was rejected and nobody handled it", reason), { err: reason });
});

async function begin(setup: Setup): Promise<void> {
  lowest = setup.lowestLevel;
  hostname = setup.hostname;
  try {
    core = await load(setup);
    const memoryBytes = isMainThread ? () => process.memoryUsage.rss() : memoryOfThread;
    await tell("workerProcessInit", HANDLER_LIMIT_MS);
    runs = new Runs({ core, link, steps, setup, memoryBytes });
    const { registry } = core;
    const tasks = registry.names().map((name) => [name, revisionOf(registry.get(name)!)] as const);
    link.send({ kind: "ready", tasks: Object.fromEntries(tasks) });
  } catch (error) {
    link.send({ kind: "unfit", error: errorToWire(error) });
    link.end(1);
  }
}

async function load(setup: Setup): Promise<AppCore> {
  const { file, name, broker } = setup.app;
  const loaded = coreOf(await loadAppNamed(name, file, process.cwd()));
  await loaded.setUpLogging({ ...setup.log, component: "task" }, () => worker);
  if (broker !== null) loaded.useBroker(broker);
  const { brokerLabel } = loaded;
  if (brokerLabel.startsWith("memory:")) loaded.use({ store: () => remoteStore(brokerLabel, steps) });
  return loaded;
}

async function leave(): Promise<void> {
  await tell("workerProcessShutdown", SHUTDOWN_MS);
  const late = (): Error => new SunbeatError("SUNBEAT_CLOSED", "the app did not close in time");
  await within(systemClock, CLOSE_MS, core?.close() ?? Promise.resolve(), late).catch(() => undefined);
  link.end(0);
}

/** Waits for the handlers: a child is ready, or gone, only after them. */
async function tell(name: "workerProcessInit" | "workerProcessShutdown", limitMs: number): Promise<void> {
  const kind = isMainThread ? "process" : "thread";
  await core?.extensions.signals[name].ask({ hostname, pid: process.pid, kind }, limitMs);
}
