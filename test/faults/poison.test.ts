/**
 * Tasks that end or hold up the process that runs them, or throw what nobody expects. The test restarts workers that end,
 * and kills those that hang, as a supervisor does; everything else is up to sunbeat: poison is a dead letter after
 * `maxDeliveries`, and what was sent beside it gets done.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { Sunbeat } from "../../src/index.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { PATIENCE_MS, pause } from "../support/fault-crew.js";
import { type AppSpec, Programs } from "../support/fault-programs.js";
import { ownNamespace } from "../support/redis-harness.js";
import { until } from "../support/redis-topologies.js";

let folder: string;
let spec: AppSpec & { readonly log: string };
let programs: Programs;
let sender: Sunbeat;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sunbeat-poison-"));
  const namespace = ownNamespace();
  const broker = `${inject("redisUrl")}/0?namespace=${namespace}`;
  spec = { broker, log: path.join(folder, "log") };
  programs = new Programs();
  sender = new Sunbeat("sender", { broker });
  const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
  store = await openRedisStore(inject("redisUrl"), context, { namespace });
});
afterEach(async () => {
  await programs.dispose();
  await sender.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
});

interface Run {
  readonly id: string;
  readonly by: number;
  readonly at: number;
}

function runs(): Run[] {
  try {
    const lines = readFileSync(spec.log, "utf8").split("\n");
    return lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as Run);
  } catch {
    return [];
  }
}

test(
  "whatever a task throws, its worker lives, and the run has an end",
  async () => {
    const worker = await programs.worker(spec);
    const kinds = [
      "null",
      "undefined",
      "symbol",
      "proxy",
      "getter",
      "thenable",
      "result",
      "stack",
      "rejection",
    ];
    const sent = await Promise.all(kinds.map((kind) => sender.sendTask(`poison.${kind}`, [])));
    const ends = await Promise.all(
      sent.map((result) =>
        result.get({ timeout: PATIENCE_MS / 1_000 }).then(
          () => "done",
          (error: Error) => error.name,
        ),
      ),
    );
    expect(Object.fromEntries(kinds.map((kind, index) => [kind, ends[index]]))).toEqual({
      ...Object.fromEntries(kinds.map((kind) => [kind, "RemoteTaskError"])),
      // The task itself came to its end; the promise was nobody's.
      rejection: "done",
    });
    expect(await (await sender.sendTask("echo", ["alive"])).get({ timeout: PATIENCE_MS / 1_000 })).toBe(
      "alive",
    );
    await worker.says(/A promise was rejected and nobody handled it/);
    expect(await worker.end()).toEqual({ code: 0, signal: null });
  },
  2 * PATIENCE_MS,
);

const MAX_DELIVERIES = 2;
/** Without a word from a run for so long its worker hangs. More than the lease. */
const HANGS_MS = 1_500;

test(
  "a task that ends or hangs its worker is dead after maxDeliveries, and the others get done",
  async () => {
    const kinds = ["abort", "exit", "kill", "heap", "loop", "uncaught"];
    let over = false;
    const ends: string[] = [];
    // Each kind has a worker of its own, which it alone can end; the others are everybody's.
    const supervised = async (kind: string): Promise<void> => {
      const small = { NODE_OPTIONS: "--max-old-space-size=48" };
      while (!over) {
        const { code, signal } = await programs.start(["worker", "-Q", `${kind},default`], spec, small).ended;
        if (!over) ends.push(`${kind} ${signal ?? code}`);
      }
    };
    const supervisors = kinds.map(supervised);
    const others: Promise<unknown>[] = [];
    // A worker that crashes takes with it a delivery of each task it had; that they outlive it is not at stake here.
    const other = async (index: number): Promise<unknown> =>
      (await sender.sendTask("echo", [index], { maxDeliveries: 100 })).get({ timeout: PATIENCE_MS / 1_000 });
    for (let index = 0; index < 50; index++) others.push(other(index));
    const poison = await Promise.all(
      kinds.map((kind) =>
        sender.sendTask(`poison.${kind}`, [], { queue: kind, maxDeliveries: MAX_DELIVERIES }),
      ),
    );
    for (let index = 50; index < 100; index++) others.push(other(index));

    const killed = new Set<number>();
    const [loop] = poison.slice(kinds.indexOf("loop"));
    await until("dead letters of all poison", async () => {
      for (const { id, by, at } of runs()) {
        if (id !== loop?.id || killed.has(by) || systemClock.now() - at < HANGS_MS) continue;
        killed.add(by);
        process.kill(by, "SIGKILL");
      }
      await pause(50);
      return (await store.deadLetters.list({ limit: 100 })).letters.length >= poison.length;
    });
    expect(await Promise.all(others)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    over = true;
    await programs.dispose();
    await Promise.all(supervisors);

    const letters = (await store.deadLetters.list({ limit: 100 })).letters;
    const ran = new Map(poison.map(({ id }, index) => [id, kinds[index]!]));
    console.log(`poison: ${ends.sort().join(", ")}`);
    expect(letters.map(({ id, reason }) => [ran.get(id), reason]).sort()).toEqual(
      kinds.map((kind) => [kind, "deliveries-exhausted"]).sort(),
    );
    const counts = kinds.map((_, index) => runs().filter(({ id }) => id === poison[index]!.id).length);
    expect(Object.fromEntries(kinds.map((kind, index) => [kind, counts[index]]))).toEqual(
      Object.fromEntries(kinds.map((kind) => [kind, MAX_DELIVERIES])),
    );
    expect((await store.results.get(poison.map(({ id }) => id))).map((result) => result?.state)).toEqual(
      kinds.map(() => "FAILURE"),
    );
  },
  3 * PATIENCE_MS,
);
