import { describe, expect, test } from "vitest";
import type { SunbeatError } from "../../src/core/errors.js";
import { FaultyStore } from "./faulty-store.js";
import { gate, message, Rig, turns } from "./harness.js";

/** What is in the queue: ready and held. */
async function counts(rig: Rig): Promise<{ ready: number; leased: number }> {
  const [queue] = await rig.memory.queues.counts();
  return { ready: queue?.ready ?? 0, leased: queue?.leased ?? 0 };
}

function settled(promise: Promise<unknown>): { done: boolean } {
  const seen = { done: false };
  promise.then(
    () => (seen.done = true),
    () => (seen.done = true),
  );
  return seen;
}

describe("stop", () => {
  test("gives back at once what was not started, waits for what runs, and keeps its result", async () => {
    const rig = new Rig();
    const own = gate<string>();
    rig.task("t", () => own.opened);
    await rig.send(message("a", "t"), message("b", "t"), message("c", "t"));
    const worker = await rig.started({ concurrency: 1, prefetch: 2 });
    const stop = worker.stop();
    const seen = settled(stop);
    await turns();
    expect([await counts(rig), seen.done, worker.stats().state]).toEqual([
      { ready: 2, leased: 1 },
      false,
      "stopping",
    ]);
    await rig.clock.advance(29_000);
    expect(seen.done).toBe(false);
    own.open("finished");
    await turns();
    await stop;
    expect([await rig.result("a"), await counts(rig)]).toEqual([
      { state: "SUCCESS", payload: "finished" },
      { ready: 2, leased: 0 },
    ]);
    expect([worker.stats().state, rig.clock.timers]).toEqual(["stopped", 0]);
    expect(await settledValue(worker.done)).toBe("resolved");
  });

  test("claims nothing more, however many slots are free", async () => {
    const rig = new Rig();
    const own = gate();
    rig.task("t", () => own.opened);
    rig.task("fine", () => 1);
    await rig.send(message("a", "t"));
    const worker = await rig.started({ concurrency: 4 });
    void worker.stop();
    await rig.send(message("b", "fine"));
    await rig.clock.advance(10_000);
    expect(await rig.state("b")).toBe("PENDING");
  });

  test("keeps the leases of running tasks while it waits for them", async () => {
    const rig = new Rig();
    const own = gate<string>();
    rig.task("t", () => own.opened);
    await rig.send(message("a", "t"));
    const worker = await rig.started({ leaseMs: 30_000, gracePeriodMs: 600_000 });
    const stop = worker.stop();
    await rig.clock.advance(300_000);
    own.open("late");
    await turns();
    await stop;
    expect([await rig.result("a"), rig.logged("received").length]).toEqual([
      { state: "SUCCESS", payload: "late" },
      1,
    ]);
  });

  test("aborts the signals after the grace period, and a task that heeds it goes back uncounted", async () => {
    const rig = new Rig();
    let reason: unknown;
    rig.bound(
      "t",
      (self) =>
        new Promise((_, reject) =>
          self.signal.addEventListener("abort", () => {
            reason = (self.signal.reason as SunbeatError).code;
            reject(self.signal.reason as Error);
          }),
        ),
      { retry: { max: 3, delayMs: 0, backoff: false, maxDelayMs: 0, jitter: false, on: () => true } },
    );
    await rig.send(message("a", "t"));
    const worker = await rig.started({ gracePeriodMs: 30_000 });
    const stop = worker.stop();
    await rig.clock.advance(29_999);
    expect(reason).toBe(undefined);
    await rig.clock.advance(1);
    await turns();
    await stop;
    expect([reason, await counts(rig)]).toEqual(["SUNBEAT_SHUTDOWN", { ready: 1, leased: 0 }]);
    const again = await rig.memory.consumer.claim({ queues: ["default"], worker: "x", leaseMs: 1, max: 1 });
    expect(again.deliveries[0]).toMatchObject({ id: "a", deliveries: 1, retries: 0 });
  });

  test("gives back a task that does not heed its signal a moment later, to the front of the queue", async () => {
    const rig = new Rig();
    rig.task("t", () => new Promise(() => undefined), { timeLimitMs: 3_600_000 });
    await rig.send(message("a", "t"), message("b", "t"));
    const worker = await rig.started({ concurrency: 1, prefetch: 1 });
    const stop = worker.stop();
    await rig.clock.advance(31_000);
    await turns();
    await stop;
    expect(rig.clock.timers).toBe(0);
    const again = await rig.memory.consumer.claim({ queues: ["default"], worker: "x", leaseMs: 1, max: 2 });
    expect(again.deliveries.map(({ id, deliveries }) => [id, deliveries])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  test("gives back again what the store would not take back at first", async () => {
    const rig = new Rig();
    const own = gate<void>();
    let refusals = 2;
    rig.task("t", () => own.opened);
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === "giveBack" && refusals-- > 0 ? "refused" : "none",
    );
    await rig.send(message("a", "t"), message("b", "t"));
    const worker = await rig.started({ concurrency: 1, prefetch: 2 }, faulty.store);
    void worker.stop();
    await rig.clock.advance(2_000);
    expect(await counts(rig)).toEqual({ ready: 1, leased: 1 });
  });

  test("while a claim is on its way gives back what that claim brings, unstarted", async () => {
    const rig = new Rig();
    let runs = 0;
    rig.task("t", () => runs++);
    const faulty = new FaultyStore(
      rig.memory,
      rig.clock,
      (verb) => (verb === "claim" ? "late" : "none"),
      5_000,
    );
    await rig.send(message("a", "t"));
    const worker = await rig.started({}, faulty.store);
    const stop = worker.stop();
    await rig.clock.advance(5_000);
    await turns();
    await stop;
    expect([runs, await counts(rig)]).toEqual([0, { ready: 1, leased: 0 }]);
  });

  test("twice, and at the same time, is one end", async () => {
    const rig = new Rig();
    const worker = await rig.started();
    const [first, second] = [worker.stop(), worker.stop()];
    await turns();
    await Promise.all([first, second, worker.stop(), worker.done]);
    expect(rig.logged("Warm shutdown")).toEqual(["info Warm shutdown (w1)"]);
    expect(rig.events.map((event) => event.type)).toEqual(["worker-online", "worker-offline"]);
  });

  test("before start ends the worker, and start is refused after", async () => {
    const rig = new Rig();
    const worker = rig.worker();
    await worker.stop();
    await worker.done;
    await expect(worker.start()).rejects.toMatchObject({ code: "SUNBEAT_CLOSED" });
    expect([rig.clock.timers, rig.events]).toEqual([0, []]);
  });

  test("during start leaves nothing behind", async () => {
    const rig = new Rig();
    const faulty = new FaultyStore(rig.memory, rig.clock, () => "none");
    const worker = rig.worker({}, faulty.store);
    const start = worker.start();
    const stop = worker.stop();
    await turns();
    await Promise.all([start, stop]);
    expect([faulty.count("claim"), rig.clock.timers, worker.stats().state]).toEqual([0, 0, "stopped"]);
  });

  test.each(Array.from({ length: 24 }, (_, step) => step))(
    "in the %ith step of start leaves nothing that works on",
    async (step) => {
      const rig = new Rig();
      let runs = 0;
      rig.task("t", () => runs++);
      const worker = rig.worker();
      const start = worker.start();
      for (let microtask = 0; microtask < step; microtask++) await Promise.resolve();
      const stop = worker.stop();
      await turns();
      await Promise.all([start, stop, worker.done]);
      await rig.send(message("late", "t"));
      await rig.clock.advance(60_000);
      expect([runs, worker.stats().state, rig.clock.timers]).toEqual([0, "stopped", 0]);
    },
  );

  test("with the store away ends a few seconds after the grace period, and says what was not stored", async () => {
    const rig = new Rig();
    const own = gate();
    rig.task("t", () => own.opened);
    let away = false;
    const faulty = new FaultyStore(rig.memory, rig.clock, () => (away ? "refused" : "none"));
    await rig.send(message("a", "t"));
    const worker = await rig.started({}, faulty.store);
    away = true;
    own.open(undefined);
    const seen = settled(worker.stop());
    await rig.clock.advance(30_000);
    expect(seen.done).toBe(false);
    await rig.clock.advance(5_000);
    expect([seen.done, rig.clock.timers]).toEqual([true, 0]);
    expect(rig.logged("1 deliveries could neither be settled nor given back")).toHaveLength(1);
  });
});

describe("kill", () => {
  test("gives everything back at once and ends, with no timer left", async () => {
    const rig = new Rig();
    rig.task("t", () => new Promise(() => undefined), { timeLimitMs: 60_000 });
    await rig.send(message("a", "t"), message("b", "t"));
    const worker = await rig.started({ concurrency: 1, prefetch: 2 });
    const kill = worker.kill();
    await turns();
    await kill;
    expect([await counts(rig), rig.clock.timers]).toEqual([{ ready: 2, leased: 0 }, 0]);
    expect(rig.logged("shutdown")).toEqual(["info Cold shutdown (w1)"]);
  });

  test("in the middle of a warm end makes it a cold one", async () => {
    const rig = new Rig();
    rig.task("t", () => new Promise(() => undefined));
    await rig.send(message("a", "t"));
    const worker = await rig.started();
    const stop = worker.stop();
    await rig.clock.advance(5_000);
    const kill = worker.kill();
    await turns();
    await Promise.all([stop, kill, worker.done]);
    expect(await counts(rig)).toEqual({ ready: 1, leased: 0 });
  });

  test("what runs on after it cannot change the task's result", async () => {
    const rig = new Rig();
    const own = gate<string>();
    let runs = 0;
    rig.task("t", () => (runs++ === 0 ? own.opened : "second"));
    await rig.send(message("a", "t"));
    const worker = await rig.started();
    const kill = worker.kill();
    await turns();
    await kill;
    await rig.started();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: "second" });
    own.open("first");
    await turns();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: "second" });
  });
});

