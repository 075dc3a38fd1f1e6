import { describe, expect, test } from "vitest";
import type { SunbeatError } from "../../src/core/errors.js";
import { type Fault, FaultyStore } from "./faulty-store.js";
import { gate, message, Rig, turns } from "./harness.js";

/** A task that ends when the test says so or when its signal aborts, and keeps why it did. */
function stoppable(rig: Rig): { readonly reasons: string[]; open(value: unknown): void } {
  const reasons: string[] = [];
  let open!: (value: unknown) => void;
  rig.bound("t", (self) => {
    const own = gate<unknown>();
    open = own.open;
    self.signal.addEventListener("abort", () => reasons.push((self.signal.reason as SunbeatError).code));
    return own.opened;
  });
  return { reasons, open: (value) => open(value) };
}

describe("leases", () => {
  test("a task that runs for ten leases is delivered once", async () => {
    const rig = new Rig();
    const task = stoppable(rig);
    await rig.send(message("a", "t"));
    await rig.started({ leaseMs: 30_000 });
    await rig.clock.advance(300_000);
    task.open("slow");
    await turns();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: "slow" });
    expect([task.reasons, rig.logged("received")]).toEqual([[], ["info Task t[a] received"]]);
  });

  test("one call each third of the lease renews running and prefetched deliveries together", async () => {
    const rig = new Rig();
    stoppable(rig);
    const faulty = new FaultyStore(rig.memory, rig.clock, () => "none");
    await rig.send(message("a", "t"), message("b", "t"), message("c", "t"), message("d", "t"));
    await rig.started({ concurrency: 1, prefetch: 3 }, faulty.store);
    await rig.clock.advance(30_000);
    const beats = faulty.calls.filter((call) => call.verb === "heartbeat");
    expect(beats.map((call) => (call.args[0] as { id: string }[]).map((ref) => ref.id))).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
      ["a", "b", "c"],
    ]);
  });

  test("a task of a process that was stopped sees at its first look that the lease is over, before any timer", async () => {
    const rig = new Rig();
    const seen: unknown[] = [];
    rig.bound("t", (self) => {
      rig.clock.spend(29_999);
      seen.push(self.signal.aborted);
      rig.clock.spend(1);
      seen.push(self.signal.aborted, (self.signal.reason as SunbeatError).code);
    });
    await rig.send(message("a", "t"));
    await rig.started({ leaseMs: 30_000 });
    await turns();
    expect(seen).toEqual([false, true, "SUNBEAT_LEASE_LOST"]);
  });

  test.each([
    // how long the worker stood still, what it ran of two deliveries, and how the second was run at last
    [29_999, ["a", "b"], 1],
    [30_000, ["a"], 2],
  ])("a delivery that has waited %i ms of a lease of 30 s for its slot", async (ms, started, deliveries) => {
    const rig = new Rig();
    const runs: [id: string, deliveries: number][] = [];
    rig.bound("t", ({ request }) => {
      runs.push([request.id, request.deliveries]);
      rig.clock.spend(runs.length === 1 ? ms : 0);
    });
    await rig.send(message("a", "t"), message("b", "t"));
    await rig.started({ leaseMs: 30_000 });
    await turns();
    expect(runs.map(([id]) => id)).toEqual(started);
    await rig.clock.advance(30_000);
    await turns();
    expect([runs.at(-1), await rig.state("b")]).toEqual([["b", deliveries], "SUCCESS"]);
  });

  test("the store's word that a lease is lost aborts the signal, and a failure that follows is dropped", async () => {
    const rig = new Rig();
    rig.bound("t", (self) => {
      if (self.request.deliveries > 1) return "second";
      return new Promise((_, reject) =>
        self.signal.addEventListener("abort", () => reject(self.signal.reason as Error)),
      );
    });
    await rig.send(message("a", "t"));
    const faulty = new FaultyStore(rig.memory, rig.clock, () => "none");
    const consumer = new Proxy(faulty.store.consumer, {
      get: (target, key) =>
        key === "heartbeat"
          ? async (refs: unknown[]) => refs.map(() => "lost")
          : (Reflect.get(target, key) as unknown),
    });
    const worker = await rig.started({ concurrency: 1 }, { ...faulty.store, consumer });
    await rig.clock.advance(10_000);
    await turns();
    expect(worker.stats()).toMatchObject({ running: 0, processed: 1, unsettled: 0 });
    expect(rig.logged("its lease was lost")).toHaveLength(1);
    expect(await rig.state("a")).toBe("RECEIVED");
    await rig.clock.advance(30_000);
    await turns();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: "second" });
    await rig.clock.advance(10_000);
    expect(rig.clock.timers, "sweeper, bell, and the store's end of the bell: no heartbeat").toBe(3);
  });

  test("without an answer the lease is trusted for its length from the start of the last good call, no longer", async () => {
    const rig = new Rig();
    const task = stoppable(rig);
    let away = false;
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      away && verb === "heartbeat" ? "refused" : "none",
    );
    await rig.send(message("a", "t"));
    await rig.started({ leaseMs: 30_000 }, faulty.store);
    await rig.clock.advance(10_000);
    away = true;
    await rig.clock.advance(29_999);
    expect(task.reasons).toEqual([]);
    await rig.clock.advance(1);
    expect(task.reasons).toEqual(["SUNBEAT_LEASE_LOST"]);
  });

  test.each([
    // verb      sent at; answered 9 s later, and the store is away from then on
    ["claim", 0],
    ["heartbeat", 10_000],
  ])("a late answer to a %s does not stretch the lease", async (verb, sentAt) => {
    const rig = new Rig();
    const task = stoppable(rig);
    let away = false;
    const faulty = new FaultyStore(
      rig.memory,
      rig.clock,
      (name, _): Fault => (name === "heartbeat" && away ? "refused" : name === verb ? "late" : "none"),
      9_000,
    );
    await rig.send(message("a", "t"));
    await rig.started({ leaseMs: 30_000 }, faulty.store);
    await rig.clock.advance(sentAt + 9_000);
    await turns();
    away = true;
    await rig.clock.advance(30_000 - 9_000 - 1);
    expect(task.reasons).toEqual([]);
    await rig.clock.advance(1);
    expect(task.reasons).toEqual(["SUNBEAT_LEASE_LOST"]);
  });

  test("the finish of a worker that lost its lease is refused, and the other's result stands", async () => {
    const rig = new Rig();
    const first = gate<string>();
    let runs = 0;
    rig.task("t", () => (runs++ === 0 ? first.opened : "second"));
    await rig.send(message("a", "t"));
    const away = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === "heartbeat" ? "refused" : "none",
    );
    await rig.started({ hostname: "slow", concurrency: 1 }, away.store);
    await rig.started({ hostname: "quick", concurrency: 1 });
    await rig.clock.advance(30_000);
    await turns();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: "second" });
    first.open("first");
    await turns();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: "second" });
    expect(rig.logged("its lease was lost")).toHaveLength(1);
    expect(rig.events.filter((event) => event.type === "task-succeeded")).toHaveLength(1);
  });

  test("an ended task whose end cannot be stored keeps its lease until it is", async () => {
    const rig = new Rig();
    let away = true;
    rig.task("t", () => "kept");
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      away && verb === "settle" ? "refused" : "none",
    );
    await rig.send(message("a", "t"));
    await rig.started({}, faulty.store);
    await rig.clock.advance(120_000);
    expect(await rig.state("a")).toBe("RECEIVED");
    away = false;
    await rig.clock.advance(5_000);
    await turns();
    expect([await rig.result("a"), rig.logged("received").length]).toEqual([
      { state: "SUCCESS", payload: "kept" },
      1,
    ]);
  });
});

