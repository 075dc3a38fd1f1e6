/** A thousand tasks behind one mutex, with eight workers: what it costs those behind it, and everybody else. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { coreOf, Sunbeat } from "../../src/app/index.js";
import { locked } from "../../src/locks/index.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import type { Store, StoreContext } from "../../src/store/contracts/store.js";
import { currentTask } from "../../src/tasks/context.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const TASKS = 1_000;
const WORKERS = 8;
/** Each locked task holds the lock for so long, on the virtual clock. */
const HOLD_MS = 10;

/** The store, and how often anything in it was called. */
function counted(store: Store): { readonly store: Store; readonly calls: () => number } {
  let calls = 0;
  const counting = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => {
        const verb = Reflect.get(target, name) as unknown;
        if (typeof verb !== "function") return verb;
        return (...args: unknown[]) => (
          calls++,
          (verb as (...args: unknown[]) => unknown).apply(target, args)
        );
      },
    });
  const { sender, consumer, locks, results } = store;
  return {
    store: {
      ...store,
      sender: counting(sender),
      consumer: counting(consumer),
      locks: counting(locks),
      results: counting(results),
    },
    calls: () => calls,
  };
}

describe.each<[string, (context: StoreContext) => Promise<Store>]>([
  ["memory", async (context) => openMemoryStore(context)],
  [
    "sqlite",
    async (context) => {
      const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-thousand-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      return openSqliteStore(path.join(folder, "t.db"), context, { backups: false, shared: false });
    },
  ],
])("%s", (_, open) => {
  test("run in order without a retry or a poll, and others at full speed", async () => {
    const clock = new ManualClock();
    const { store, calls } = counted(await open({ clock, random: systemRandom, logger: silentLogger }));
    const app = new Sunbeat("thousand", { broker: "memory:", lease: "1h" });
    const pace = { worker: { sweepIntervalMs: 1e9, idleCheckMs: 1e9, lookAgainMs: 1e9 } };
    coreOf(app).use({ clock, random: systemRandom, store: () => store, pace });
    onTestFinished(async () => {
      const closed = app.close();
      await clock.advance(100_000);
      await closed;
    });
    const order: number[] = [];
    const counts = new Set<string>();
    const costs: number[] = [];
    let before = 0;
    const behind = app.task(
      "behind",
      { ignoreResult: true },
      locked("one")(async (n: number) => {
        const { retries, deliveries } = currentTask().request;
        counts.add(`retries ${retries}, deliveries ${deliveries}`);
        order.push(n);
        if (n > 0) costs.push(calls() - before);
        before = calls();
        await new Promise<void>((resolve) => void clock.after(HOLD_MS, resolve));
      }),
    );
    const other = app.task("other", { ignoreResult: true }, () => void done++);
    let done = 0;

    const sent = behind.delayMany(Array.from({ length: TASKS }, (_, n) => [n] as [number]));
    await clock.advance(0);
    await sent;
    const workers = Array.from({ length: WORKERS }, (_, n) =>
      app.worker({ concurrency: 1, hostname: `w${n}` }),
    );
    for (const worker of workers) await worker.start();
    for (let look = 0; look < 5; look++) await clock.advance(0);
    expect((await store.lockInspection.inspect("one", 1))?.waiting).toBe(TASKS - 1);

    // The first one holds the lock, and no virtual time passes: all others run beside it.
    const others = other.delayMany(Array.from({ length: TASKS }, () => [] as []));
    await clock.advance(0);
    await others;
    expect([done, order]).toEqual([TASKS, [0]]);

    before = calls();
    costs.length = 0;
    await clock.advance(TASKS * HOLD_MS);
    expect(order).toEqual(Array.from({ length: TASKS }, (_, n) => n));
    expect([...counts]).toEqual(["retries 0, deliveries 1"]);
    // Each of the eight is woken and looks; what matters is that it does not grow with the line.
    const sum = (of: number[]): number => of.reduce((total, each) => total + each, 0);
    const [first, last] = [sum(costs.slice(0, 100)), sum(costs.slice(-100))];
    expect(first / 100).toBeLessThanOrEqual(WORKERS + 1);
    expect(Math.abs(first - last)).toBeLessThanOrEqual(first * 0.1);
    expect(await store.lockInspection.inspect("one", 1)).toBeNull();
  });
});
