import { describe, expect, test } from "vitest";
import type { NewMessage } from "../../src/store/contracts/sender.js";
import { FaultyStore } from "./faulty-store.js";
import { gate, message, Rig, turns } from "./harness.js";

/** A task that runs until the test opens its gate, and tells when it started. */
function gated(rig: Rig, name = "wait"): { readonly started: string[]; open(id: string): void } {
  const gates = new Map<string, ReturnType<typeof gate<void>>>();
  const started: string[] = [];
  rig.bound(name, async (self) => {
    started.push(self.request.id);
    const own = gate();
    gates.set(self.request.id, own);
    await own.opened;
  });
  return { started, open: (id) => gates.get(id)!.open() };
}

const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

describe("a task in hand that waits for a slot", () => {
  const behind = async (changes: Partial<NewMessage>, isDeaf = false) => {
    const rig = new Rig();
    const own = gate();
    let ran = 0;
    rig.task("long", () => own.opened);
    rig.task("t", () => ran++);
    await rig.send(message("o", "long"), message("a", "t", [], changes));
    const channel = { ...rig.memory.channel, ...(isDeaf && { subscribe: async () => () => undefined }) };
    await rig.started({ concurrency: 1, prefetch: 2 }, { ...rig.memory, channel });
    expect(await rig.state("a")).toBe("RECEIVED");
    return { rig, own, ran: () => ran };
  };

  test("does not begin once it has expired", async () => {
    const { rig, own, ran } = await behind({ expires: { inMs: 10_000 } });
    await rig.clock.advance(10_000);
    own.open();
    await turns();
    const worker = expect.any(String) as string;
    expect([ran(), await rig.memory.results.get(["a"])]).toEqual([
      0,
      [{ id: "a", state: "REVOKED", payload: null, reason: "expired", worker, at: rig.clock.now() }],
    ]);
    expect(rig.events.map(({ type, id }) => `${type} ${String(id)}`)).toContain("task-revoked a");
    expect(await rig.memory.queues.counts()).toEqual([]);
  });

  test.each([
    ["the channel", false, 0],
    ["the heartbeat alone", true, 10_000],
  ])("does not begin once it was revoked, as %s tells, and what runs goes on", async (_, isDeaf, heldMs) => {
    const { rig, own, ran } = await behind({}, isDeaf);
    await rig.memory.sender.revoke(["a", "o"], { terminate: false, keepMs: 0 });
    await rig.clock.advance(heldMs);
    own.open();
    await turns();
    expect([ran(), await rig.state("a"), await rig.state("o")]).toEqual([0, "REVOKED", "SUCCESS"]);
    expect(await rig.memory.queues.counts()).toEqual([]);
  });

  test.each([true, false])("ends at once when it is revoked, terminate %s", async (terminate) => {
    const { rig, own, ran } = await behind({});
    await rig.memory.sender.revoke(["a"], { terminate, keepMs: 0 });
    await turns();
    expect([await rig.state("a"), await rig.state("o"), ran()]).toEqual(["REVOKED", "RECEIVED", 0]);
    own.open();
    await turns();
    expect([ran(), await rig.state("o"), await rig.memory.queues.counts()]).toEqual([0, "SUCCESS", []]);
  });

  test("begins a moment before it expires, and may end later", async () => {
    const { rig, own, ran } = await behind({ expires: { inMs: 10_000 } });
    await rig.clock.advance(9_999);
    own.open();
    await turns();
    expect([ran(), await rig.state("a")]).toEqual([1, "SUCCESS"]);
  });
});

