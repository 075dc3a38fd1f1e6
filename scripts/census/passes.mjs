// The files of dist that run between two points, by V8's own count of calls. A file that is only loaded does not count, and
// neither does one that runs in some turns and not in others, as a heartbeat does.
import { mkdtempSync, rmSync } from "node:fs";
import { Session } from "node:inspector/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { every, Sunbeat } from "../../dist/index.js";
import { startRedis } from "../../test/support/redis-server.ts";

const dist = new URL("../../dist/", import.meta.url).href;
const TURNS = 30;
/** Between turns: what a turn has left to do, such as to hear of its own writes, belongs to none. */
const REST_MS = 20;
/** Turns before the first that counts: files are loaded, connections open, scripts known to the server. */
const WARM_UP = 3;

const session = new Session();
session.connect();

/** Files with at least one call since this was asked last. */
async function filesSince() {
  const { result } = await session.post("Profiler.takePreciseCoverage");
  return result
    .filter(({ url }) => url.startsWith(dist))
    .filter(({ functions }) =>
      functions.some(({ functionName, ranges: [{ startOffset, count }] }) => {
        const isModule = functionName === "" && startOffset === 0;
        return count > 0 && !isModule;
      }),
    )
    .map(({ url }) => url.slice(dist.length).replace(/\.js$/, ".ts"));
}

/** The files that run in every turn of `work`. It gives when the turn is over. */
async function filesOf(work) {
  for (let turn = 0; turn < WARM_UP; turn++) await work();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  let common = null;
  for (let turn = 0; turn < TURNS; turn++) {
    await sleep(REST_MS);
    await filesSince();
    await work();
    const files = new Set(await filesSince());
    common = common === null ? [...files] : common.filter((file) => files.has(file));
  }
  await session.post("Profiler.stopPreciseCoverage");
  return common.sort();
}

/** Settles at the app's next event of a type. */
function nextEvent(app, type) {
  return new Promise((resolve) => {
    const end = app.events.on(type, () => {
      end();
      resolve();
    });
  });
}

async function closing(app, measure) {
  try {
    return await measure();
  } finally {
    await app.close();
  }
}

/** A task from `delay()` to `get()`, sender and worker in this process. */
function task(broker) {
  const app = new Sunbeat("census", { broker, logger: null });
  const add = app.task("add", (x, y) => x + y);
  return closing(app, async () => {
    await app.worker().start();
    return filesOf(async () => (await add.delay(2, 3)).get({ timeout: 10 }));
  });
}

/** From one tick of a leading beat to the next. */
function tick(broker) {
  const beatSchedule = { census: { task: "census", schedule: every("200ms") } };
  const app = new Sunbeat("census", { broker, logger: null, beatSchedule });
  app.task("census", () => undefined);
  return closing(app, async () => {
    app.beat().start();
    return filesOf(() => nextEvent(app, "schedule-sent"));
  });
}

/** A mutex from the one who asks while another one holds it, to the moment when he has it. */
function handOver(broker) {
  const app = new Sunbeat("census", { broker, logger: null });
  const mutex = app.locks.mutex("census");
  return closing(app, async () => {
    let held = await mutex.acquire();
    return filesOf(async () => {
      const waits = nextEvent(app, "lock-waiting");
      const next = mutex.acquire();
      await waits;
      await held.release();
      held = await next;
    });
  });
}

/** By what passes through them. */
export async function passes() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-census-"));
  const redis = await startRedis();
  try {
    return {
      "a task from delay() to get(), SQLite": await task(`sqlite:${path.join(folder, "census.db")}`),
      "a tick, Redis": await tick(redis.url),
      "a lock's hand-over, Redis": await handOver(redis.url),
    };
  } finally {
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
