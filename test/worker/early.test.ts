import { describe, expect, test } from "vitest";
import { Reject, Retry } from "../../src/tasks/outcomes.js";
import { resolveTaskLock } from "../../src/tasks/task-lock.js";
import { FaultyStore } from "./faulty-store.js";
import { gate, message, retry, Rig, turns } from "./harness.js";

/** As the sender of an early task makes it. */
const once = (id: string) => message(id, "t", [], { maxDeliveries: 1 });

const reasonOf = async (rig: Rig): Promise<string[]> =>
  (await rig.memory.deadLetters.list({ limit: 9 })).letters.map(({ id, reason }) => `${id}: ${reason}`);

describe("a task with acks early", () => {
  test("stays in its worker's hands while it runs, and its end is stored as any other", async () => {
    const rig = new Rig();
    const own = gate<number>();
    rig.task("t", () => own.opened, { acks: "early" });
    await rig.send(once("a"));
    await rig.started();
    expect((await rig.memory.queues.counts())[0]).toMatchObject({ ready: 0, leased: 1 });
    own.open(7);
    await turns();
    expect([await rig.result("a"), await rig.memory.queues.counts()]).toEqual([
      { state: "SUCCESS", payload: 7 },
      [],
    ]);
    expect(rig.events.map((event) => event.type)).toEqual([
      "worker-online",
      "task-received",
      "task-started",
      "task-succeeded",
    ]);
  });

  test.each([
    [1, "its sender knew the task, and the store counts"],
    [5, "it was sent by name, and the worker that gets it again counts"],
  ])(
    "is a dead letter when its worker is lost, and does not run again, with maxDeliveries %i: %s",
    async (maxDeliveries) => {
      const rig = new Rig();
      let runs = 0;
      rig.task("t", () => (runs++, new Promise(() => undefined)), { acks: "early" });
      const silent = new FaultyStore(rig.memory, rig.clock, (verb) =>
        verb === "heartbeat" ? "refused" : "none",
      );
      await rig.send(message("a", "t", [], { maxDeliveries }));
      await rig.started({ hostname: "lost", concurrency: 1 }, silent.store);
      await rig.started({ hostname: "next" });
      await rig.clock.advance(60_000);
      await turns();
      const [record] = await rig.memory.results.get(["a"]);
      expect(runs).toBe(1);
      expect(record).toMatchObject({ state: "FAILURE", payload: null, reason: "deliveries-exhausted" });
      expect(await reasonOf(rig)).toEqual(["a: deliveries-exhausted"]);
      const told = rig.events.filter(({ type }) => type === "dead-lettered");
      expect(told).toEqual([
        { type: "dead-lettered", id: "a", task: "t", queue: "default", reason: "deliveries-exhausted" },
      ]);
      expect(rig.logged("rejected: deliveries-exhausted")).toHaveLength(1);
    },
  );

  test("runs again when it asks to, and counts its retries", async () => {
    const rig = new Rig();
    const seen: [retries: number, deliveries: number][] = [];
    rig.bound(
      "t",
      (self) => {
        seen.push([self.request.retries, self.request.deliveries]);
        throw new Retry({ countdown: 5 });
      },
      { acks: "early", trackStarted: true, retry: retry({ max: 2 }) },
    );
    await rig.send(once("a"));
    await rig.started();
    for (let step = 0; step < 12; step++) {
      await rig.clock.advance(1_000);
      await turns(10);
    }
    expect(seen).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    expect((await rig.failure("a")).code).toBe("SUNBEAT_RETRIES_EXHAUSTED");
  });

  test("has its lock, also after it has waited for it", async () => {
    const rig = new Rig();
    const own = gate();
    let runs = 0;
    rig.task("t", () => (runs++, own.opened), { acks: "early", lock: resolveTaskLock("l") });
    await rig.send(once("a"), once("b"));
    await rig.started();
    expect([runs, await rig.memory.lockInspection.inspect("l", 9)]).toMatchObject([
      1,
      { held: 1, waiting: 1 },
    ]);
    own.open();
    await turns();
    expect([runs, await rig.state("a"), await rig.state("b")]).toEqual([2, "SUCCESS", "SUCCESS"]);
  });

  test("runs once when the answer to its end was lost", async () => {
    const rig = new Rig();
    let runs = 0;
    rig.task("t", () => ++runs, { acks: "early" });
    let failures = 1;
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === "settle" && failures-- > 0 ? "reply-lost" : "none",
    );
    await rig.send(once("a"));
    await rig.started({}, faulty.store);
    await rig.clock.advance(1_000);
    await turns();
    expect([runs, await rig.result("a")]).toEqual([1, { state: "SUCCESS", payload: 1 }]);
  });

  test("that rejects is a dead letter", async () => {
    const rig = new Rig();
    rig.task(
      "t",
      () => {
        throw new Reject("no");
      },
      { acks: "early" },
    );
    await rig.send(once("a"));
    await rig.started();
    expect(await rig.failure("a")).toEqual({ name: "Reject", message: "no", code: null });
    expect(await reasonOf(rig)).toEqual(["a: no"]);
  });

  test("that was not started goes back when its worker stops, as if it had not been taken", async () => {
    const rig = new Rig();
    const own = gate();
    rig.task("t", () => own.opened, { acks: "early" });
    await rig.send(once("a"), once("b"));
    const worker = await rig.started({ concurrency: 1, prefetch: 2 });
    const stop = worker.stop();
    await turns();
    const next = { queues: ["default"], worker: "x", leaseMs: 1_000, max: 1 };
    const { deliveries } = await rig.memory.consumer.claim(next);
    expect(deliveries.map(({ id, deliveries: count }) => [id, count])).toEqual([["b", 1]]);
    own.open();
    await turns();
    await stop;
  });

  test.each([
    ["cannot wait for", () => new Promise(() => undefined)],
    [
      "has stopped",
      (signal: AbortSignal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")))),
    ],
  ])("that a stopping worker %s fails with SUNBEAT_SHUTDOWN, and is not given back", async (_, run) => {
    const rig = new Rig();
    rig.bound("t", ({ signal }) => run(signal), { acks: "early" });
    await rig.send(once("a"));
    const worker = await rig.started();
    const kill = worker.kill();
    await turns();
    await kill;
    expect([(await rig.failure("a")).code, await rig.memory.queues.counts()]).toEqual([
      "SUNBEAT_SHUTDOWN",
      [],
    ]);
  });

  test("of a worker that crashes is left to the end of its lease, and is a dead letter then", async () => {
    const rig = new Rig();
    rig.task("t", () => new Promise(() => undefined), { acks: "early" });
    await rig.send(once("a"));
    const worker = await rig.started();
    const crash = worker.crash();
    await turns();
    await crash;
    await rig.started({ hostname: "next" });
    await rig.clock.advance(30_000);
    await turns();
    expect(await reasonOf(rig)).toEqual(["a: deliveries-exhausted"]);
  });

  test("keeps its result until the store takes it", async () => {
    const rig = new Rig();
    let failures = 3;
    rig.task("t", () => "kept", { acks: "early" });
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === "settle" && failures-- > 0 ? "refused" : "none",
    );
    await rig.send(once("a"));
    await rig.started({}, faulty.store);
    await rig.clock.advance(5_000);
    await turns();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: "kept" });
  });
});