describe("slots", () => {
  test("never more tasks run than the concurrency allows, and each freed slot takes the next", async () => {
    const rig = new Rig();
    const tasks = gated(rig);
    await rig.send(...ids("t", 5).map((id) => message(id, "wait")));
    const worker = await rig.started({ concurrency: 2 });
    expect(tasks.started).toEqual(["t0", "t1"]);
    tasks.open("t1");
    await turns();
    expect(tasks.started).toEqual(["t0", "t1", "t2"]);
    expect(worker.stats()).toEqual({
      state: "running",
      running: 2,
      prefetched: 0,
      unsettled: 0,
      recordsLeftOut: 0,
      processed: 1,
      overran: 0,
      pools: [{ name: "async", size: 2, running: 2, processed: 1, overran: 0, lost: 0 }],
    });
  });

  test.each([
    // concurrency prefetch  taken  because
    [2, 1, 2, "it takes only what it can start"],
    [2, 2, 4, "two for each free slot"],
    [1, 3, 3, "three for the one free slot"],
  ])("concurrency %i with prefetch %i takes %i of ten: %s", async (concurrency, prefetch, taken) => {
    const rig = new Rig();
    const tasks = gated(rig);
    await rig.send(...ids("t", 10).map((id) => message(id, "wait")));
    const worker = await rig.started({ concurrency, prefetch });
    expect(worker.stats()).toMatchObject({ running: concurrency, prefetched: taken - concurrency });
    expect((await rig.memory.queues.counts())[0]).toMatchObject({ leased: taken, ready: 10 - taken });
    expect(tasks.started).toEqual(ids("t", concurrency));
  });

  test("a prefetched task starts when a slot frees, and nothing is claimed while one still waits", async () => {
    const rig = new Rig();
    const tasks = gated(rig);
    await rig.send(...ids("t", 6).map((id) => message(id, "wait")));
    const worker = await rig.started({ concurrency: 2, prefetch: 2 });
    tasks.open("t0");
    await turns();
    expect(tasks.started).toEqual(["t0", "t1", "t2"]);
    expect(worker.stats()).toMatchObject({ running: 2, prefetched: 1 });
    expect((await rig.memory.queues.counts())[0]).toMatchObject({ ready: 2, leased: 3 });
  });

  test("prefetched tasks start as slots free also while the store is slow to answer", async () => {
    const rig = new Rig();
    const tasks = gated(rig);
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) => (verb === "settle" ? "late" : "none"));
    await rig.send(...ids("t", 3).map((id) => message(id, "wait")));
    await rig.started({ concurrency: 1, prefetch: 3 }, faulty.store);
    tasks.open("t0");
    await turns();
    expect([faulty.inFlight, tasks.started]).toEqual([1, ["t0", "t1"]]);
    tasks.open("t1");
    await turns();
    expect([faulty.inFlight, tasks.started]).toEqual([1, ["t0", "t1", "t2"]]);
  });

  test("of many short tasks the store gets one half while the other half runs, and never more are held", async () => {
    const rig = new Rig();
    rig.task("note", () => null);
    const faulty = new FaultyStore(rig.memory, rig.clock, () => "none");
    await rig.send(...ids("t", 80).map((id) => message(id, "note")));
    await rig.started({ concurrency: 16, prefetch: 2 }, faulty.store);
    const seen = faulty.calls
      .filter(({ verb }) => verb === "claim" || verb === "settle")
      .map(({ args }) => {
        const [ends, claim] = (args.length === 1 ? [[], args[0]] : args) as [
          unknown[],
          { max: number } | null,
        ];
        return [ends.length, claim?.max];
      });
    expect(seen.slice(0, 4)).toEqual([
      [0, 32],
      [16, 16],
      [16, 16],
      [16, 16],
    ]);
    expect(faulty.mostInFlight).toBe(1);
  });

  test("when many end before the store has answered, a second call follows the first, and no third", async () => {
    const rig = new Rig();
    rig.task("note", () => null);
    const late = (verb: string) => (verb === "settle" ? "late" : "none");
    const faulty = new FaultyStore(rig.memory, rig.clock, late, 1_000);
    await rig.send(...ids("t", 200).map((id) => message(id, "note")));
    const worker = await rig.started({ concurrency: 16, prefetch: 2 }, faulty.store);
    await turns();
    const settled = (): unknown[] =>
      faulty.calls
        .filter(({ verb }) => verb === "settle")
        .map(({ args }) => [(args[0] as unknown[]).length, (args[1] as { max: number } | null)?.max]);
    expect(settled()).toEqual([
      [16, 16],
      [16, 16],
    ]);
    expect(worker.stats()).toMatchObject({ running: 0, prefetched: 0, unsettled: 0, processed: 32 });
    await rig.clock.advance(1_000);
    expect(settled()).toHaveLength(4);
    await rig.clock.advance(60_000);
    expect(faulty.mostInFlight).toBe(2);
    expect(worker.stats()).toMatchObject({ processed: 200 });
  });

  test("a second call that fails with the first is made again, and every end is stored once", async () => {
    const rig = new Rig();
    rig.task("note", () => "done");
    let settles = 0;
    const faulty = new FaultyStore(
      rig.memory,
      rig.clock,
      (verb) =>
        verb !== "settle" ? "none" : ++settles === 2 ? "refused" : settles === 3 ? "reply-lost" : "late",
      500,
    );
    await rig.send(...ids("t", 100).map((id) => message(id, "note")));
    const worker = await rig.started({ concurrency: 16, prefetch: 2 }, faulty.store);
    await rig.clock.advance(120_000);
    expect(worker.stats()).toMatchObject({ state: "running", running: 0, unsettled: 0 });
    for (const id of ids("t", 100)) expect(await rig.state(id)).toBe("SUCCESS");
  });

  test("tasks start by priority, then in the order in which they were sent", async () => {
    const rig = new Rig();
    const order: string[] = [];
    rig.bound("note", (self) => void order.push(self.request.id));
    await rig.send(
      message("a", "note"),
      message("b", "note", [], { priority: 5 }),
      message("c", "note"),
      message("d", "note", [], { priority: 9 }),
    );
    await rig.started({ concurrency: 1 });
    expect(order).toEqual(["d", "b", "a", "c"]);
  });

  test("only the queues that were named are served", async () => {
    const rig = new Rig();
    rig.task("note", () => null);
    await rig.send(message("a", "note"), message("b", "note", [], { queue: "slow" }));
    await rig.started({ queues: ["default"] });
    expect([await rig.state("a"), await rig.state("b")]).toEqual(["SUCCESS", "PENDING"]);
  });

  test("long synchronous tasks do not keep the event loop waiting until all have run", async () => {
    const rig = new Rig();
    const between: string[] = [];
    let turnsSeen = 0;
    const count = (): void => void setImmediate(() => (turnsSeen++, count()));
    rig.task("block", () => {
      between.push(String(turnsSeen));
      rig.clock.spend(60);
    });
    await rig.send(...ids("t", 6).map((id) => message(id, "block")));
    count();
    await rig.started({ concurrency: 6 });
    expect(new Set(between).size, "a turn after each").toBe(6);
  });
});