describe("crash", () => {
  test("gives back what was not started, and leaves what runs to the end of its lease, its delivery counted", async () => {
    const rig = new Rig();
    rig.bound("t", ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject)));
    await rig.send(message("a", "t"), message("b", "t"));
    const worker = await rig.started({ concurrency: 1, prefetch: 2, leaseMs: 30_000 });
    const crash = worker.crash();
    await turns();
    await crash;
    expect([await counts(rig), rig.clock.timers]).toEqual([{ ready: 1, leased: 1 }, 0]);
    await rig.clock.advance(30_000);
    const request = { queues: ["default"], worker: "w2", leaseMs: 1_000, max: 2 };
    const { deliveries } = await rig.memory.consumer.claim(request);
    expect(deliveries.map(({ id, deliveries: number }) => [id, number])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
  });
});

describe("a store that fails for good", () => {
  test.each([
    ["claim", 0],
    ["settle", 0],
    ["heartbeat", 10_000],
    ["sweep", 90_000],
  ])("in %s ends the worker, and done says why", async (verb, afterMs) => {
    const rig = new Rig();
    let broken = false;
    const own = gate();
    rig.task("t", () => own.opened);
    const faulty = new FaultyStore(rig.memory, rig.clock, (name) =>
      broken && name === verb ? "final" : "none",
    );
    await rig.send(message("a", "t"));
    const worker = await rig.started({ concurrency: 2 }, faulty.store);
    broken = true;
    if (verb === "claim") await rig.send(message("b", "t"));
    if (verb === "settle") own.open(undefined);
    await rig.clock.advance(afterMs);
    await turns();
    await expect(worker.done).rejects.toMatchObject({ code: "SUNBEAT_STORE_CORRUPT" });
    await worker.stop();
    expect([worker.stats().state, rig.clock.timers]).toEqual(["stopped", 0]);
    expect(rig.logged("failed for good")).toHaveLength(1);
  });

  test("that was closed while the worker runs is said as such", async () => {
    const rig = new Rig();
    const worker = await rig.started();
    await rig.memory.close();
    await turns();
    await expect(worker.done).rejects.toMatchObject({ code: "SUNBEAT_CLOSED" });
    expect(rig.clock.timers).toBe(0);
  });
});

async function settledValue(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "resolved",
    () => "rejected",
  );
}