describe("redelivery", () => {
  test("what a crashed worker held is run by another when the lease ends, and that is logged", async () => {
    const rig = new Rig();
    const deliveries: number[] = [];
    rig.bound("t", (self) => void deliveries.push(self.request.deliveries));
    await rig.send(message("a", "t"));
    // A crash is a worker that claimed and was never heard of again.
    await rig.memory.consumer.claim({ queues: ["default"], worker: "crashed", leaseMs: 30_000, max: 1 });
    await rig.started();
    await rig.clock.advance(29_999);
    expect(deliveries).toEqual([]);
    await rig.clock.advance(1);
    await turns();
    expect([deliveries, await rig.state("a")]).toEqual([[2], "SUCCESS"]);
    expect(rig.logged("delivered again (2 of 3)")).toHaveLength(1);
  });

  /** Every worker that took it is lost, and the lease of the last one has ended. */
  async function wornOut(rig: Rig): Promise<void> {
    rig.task("t", () => null);
    await rig.send(message("a", "t", [], { maxDeliveries: 2 }));
    for (let crash = 0; crash < 2; crash++) {
      await rig.memory.consumer.claim({ queues: ["default"], worker: "crashed", leaseMs: 30_000, max: 1 });
      await rig.clock.advance(30_000);
    }
  }
  const obituary = {
    line:
      "error Task t[a] rejected: deliveries-exhausted: each worker that took it was lost before it ended, " +
      "maxDeliveries times; look for crashes, or for code that blocks the event loop longer than lease. " +
      'It is kept among the dead letters of queue "default"',
    event: { type: "dead-lettered", id: "a", task: "t", queue: "default", reason: "deliveries-exhausted" },
  };
  const told = (rig: Rig) => ({
    lines: rig.logged("rejected"),
    events: rig.events.filter(({ type }) => type === "dead-lettered"),
  });

  test("the worker whose claim makes it a dead letter says so once, though it consumes another queue", async () => {
    const rig = new Rig();
    await wornOut(rig);
    await rig.started({ queues: ["other"] });
    await rig.started({ hostname: "w2" });
    await rig.clock.advance(600_000);
    expect(told(rig)).toEqual({ lines: [obituary.line], events: [obituary.event] });
  });

  test("it is told too when the claim goes with the end of another task", async () => {
    const rig = new Rig();
    const task = gate();
    rig.task("long", () => task.opened);
    await rig.started({ concurrency: 1, queues: ["other"] });
    await rig.send(message("long", "long", [], { queue: "other" }));
    await turns();
    await wornOut(rig);
    expect(told(rig)).toEqual({ lines: [], events: [] });
    task.open();
    await turns();
    expect(told(rig)).toEqual({ lines: [obituary.line], events: [obituary.event] });
  });

  test("it is told once when the answer to the claim comes after the worker asked again", async () => {
    const rig = new Rig();
    await wornOut(rig);
    let claims = 0;
    const late = (verb: string): Fault => (verb === "claim" && claims++ === 0 ? "late" : "none");
    await rig.started({}, new FaultyStore(rig.memory, rig.clock, late, 15_000).store);
    await rig.clock.advance(14_999);
    await turns();
    expect(told(rig)).toEqual({ lines: [], events: [] });
    await rig.clock.advance(1);
    await turns();
    await rig.clock.advance(60_000);
    expect([told(rig), claims > 1]).toEqual([{ lines: [obituary.line], events: [obituary.event] }, true]);
  });

  test("one of which nothing can be read is told by what there is", async () => {
    const rig = new Rig();
    const { consumer } = rig.memory;
    const letters = [{ id: "x\n", task: "", queue: "default", reason: "malformed" }];
    const claim: typeof consumer.claim = async (request) => {
      const deadLettered = letters.splice(0);
      return { ...(await consumer.claim(request)), ...(deadLettered.length > 0 && { deadLettered }) };
    };
    await rig.started({}, { ...rig.memory, consumer: { ...consumer, claim } });
    expect(told(rig)).toEqual({
      lines: [
        "error Task of unknown name[x ] rejected: malformed: what is stored of it cannot be read. " +
          'It is kept among the dead letters of queue "default"',
      ],
      events: [{ type: "dead-lettered", id: "x\n", task: "", queue: "default", reason: "malformed" }],
    });
  });

  test("after the last delivery it lies among the dead letters, and its result says why", async () => {
    const rig = new Rig();
    await wornOut(rig);
    await rig.started();
    expect((await rig.memory.deadLetters.list({ limit: 9 })).letters.map((letter) => letter.reason)).toEqual([
      "deliveries-exhausted",
    ]);
    expect(await rig.state("a")).toBe("FAILURE");
  });
});

