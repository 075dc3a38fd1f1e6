import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Settlement, SettleReply } from "../../src/store/contracts/consumer.js";
import type { Store } from "../../src/store/contracts/store.js";
import { type Fault, FaultyStore } from "./faulty-store.js";
import type { Worker } from "../../src/worker/worker.js";
import { gate, message, retry, Rig, turns } from "./harness.js";

const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `t${i}`);

/** Fails the first so many calls of one verb. */
function failing(verb: string, fault: Fault, times: number): (name: string) => Fault {
  let left = times;
  return (name) => (name === verb && left-- > 0 ? fault : "none");
}

async function pass(rig: Rig, ms: number, stepMs = 1_000): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    await rig.clock.advance(Math.min(stepMs, left));
    await turns(4);
  }
}

describe("an outage", () => {
  test.each<[string, Fault, number, number]>([
    // verb      fault        times  ended after
    ["claim", "refused", 3, 5_000],
    ["claim", "reply-lost", 1, 40_000],
    ["claim", "late", 1, 40_000],
    ["settle", "refused", 5, 10_000],
    ["settle", "reply-lost", 2, 40_000],
    ["settle", "late", 2, 60_000],
    ["heartbeat", "refused", 2, 5_000],
  ])(
    "of %s (%s, %i times) loses nothing: all has ended after %i ms",
    async (verb, fault, times, withinMs) => {
      const rig = new Rig();
      const runs = new Map<string, number>();
      rig.bound("t", (self) => runs.set(self.request.id, (runs.get(self.request.id) ?? 0) + 1).size > 0);
      const faulty = new FaultyStore(rig.memory, rig.clock, failing(verb, fault, times));
      await rig.send(...ids(20).map((id) => message(id, "t")));
      await rig.started({ concurrency: 4, prefetch: 2 }, faulty.store);
      await pass(rig, withinMs);
      const records = await rig.memory.results.get(ids(20));
      expect(records.map((record) => record?.state)).toEqual(ids(20).map(() => "SUCCESS"));
      expect([await rig.memory.queues.counts(), runs.size]).toEqual([[], 20]);
    },
  );

  test("is logged once, and once when it is over, and the pauses grow to 5 s", async () => {
    const rig = new Rig();
    let away = false;
    const tries: number[] = [];
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) => {
      if (away && verb === "claim") tries.push(rig.clock.monotonicMs());
      return away ? "refused" : "none";
    });
    rig.task("t", () => 1);
    await rig.started({}, faulty.store);
    away = true;
    await rig.send(message("a", "t"));
    await pass(rig, 60_000);
    // Three quarters of the whole, as the middle of chance has it.
    const pauses = [100, 200, 400, 800, 1_600, 3_200, ...Array<number>(14).fill(5_000)].map(
      (ms) => 0.75 * ms,
    );
    expect(tries.slice(1).map((at, index) => at - tries[index]!)).toEqual(pauses);
    away = false;
    await pass(rig, 6_000);
    expect(await rig.state("a")).toBe("SUCCESS");
    expect(rig.logged("Store").map((line) => line.replace(/after .*/, "after ..."))).toEqual([
      "warn Store does not answer, trying again until it does: connection reset",
      "info Store answers again, after ...",
    ]);
  });

  test("at start is waited for", async () => {
    const rig = new Rig();
    rig.task("t", () => 1);
    const faulty = new FaultyStore(rig.memory, rig.clock, failing("listen", "refused", 3));
    await rig.send(message("a", "t"));
    const worker = rig.worker({}, faulty.store);
    const start = worker.start();
    await pass(rig, 2_000, 100);
    await start;
    expect(await rig.state("a")).toBe("SUCCESS");
  });

  test("a store that never answers is given up after a third of the lease, as SUNBEAT_STORE_TIMEOUT", async () => {
    const rig = new Rig();
    const faulty = new FaultyStore(rig.memory, rig.clock, failing("claim", "late", 1), 1e9);
    await rig.started({ leaseMs: 30_000 }, faulty.store);
    await rig.clock.advance(9_999);
    expect(rig.logged("has not answered")).toEqual([]);
    await rig.clock.advance(1);
    expect(rig.logged('has not answered to "claim" within 10s')).toHaveLength(1);
  });

  test("deliveries in an answer that comes too late go back at once, and do not wait for the end of their lease", async () => {
    const rig = new Rig();
    const own = gate<void>();
    let at = 0;
    rig.task("t", () => void (at = rig.clock.now()));
    rig.task("long", () => own.opened);
    const faulty = new FaultyStore(rig.memory, rig.clock, failing("claim", "late", 1), 15_000);
    const begun = rig.clock.now();
    await rig.send(message("a", "t"));
    await rig.started({ leaseMs: 30_000 }, faulty.store);
    await pass(rig, 16_000);
    expect([await rig.state("a"), at - begun <= 16_000, rig.logged("delivered again")]).toEqual([
      "SUCCESS",
      true,
      [],
    ]);
  });

  test("an end whose answer was lost is not told as an event, and the log says that it is unclear", async () => {
    const rig = new Rig();
    rig.task("t", () => 1);
    const faulty = new FaultyStore(rig.memory, rig.clock, failing("settle", "reply-lost", 1));
    await rig.send(message("a", "t"));
    await rig.started({}, faulty.store);
    await pass(rig, 1_000);
    expect(await rig.state("a")).toBe("SUCCESS");
    expect(rig.events.map((event) => event.type)).toEqual(["worker-online", "task-received", "task-started"]);
    expect(rig.logged("an answer of the store was lost on the way")).toHaveLength(1);
  });
});