describe("waiting for work", () => {
  test("an arrival wakes an idle worker without any time passing", async () => {
    const rig = new Rig();
    rig.task("note", () => "done");
    await rig.started();
    await rig.send(message("a", "note"));
    await turns();
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: "done" });
  });

  test("a delayed task starts at its eta, from the local timer", async () => {
    const rig = new Rig();
    let at = 0;
    rig.task("note", () => void (at = rig.clock.now()));
    const eta = rig.clock.now() + 90_000;
    await rig.send(message("a", "note", [], { eta: { at: eta } }));
    await rig.started();
    await rig.clock.advance(89_999);
    expect(at).toBe(0);
    await rig.clock.advance(1);
    await turns();
    expect(at).toBe(eta);
  });

  test("an idle worker asks the store a few times in ten minutes, and not in a loop", async () => {
    const rig = new Rig();
    const faulty = new FaultyStore(rig.memory, rig.clock, () => "none");
    await rig.started({}, faulty.store);
    await rig.clock.advance(600_000);
    expect(faulty.count("claim")).toBeLessThanOrEqual(4);
    expect(faulty.count("heartbeat")).toBe(0);
  });

  test("a bell that is stuck costs a bounded number of claims", async () => {
    const rig = new Rig();
    const faulty = new FaultyStore(rig.memory, rig.clock, () => "none");
    const stuck = { wait: async () => undefined, close: async () => undefined };
    const consumer = new Proxy(faulty.store.consumer, {
      get: (target, key) => (key === "listen" ? async () => stuck : (Reflect.get(target, key) as unknown)),
    });
    await rig.started({}, { ...faulty.store, consumer });
    await turns(200);
    const atRest = faulty.count("claim");
    expect(atRest).toBeLessThanOrEqual(12);
    await rig.clock.advance(1_000);
    expect(faulty.count("claim") - atRest).toBeLessThanOrEqual(220);
  });

  test("a wake-up instant that stays in the past does not become a busy loop", async () => {
    const rig = new Rig();
    const faulty = new FaultyStore(rig.memory, rig.clock, () => "none");
    const consumer = new Proxy(faulty.store.consumer, {
      get: (target, key) =>
        key !== "claim"
          ? (Reflect.get(target, key) as unknown)
          : async () => {
              faulty.calls.push({ verb: "claim", args: [], fault: "none" });
              return { deliveries: [], now: rig.clock.now(), nextWakeAt: rig.clock.now() - 5_000 };
            },
    });
    await rig.started({}, { ...faulty.store, consumer });
    await turns(200);
    expect(faulty.count("claim")).toBe(1);
    await rig.clock.advance(20);
    expect(faulty.count("claim")).toBeLessThanOrEqual(21);
  });

  test("a worker without a free slot does not wait at the bell: the ring is for one that can take the work", async () => {
    const rig = new Rig();
    const tasks = gated(rig);
    const waits: AbortSignal[] = [];
    const bell = {
      wait: (_: number, signal: AbortSignal) => {
        waits.push(signal);
        return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      },
      close: async () => undefined,
    };
    await rig.send(message("a", "wait", [], { eta: { inMs: 1_000 } }));
    await rig.started(
      { concurrency: 1 },
      { ...rig.memory, consumer: { ...rig.memory.consumer, listen: async () => bell } },
    );
    expect(waits.map((signal) => signal.aborted)).toEqual([false]);
    await rig.clock.advance(1_000);
    await turns();
    expect([tasks.started, waits.map((signal) => signal.aborted)]).toEqual([["a"], [true]]);
    tasks.open("a");
    await turns();
    expect(waits.map((signal) => signal.aborted)).toEqual([true, false]);
  });
});

