import { describe, expect, test } from "vitest";
import { Reject, Retry } from "../../src/tasks/outcomes.js";
import { FaultyStore } from "./faulty-store.js";
import { gate, message, retry, Rig, turns } from "./harness.js";

describe("a task with acks early", () => {
  test("is acknowledged before it runs, and its result is stored after", async () => {
    const rig = new Rig();
    const own = gate<number>();
    rig.task("t", () => own.opened, { acks: "early" });
    await rig.send(message("a", "t"));
    const worker = await rig.started();
    expect([await rig.memory.queues.counts(), worker.stats().running]).toEqual([[], 1]);
    own.open(7);
    await turns();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: 7 });
    expect(rig.events.map((event) => event.type)).toEqual([
      "worker-online",
      "task-received",
      "task-started",
      "task-succeeded",
    ]);
  });

  test("occupies a slot while it runs", async () => {
    const rig = new Rig();
    const own = gate<void>();
    let started = 0;
    rig.task("t", () => (started++, own.opened), { acks: "early" });
    await rig.send(message("a", "t"), message("b", "t"));
    await rig.started({ concurrency: 1, prefetch: 2 });
    expect(started).toBe(1);
    own.open();
    await turns();
    expect(started).toBe(2);
  });

  test("does not run when its delivery was lost before the acknowledgement", async () => {
    const rig = new Rig();
    let runs = 0;
    rig.task("t", () => runs++, { acks: "early" });
    const consumer = new Proxy(rig.memory.consumer, {
      get: (target, key) =>
        key === "settle"
          ? async (items: unknown[]) => ({ outcomes: items.map(() => "lost"), claimed: null })
          : (Reflect.get(target, key) as unknown),
    });
    await rig.send(message("a", "t"));
    const worker = await rig.started({}, { ...rig.memory, consumer });
    expect([runs, worker.stats().running]).toEqual([0, 0]);
  });

  test("runs once when the answer to the acknowledgement was lost", async () => {
    const rig = new Rig();
    let runs = 0;
    rig.task("t", () => ++runs, { acks: "early" });
    let failures = 1;
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === "settle" && failures-- > 0 ? "reply-lost" : "none",
    );
    await rig.send(message("a", "t"));
    await rig.started({}, faulty.store);
    await rig.clock.advance(1_000);
    await turns();
    expect([runs, await rig.result("a")]).toEqual([1, { state: "SUCCESS", payload: 1 }]);
  });

  test("does not run when another worker may have it by the time the acknowledgement is answered", async () => {
    const rig = new Rig();
    let runs = 0;
    rig.task("t", () => ++runs, { acks: "early" });
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb, count) =>
      verb === "settle" || verb === "heartbeat" ? (count < 40 ? "reply-lost" : "none") : "none",
    );
    const leaseMs = 3_000;
    await rig.send(message("a", "t"));
    await rig.started({ leaseMs }, faulty.store);
    await rig.clock.advance(60_000);
    await turns();
    expect([runs, await rig.memory.queues.counts()]).toEqual([0, []]);
  });

  test("runs again when it asks to, and counts its retries", async () => {
    const rig = new Rig();
    const seen: number[] = [];
    rig.bound(
      "t",
      (self) => {
        seen.push(self.request.retries);
        throw new Retry({ countdown: 5 });
      },
      { acks: "early", trackStarted: true, retry: retry({ max: 2 }) },
    );
    await rig.send(message("a", "t"));
    await rig.started();
    for (let step = 0; step < 12; step++) {
      await rig.clock.advance(1_000);
      await turns(10);
    }
    expect(seen).toEqual([0, 1, 2]);
    expect((await rig.failure("a")).code).toBe("SUNBEAT_RETRIES_EXHAUSTED");
  });

  test.each([
    ["forget", "refused"],
    ["forget", "reply-lost"],
    ["enqueue", "refused"],
    ["enqueue", "reply-lost"],
  ] as const)("runs again once when the store fails in the middle of that: %s %s", async (failing, fault) => {
    const rig = new Rig();
    let runs = 0;
    const again = (): string => {
      if (++runs === 1) throw new Retry({ countdown: 5 });
      return "done";
    };
    rig.task("t", again, { acks: "early", trackStarted: true, retry: retry({ max: 2 }) });
    let failures = 1;
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === failing && failures-- > 0 ? fault : "none",
    );
    await rig.send(message("a", "t"));
    await rig.started({}, faulty.store);
    for (let step = 0; step < 12; step++) {
      await rig.clock.advance(1_000);
      await turns(10);
    }
    expect([runs, await rig.result("a")]).toEqual([2, { state: "SUCCESS", payload: "done" }]);
  });

  test("can be revoked through the channel", async () => {
    const rig = new Rig();
    rig.bound(
      "t",
      (self) =>
        new Promise((_, reject) =>
          self.signal.addEventListener("abort", () => reject(self.signal.reason as Error)),
        ),
      { acks: "early" },
    );
    await rig.send(message("a", "t"));
    await rig.started();
    await rig.memory.channel.publish("revoke", '["a"]');
    await turns();
    expect(await rig.state("a")).toBe("REVOKED");
  });

  test("that rejects leaves a failure, since there is no letter to keep", async () => {
    const rig = new Rig();
    rig.task(
      "t",
      () => {
        throw new Reject("no");
      },
      { acks: "early" },
    );
    await rig.send(message("a", "t"));
    await rig.started();
    expect(await rig.failure("a")).toEqual({ name: "Reject", message: "no", code: null });
    expect(rig.events.map((event) => event.type)).not.toContain("dead-lettered");
  });

  test("that a stopping worker cannot wait for fails with SUNBEAT_SHUTDOWN", async () => {
    const rig = new Rig();
    rig.task("t", () => new Promise(() => undefined), { acks: "early" });
    await rig.send(message("a", "t"));
    const worker = await rig.started();
    const kill = worker.kill();
    await turns();
    await kill;
    expect((await rig.failure("a")).code).toBe("SUNBEAT_SHUTDOWN");
  });

  test("keeps its result until the store takes it", async () => {
    const rig = new Rig();
    let failures = 3;
    rig.task("t", () => "kept", { acks: "early" });
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === "put" && failures-- > 0 ? "refused" : "none",
    );
    await rig.send(message("a", "t"));
    await rig.started({}, faulty.store);
    await rig.clock.advance(5_000);
    await turns();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: "kept" });
  });
});