test("an end that the store says was lost in a repeated step is not told as taken by another worker", async () => {
  const rig = new Rig();
  rig.task("t", () => 1);
  const settle: Store["consumer"]["settle"] = async (settlements, claim) => {
    await rig.memory.consumer.settle(settlements, null);
    return { ...(await rig.memory.consumer.settle(settlements, claim)), repeated: true };
  };
  await rig.send(message("a", "t"));
  await rig.started({}, { ...rig.memory, consumer: { ...rig.memory.consumer, settle } });
  await pass(rig, 1_000);
  expect(await rig.state("a")).toBe("SUCCESS");
  expect(rig.logged("an answer of the store was lost on the way")).toHaveLength(1);
  expect(rig.logged("another worker may have it")).toEqual([]);
});

test("a logger and a listener that throw stop nothing", async () => {
  const rig = new Rig();
  rig.task("t", () => 1);
  const boom = (): never => {
    throw new Error("boom");
  };
  const { Worker } = await import("../../src/worker/worker.js");
  const worker = new Worker({
    store: rig.memory,
    clock: rig.clock,
    random: rig.random,
    logger: { debug: boom, info: boom, warn: boom, error: boom },
    events: { emit: boom },
    registry: rig.registry,
    createMessage: rig.createMessage,
    options: {
      pools: [{ name: "async", size: 1 }],
      prefetch: 1,
      queues: ["default"],
      leaseMs: 30_000,
      unknownTaskGraceMs: 0,
      gracePeriodMs: 0,
      hostname: "w",
      graphLimit: 1_000,
      logResults: true,
    },
  });
  rig.workers.push(worker);
  await rig.send(message("a", "t"), message("b", "t"));
  await worker.start();
  await turns();
  expect([await rig.state("a"), await rig.state("b")]).toEqual(["SUCCESS", "SUCCESS"]);
});

/** Notes every settlement that the store accepted. */
function witnessed(store: Store, accepted: Settlement[]): Store {
  const settle: Store["consumer"]["settle"] = async (settlements, claim) => {
    const reply: SettleReply = await store.consumer.settle(settlements, claim);
    reply.outcomes.forEach((outcome, index) => {
      if (outcome === "settled") accepted.push(settlements[index]!);
    });
    return reply;
  };
  return { ...store, consumer: { ...store.consumer, settle } };
}

test("whatever the store and the workers suffer, every task runs, and its end is accepted exactly once", async () => {
  const fault = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Fault>("none") },
    { weight: 1, arbitrary: fc.constantFrom<Fault>("refused", "reply-lost", "late") },
  );
  const history = fc.record({
    tasks: fc.integer({ min: 1, max: 12 }),
    faults: fc.array(fault, { minLength: 20, maxLength: 60 }),
    /** Call after which the first worker is cut off from the store for good: a crash, seen from outside. */
    crashAt: fc.integer({ min: 0, max: 30 }),
    killAt: fc.integer({ min: 0, max: 20 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    prefetch: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ tasks, faults, crashAt, killAt, concurrency, prefetch }) => {
      const rig = new Rig();
      const runs = new Map<string, number>();
      const accepted: Settlement[] = [];
      rig.bound(
        "t",
        async (self) => {
          runs.set(self.request.id, (runs.get(self.request.id) ?? 0) + 1);
          const own = gate<void>();
          rig.clock.after(3_000, () => own.open());
          await own.opened;
          if (self.request.retries === 0 && self.request.id.endsWith("1")) throw new Error("once more");
        },
        { retry: retry({ max: 1 }) },
      );
      await rig.send(...ids(tasks).map((id) => message(id, "t", [], { maxDeliveries: 1_000 })));
      const store = witnessed(rig.memory, accepted);
      let calls = 0;
      const next = (): Fault => faults[calls++] ?? "none";
      const doomed = new FaultyStore(store, rig.clock, (_, count) => (count >= crashAt ? "refused" : next()));
      const options = { concurrency, prefetch, gracePeriodMs: 2_000 };
      // A start that meets a fault ends only when time passes, so nobody waits for it here.
      const begin = (hostname: string, over: Store): Worker => {
        const worker = rig.worker({ ...options, hostname }, over);
        worker.start().catch(() => undefined);
        return worker;
      };
      begin("doomed", doomed.store);
      const killed = begin("killed", new FaultyStore(store, rig.clock, next).store);
      await pass(rig, killAt * 1_000);
      void killed.kill();
      begin("good", new FaultyStore(store, rig.clock, next).store);
      for (let step = 0; step < 40 && (await rig.memory.queues.counts()).length > 0; step++)
        await pass(rig, 15_000, 3_000);
      expect(await rig.memory.queues.counts()).toEqual([]);
      const done = accepted
        .filter((settlement) => settlement.kind === "done")
        .map((settlement) => settlement.id);
      expect(done.sort()).toEqual(ids(tasks).sort());
      expect(new Set(accepted.map((settlement) => settlement.token)).size).toBe(accepted.length);
      expect([...runs.keys()].sort()).toEqual(ids(tasks).sort());
      const states = (await rig.memory.results.get(ids(tasks))).map((record) => record?.state);
      expect(new Set(states)).toEqual(new Set(["SUCCESS"]));
      const ended = Promise.all(rig.workers.map((worker) => worker.kill()));
      await pass(rig, 60_000, 5_000);
      await ended;
      expect(rig.clock.timers).toBe(0);
    }),
    { numRuns: 300 },
  );
});
