/**
 * L1 on SQLite: processes on one file take a lock, and are killed and stopped, holders and first waiters most of all,
 * while some waiters give up. By the instants that each read before it looked at its signal, no more than the capacity
 * ever held at once; fences grow; those alive got it in the order in which they asked; nobody was left waiting.
 * SUNBEAT_FAULT_SECONDS says how long each part takes (default 3), SUNBEAT_SEED which way it goes.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sleep, systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { type Random, seededRandom, systemRandom } from "../../src/core/random.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import type { Store } from "../../src/store/store.js";
import { encodeBody } from "../../src/tasks/envelope.js";
import { brokenLockPromises, holdings, type LockLine } from "../support/lock-invariants.js";

const SECONDS = Number(process.env["SUNBEAT_FAULT_SECONDS"] ?? 3);
const SEED = Number(process.env["SUNBEAT_SEED"] ?? systemRandom.next() * 2 ** 32) >>> 0;
const PROCESSES = 12;
const LEASE_MS = 1_000;
/** A holder that was killed: its lease, the second that is promised, and the load of this machine. */
const TAKE_OVER_MS = LEASE_MS + 1_000;
const VICTIM = fileURLToPath(new URL("lock-victim.mjs", import.meta.url));

let folder: string;
let store: Store;
const children = new Map<number, ChildProcess>();
/** Processes that were ever stopped or killed: order is promised to the others. */
const harmed = new Set<number>();
const harmedAt: number[] = [];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sunbeat-locks-"));
  const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
  store = await openSqliteStore(path.join(folder, "locks.db"), context, { backups: false });
});

afterEach(async () => {
  for (const child of children.values()) child.kill("SIGKILL");
  children.clear();
  harmed.clear();
  harmedAt.length = 0;
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(role: "program" | "worker", capacity: number, seed: number): Promise<void> {
  const args = [path.join(folder, "locks.db"), path.join(folder, "log"), role, capacity, seed, LEASE_MS];
  const child = spawn(process.execPath, [VICTIM, ...args.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.set(child.pid!, child);
  child.on("exit", () => children.delete(child.pid!));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    // Trouble may find it before it is ready; one that ends by itself is broken.
    child.once("exit", (code) => (code ? reject(new Error(`a process ended with ${code}`)) : resolve()));
  });
}

/** A holder, the first in line, or anybody. */
async function pick(random: Random): Promise<ChildProcess | undefined> {
  const details = await store.locks.inspect("fault", 9);
  const pidOf = (label: string | undefined): number => Number(label?.split(":").at(-1));
  const kind = random.next();
  const wanted =
    kind < 0.4 ? pidOf(details?.holders[0]?.label) : kind < 0.7 ? pidOf(details?.waiters[0]?.label) : NaN;
  const all = [...children.values()];
  return children.get(wanted) ?? all[Math.floor(random.next() * all.length)];
}

/** Kills and stops for the time of the test; everybody is alive and running at its end. */
async function trouble(random: Random, restart: () => Promise<void>): Promise<void> {
  const stopped = new Set<ChildProcess>();
  const end = systemClock.monotonicMs() + SECONDS * 1_000;
  const restarts: Promise<void>[] = [];
  while (systemClock.monotonicMs() < end) {
    await sleep(systemClock, 60 + random.next() * 140);
    const child = await pick(random);
    if (child === undefined || stopped.has(child)) continue;
    harmed.add(child.pid!);
    harmedAt.push(systemClock.now());
    if (random.next() < 0.35) {
      child.kill("SIGKILL");
      children.delete(child.pid!);
      restarts.push(restart());
    } else {
      child.kill("SIGSTOP");
      stopped.add(child);
      systemClock.after(LEASE_MS * (0.3 + random.next() * 2.7), () => {
        child.kill("SIGCONT");
        stopped.delete(child);
      });
    }
  }
  while (stopped.size > 0) await sleep(systemClock, 50);
  await Promise.all(restarts);
}

function log(): LockLine[] {
  const file = path.join(folder, "log");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LockLine);
}

async function endAll(): Promise<void> {
  const ends = [...children.values()].map(
    (child) => new Promise<void>((resolve) => child.once("exit", () => resolve())),
  );
  for (const child of children.values()) child.kill("SIGTERM");
  await Promise.all(ends);
}

test.each([
  [1, "a mutex"],
  [3, "a semaphore of three"],
])(
  "capacity %i: %s among processes that are killed and stopped",
  async (capacity) => {
    console.log(`locks fault suite, capacity ${capacity}: SUNBEAT_SEED=${SEED}`);
    const random = seededRandom(SEED + capacity);
    const one = (): Promise<void> => start("program", capacity, Math.floor(random.next() * 2 ** 32));
    await Promise.all(Array.from({ length: PROCESSES }, one));
    await trouble(random, one);
    await endAll();
    const lines = log();
    expect(brokenLockPromises(lines, { capacity, harmed, harmedAt, takeOverMs: TAKE_OVER_MS })).toEqual([]);
    // What the killed ones left behind ends with their leases.
    await sleep(systemClock, LEASE_MS);
    await store.sweep(1_000);
    expect(await store.locks.inspect("fault", 9)).toBeNull();
    const held = holdings(lines).length;
    const kinds = new Set(lines.map(({ what }) => what));
    console.log(`  ${held} holdings, ${harmed.size} processes harmed, saw ${[...kinds].sort().join(" ")}`);
    expect(held).toBeGreaterThan(SECONDS * 3);
  },
  60_000 + SECONDS * 4_000,
);

test(
  "tasks behind a mutex: workers are killed and stopped, each task runs, never two at once",
  async () => {
    console.log(`locks fault suite, tasks: SUNBEAT_SEED=${SEED}`);
    const random = seededRandom(SEED);
    const count = SECONDS * 10;
    await store.broker.enqueue(
      Array.from({ length: count }, (_, n) => ({
        ...{
          id: `t${n}`,
          task: "locked",
          queue: "default",
          priority: 0,
          maxDeliveries: 50,
          resultTtlMs: 600_000,
        },
        body: encodeBody({
          ...{ args: [n, 10 + random.next() * 30], headers: {}, parentId: null, rootId: null, groupId: null },
          ...{ scheduledFor: null, ignoreResult: null, resultTtlMs: null },
        }),
      })),
    );
    const one = (): Promise<void> => start("worker", 1, Math.floor(random.next() * 2 ** 32));
    await Promise.all([one(), one(), one()]);
    await trouble(random, one);
    const ids = Array.from({ length: count }, (_, n) => `t${n}`);
    const limit = systemClock.monotonicMs() + 30_000;
    for (;;) {
      const states = (await store.results.get(ids)).map((record) => record?.state);
      if (states.every((state) => state === "SUCCESS")) break;
      if (systemClock.monotonicMs() > limit) expect(states).toEqual(ids.map(() => "SUCCESS"));
      await sleep(systemClock, 100);
    }
    await endAll();
    const lines = log();
    expect(brokenLockPromises(lines, { capacity: 1, harmed, harmedAt, takeOverMs: TAKE_OVER_MS })).toEqual(
      [],
    );
    const runs = lines.filter(({ what }) => what === "runs");
    expect(runs.filter(({ retries }) => retries !== 0)).toEqual([]);
    expect(await store.locks.inspect("fault", 9)).toBeNull();
    console.log(`  ${runs.length} runs of ${count} tasks, ${harmed.size} workers harmed`);
  },
  60_000 + SECONDS * 4_000,
);