describe("revoke", () => {
  const options = { terminate: true, keepMs: 60_000 };

  test("a running task hears of it at once through the channel, and its end is REVOKED", async () => {
    const rig = new Rig();
    rig.bound(
      "t",
      (self) =>
        new Promise((_, reject) =>
          self.signal.addEventListener("abort", () => reject(self.signal.reason as Error)),
        ),
    );
    await rig.send(message("a", "t"));
    await rig.started();
    await rig.memory.sender.revoke(["a"], options);
    await turns();
    expect(await rig.result("a")).toEqual({ state: "REVOKED", payload: null });
    expect(rig.events.at(-1)).toEqual({
      ...{ type: "task-revoked", id: "a", task: "t", queue: "default" },
      reason: "terminated",
    });
  });

  test("without the hint the heartbeat tells", async () => {
    const rig = new Rig();
    const task = stoppable(rig);
    const deaf = { ...rig.memory.channel, subscribe: async () => () => undefined };
    await rig.send(message("a", "t"));
    await rig.started({}, { ...rig.memory, channel: deaf });
    await rig.memory.sender.revoke(["a"], options);
    await turns();
    expect(task.reasons).toEqual([]);
    await rig.clock.advance(10_000);
    expect(task.reasons).toEqual(["SUNBEAT_TASK_REVOKED"]);
  });

  test("a prefetched task is not started", async () => {
    const rig = new Rig();
    const task = stoppable(rig);
    let ran = false;
    rig.task("second", () => (ran = true));
    await rig.send(message("a", "t"), message("b", "second"));
    await rig.started({ concurrency: 1, prefetch: 2 });
    await rig.memory.sender.revoke(["b"], options);
    await turns();
    task.open("done");
    await turns();
    expect([ran, await rig.state("a"), await rig.state("b")]).toEqual([false, "SUCCESS", "REVOKED"]);
  });

  test("a task that ends well all the same has its result: it did its work", async () => {
    const rig = new Rig();
    const task = stoppable(rig);
    await rig.send(message("a", "t"));
    await rig.started();
    await rig.memory.sender.revoke(["a"], options);
    await turns();
    task.open("finished");
    await turns();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: "finished" });
  });

  test.each(["not json", "{}", "null", "[1, null, {}]"])(
    "a hint that is %s disturbs nothing",
    async (payload) => {
      const rig = new Rig();
      const task = stoppable(rig);
      await rig.send(message("a", "t"));
      const worker = await rig.started();
      await rig.memory.channel.publish("revoke", payload);
      await turns();
      expect([task.reasons, worker.stats().state]).toEqual([[], "running"]);
    },
  );
});
