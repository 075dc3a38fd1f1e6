/**
 * Much at once. Tasks by the thousand, or with `--tasks 1000000` by the million, wait in one queue and go through four
 * worker processes: each runs once, and keys and memory return to what they were. A hundred thousand entries of which ten
 * thousand are due in one instant are sent in batches. How long a script keeps the server from others is measured, too.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { clocked, Sunbeat } from "../../src/index.js";
import { DEFAULT_NAMESPACE } from "../../src/store/redis/index.js";
import { keyspace } from "../../src/store/redis/keys.js";
import { FORM, pause } from "../support/fault-crew.js";
import { HISTORIES, leftovers, quantiles } from "../support/fault-figures.js";
import { endWithUs, release } from "../support/reaper.js";
import { type Census, census, scriptCalls, slowScripts, watchScripts } from "../support/redis-census.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";

const PROGRAM = fileURLToPath(new URL("volume-victim.mjs", import.meta.url));
const WORKERS = 4;
const CHUNK = 5_000;
const MEGABYTE = 2 ** 20;
const LONG = FORM.minutes !== null;

let server: RedisServer;
let children: ChildProcess[] = [];
beforeEach(async () => {
  server = await startRedis();
  await watchScripts(server);
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  await server?.stop();
});

/** A worker process. `end` gives how many tasks it ran. */
async function startWorker(name: string): Promise<{ readonly end: () => Promise<number> }> {
  const child = spawn(process.execPath, [PROGRAM, server.url, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  endWithUs(child);
  child.once("exit", () => release(child));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  while (!output.includes("ready")) await Promise.race([once(child.stdout, "data"), failed(child)]);
  return {
    end: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      expect(child.exitCode).toBe(0);
      return Number(/ran (\d+)/.exec(output)?.[1]);
    },
  };
}

async function failed(child: ChildProcess): Promise<never> {
  await once(child, "exit");
  throw new Error("a worker ended before it was ready");
}

async function untilGone(key: string, limitMs: number): Promise<void> {
  const deadline = systemClock.monotonicMs() + limitMs;
  while ((await server.raw.exists(key)) === 1) {
    if (systemClock.monotonicMs() > deadline) throw new Error(`${key} is still there`);
    await pause(100);
  }
}

test(
  `${FORM.tasks} tasks through four workers run once each and leave nothing behind`,
  async () => {
    const app = new Sunbeat("sender", { broker: server.url });
    const ran = (): void => undefined;
    const forgotten = app.task("forgotten", { ignoreResult: true }, ran);
    const kept = app.task("kept", { resultExpires: "1s" }, ran);
    const half = FORM.tasks / 2;
    try {
      const before = await census(server);
      const sentFrom = systemClock.monotonicMs();
      for (let from = 0; from < half; from += CHUNK) {
        const args = Array.from({ length: Math.min(CHUNK, half - from) }, (): [] => []);
        await Promise.all([forgotten.delayMany(args), kept.delayMany(args)]);
      }
      const sentMs = systemClock.monotonicMs() - sentFrom;
      const peak = await census(server);

      const workFrom = systemClock.monotonicMs();
      const workers = await Promise.all(["a", "b", "c", "d"].slice(0, WORKERS).map(startWorker));
      for (const key of ["ready", "leased"]) await untilGone(`{sunbeat}:${key}`, 60_000 + FORM.tasks);
      const workedMs = systemClock.monotonicMs() - workFrom;
      const drained = await census(server);
      await untilGone("{sunbeat}:res", 60_000 + FORM.tasks);
      const sweptMs = systemClock.monotonicMs() - workFrom - workedMs;
      const runs = await Promise.all(workers.map(({ end }) => end()));
      await app.close();
      const scripts = { ...(await scriptCalls(server)), slow: await slowScripts(server) };
      // What happened has bounds of its own.
      const { keys } = keyspace(DEFAULT_NAMESPACE);
      await server.raw.del(...HISTORIES.map((name) => keys[name]));
      // The slow log holds arguments, which are memory, too.
      await server.raw.slowlog("RESET");
      const after = await census(server);

      const told = (at: Census): string => `${at.keys} keys, ${(at.bytes / MEGABYTE).toFixed(1)} MB`;
      console.log(
        `${FORM.tasks} tasks: ${JSON.stringify({
          sentPerSecond: Math.round(FORM.tasks / (sentMs / 1_000)),
          ranPerSecond: Math.round(FORM.tasks / (workedMs / 1_000)),
          runs,
          ...{ before: told(before), peak: told(peak), drained: told(drained), after: told(after) },
          sweptMs: Math.round(sweptMs),
        })}`,
      );
      console.log(`${FORM.tasks} tasks, scripts: ${JSON.stringify(scripts)}`);
      expect(runs.reduce((sum, each) => sum + each, 0)).toBe(FORM.tasks);
      expect(runs.filter((each) => each > 0).length).toBeGreaterThan(LONG ? 1 : 0);
      // Counters and the version of the keys are all that stays.
      expect(await leftovers(server)).toEqual([]);
      expect((await server.raw.keys("*")).sort()).toEqual([keys.meta, keys.seq, keys.watchepoch]);
      expect(after.bytes - before.bytes).toBeLessThan(MEGABYTE);
    } finally {
      await app.close();
    }
  },
  120_000 + 2 * FORM.tasks,
);

const ENTRIES = LONG ? 100_000 : 2_000;
const DUE = ENTRIES / 10;
/** How long registration takes, generously: what is due must come after it. */
const REGISTER_MS = 4_000 + ENTRIES / 5;

test(
  `of ${ENTRIES} entries the ${DUE} that are due at one instant are sent in batches`,
  async () => {
    const due = Math.ceil((systemClock.now() + REGISTER_MS) / 1_000) * 1_000;
    const app = new Sunbeat("volume", {
      ...{ broker: server.url, workerConcurrency: 100 },
      beatSchedule: Object.fromEntries(
        Array.from({ length: ENTRIES }, (_, index) => [
          `entry-${index}`,
          { task: "note", schedule: clocked(index < DUE ? due : due + 86_400_000) },
        ]),
      ),
    });
    const started: number[] = [];
    const sent: number[] = [];
    app.task("note", { ignoreResult: true }, () => void started.push(systemClock.now() - due));
    app.events.on("schedule-sent", () => void sent.push(systemClock.now() - due));
    try {
      await app.worker().start();
      app.beat().start();
      while (systemClock.now() < due - 300) await pause(50);
      // It was registered in time, or this has measured something else.
      expect(await server.raw.zcard("{sunbeat}:due")).toBe(ENTRIES);
      await watchScripts(server);
      const deadline = systemClock.monotonicMs() + 60_000;
      while (started.length < DUE && systemClock.monotonicMs() < deadline) await pause(50);
      const scripts = await slowScripts(server);
      const told = {
        sentMs: quantiles(sent),
        startedMs: quantiles(started),
        ...(await scriptCalls(server)),
        scripts,
      };
      console.log(`${DUE} of ${ENTRIES} entries: ${JSON.stringify(told)}`);
      expect([sent.length, started.length]).toEqual([DUE, DUE]);
      expect(Math.min(...sent)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...started)).toBeLessThan(FORM.bound(10_000));
      expect(Object.entries(scripts).filter(([, { maxMs }]) => maxMs > FORM.bound(250))).toEqual([]);
    } finally {
      await app.close();
    }
  },
  REGISTER_MS + 120_000,
);