describe("calls to the store", () => {
  test("what ended goes with the next claim in one call, and one call is on its way at most", async () => {
    const rig = new Rig();
    rig.task("note", () => null);
    const faulty = new FaultyStore(rig.memory, rig.clock, () => "none");
    await rig.send(...ids("t", 1_000).map((id) => message(id, "note")));
    await rig.started({ concurrency: 100, prefetch: 1 }, faulty.store);
    await turns(100);
    expect(
      (await rig.memory.results.get(ids("t", 1_000))).every((record) => record?.state === "SUCCESS"),
    ).toBe(true);
    expect(faulty.mostInFlight).toBe(1);
    expect(faulty.count("settle")).toBe(10);
    expect(faulty.count("claim")).toBe(1);
  });

  test("10,000 tasks are drained, each run once, and no listener or timer is left over", async () => {
    const rig = new Rig();
    const runs = new Map<string, number>();
    const warnings: string[] = [];
    const warn = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", warn);
    rig.bound("note", (self) => {
      runs.set(self.request.id, (runs.get(self.request.id) ?? 0) + 1);
      return self.signal.aborted;
    });
    await rig.send(...ids("t", 10_000).map((id) => message(id, "note")));
    const worker = await rig.started({ concurrency: 50, prefetch: 2 });
    for (let left = 500; left > 0 && worker.stats().processed < 10_000; left--) await turns(5);
    await turns();
    expect([runs.size, Math.max(...runs.values())]).toEqual([10_000, 1]);
    expect(await rig.memory.queues.counts()).toEqual([]);
    const stopped = worker.stop();
    await turns();
    await stopped;
    process.off("warning", warn);
    expect([rig.clock.timers, warnings]).toEqual([0, []]);
  });
});
