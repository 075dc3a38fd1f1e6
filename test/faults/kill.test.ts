/**
 * D1 and E1 on SQLite: the combined process is killed with SIGKILL at named points and at random moments while ten
 * entries are due ten times a second. Afterwards every due time is in the ledger exactly once, and everything that was
 * sent has run. SUNBEAT_FAULT_KILLS sets how many random kills there are (default 4), SUNBEAT_SEED when they come.
 *
 * A SIGKILL does not test power loss: what the process has written is still in the page cache.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { seededRandom, systemRandom } from "../../src/core/random.js";
import { every } from "../../src/index.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import { brokenPromises, countDue, type Execution } from "../support/invariants.js";

/** The entries are put by the first process that lives to do it, so those points come first. */
const POINTS = [
  "before-put:1",
  "after-put:1",
  "after-elect:1",
  "after-due:2",
  "before-tick:2",
  "after-tick:1",
  "after-tick:3",
  "after-claim:2",
  "in-task:1",
  "in-task:4",
  "before-settle:2",
  "after-settle:3",
];
const RANDOM_KILLS = Number(process.env["SUNBEAT_FAULT_KILLS"] ?? 4);
const SEED = Number(process.env["SUNBEAT_SEED"] ?? systemRandom.next() * 2 ** 32) >>> 0;
const ENTRIES = Array.from({ length: 10 }, (_, i) => ({
  entry: `tenth-${i}`,
  schedule: every("1s", { offset: `${i * 100}ms` }),
}));
const VICTIM = fileURLToPath(new URL("victim.mjs", import.meta.url));
/** A victim that does not come to its end within this time is a failure of its own. */
const PATIENCE_MS = 20_000;

let folder: string;
const children = new Set<ChildProcess>();
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "sunbeat-kill-"))));
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface Victim {
  /** Resolves when `count` lines of `text` were printed; rejects when it ends or takes too long before that. */
  printed(text: string, count: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

function victim(role: "combined" | "worker", crash?: string): Victim {
  const child = spawn(
    process.execPath,
    [VICTIM, path.join(folder, "kill.db"), path.join(folder, "log"), role],
    {
      env: { ...process.env, ...(crash === undefined ? {} : { SUNBEAT_CRASH: crash }) },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  children.add(child);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    const timer = systemClock.after(PATIENCE_MS, () => {
      child.kill("SIGKILL");
      reject(
        new Error(
          `the victim (${crash ?? role}) was still there after ${PATIENCE_MS} ms; it printed ${output}`,
        ),
      );
    });
    child.once("exit", (code, signal) => {
      timer.cancel();
      children.delete(child);
      resolve({ code, signal });
    });
  });
  ended.catch(() => undefined);
  const printed = (text: string, count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (output.split("\n").filter((line) => line === text).length >= count) resolve();
      };
      child.stdout.on("data", look);
      look();
      ended.then(() => reject(new Error(`ended before it printed ${count} x ${text}: ${output}`)), reject);
    });
  return { printed, kill: (signal) => void child.kill(signal), ended };
}

function executions(): Execution[] {
  const lines = readFileSync(path.join(folder, "log"), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Execution);
}

test(
  `a process killed at ${POINTS.length} points and ${RANDOM_KILLS} random moments loses no tick and doubles none (seed ${SEED})`,
  async () => {
    const random = seededRandom(SEED);
    for (const point of POINTS) {
      const { signal } = await victim("combined", point).ended;
      expect([point, signal]).toEqual([point, "SIGKILL"]); // it came to the point, and died of it
    }
    for (let kill = 0; kill < RANDOM_KILLS; kill++) {
      const killed = victim("combined");
      await killed.printed("ran", 1 + Math.floor(random.next() * 15));
      await new Promise<void>((resolve) => void systemClock.after(random.next() * 100, resolve));
      killed.kill("SIGKILL");
      await killed.ended;
    }
    // One that ends as it should, so that nothing of the beat is under way, then a worker alone until all is done.
    const last = victim("combined");
    await last.printed("ran", 20);
    last.kill("SIGTERM");
    expect(await last.ended).toEqual({ code: 0, signal: null });

    const drain = victim("worker");
    await drain.printed("ready", 1);
    const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
    const store = await openSqliteStore(path.join(folder, "kill.db"), context);
    try {
      const deadline = systemClock.monotonicMs() + PATIENCE_MS;
      while ((await store.broker.counts()).some(({ ready, delayed, held }) => ready + delayed + held > 0)) {
        if (systemClock.monotonicMs() > deadline) throw new Error("the queue was not drained in time");
        await new Promise<void>((resolve) => void systemClock.after(20, resolve));
      }
      drain.kill("SIGTERM");
      expect(await drain.ended).toEqual({ code: 0, signal: null });

      const due = await countDue(store, ENTRIES);
      const ran = executions();
      console.log(
        `kill test: ${due} due times, ${ran.length} runs of ${new Set(ran.map((run) => run.id)).size} tasks`,
      );
      expect(due).toBeGreaterThan(5 * (POINTS.length + RANDOM_KILLS));
      expect(await brokenPromises(store, ENTRIES, ran)).toEqual([]);
    } finally {
      await store.close();
    }
  },
  (POINTS.length + RANDOM_KILLS + 4) * PATIENCE_MS,
);
