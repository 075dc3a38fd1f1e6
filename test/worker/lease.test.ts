import { describe, expect, test } from "vitest";
import type { SunbeatError } from "../../src/core/errors.js";
import type { DeliveryRef } from "../../src/store/contracts/delivery.js";
import { resolveTaskLock } from "../../src/tasks/task-lock.js";
import { FaultyStore } from "./faulty-store.js";
import { gate, message, Rig, turns } from "./harness.js";

/** The heartbeats of a worker: ids and the lease that was asked for. */
const beats = ({ calls }: FaultyStore): string[] =>
  calls
    .filter(({ verb }) => verb === "heartbeat")
    .map(
      ({ args: [refs, leaseMs] }) =>
        `${(refs as DeliveryRef[]).map(({ id }) => id).join()} ${String(leaseMs)}`,
    );

describe("a task with a lease of its own", () => {
  test("has it in the store before it runs, and keeps it by its own period", async () => {
    const rig = new Rig();
    const own = gate();
    let before: string[] = [];
    const faulty = new FaultyStore(rig.memory, rig.clock, () => "none");
    rig.task("t", () => ((before = beats(faulty)), own.opened), { leaseMs: 90_000 });
    rig.task("other", () => own.opened);
    await rig.send(message("a", "t"), message("o", "other"));
    await rig.started({ leaseMs: 15_000 }, faulty.store);
    expect(before).toEqual(["a 90000"]);
    await rig.clock.advance(30_000);
    expect(beats(faulty).slice(1)).toEqual([
      ...["o 15000", "o 15000", "o 15000", "o 15000", "o 15000"],
      ...["a 90000", "o 15000"],
    ]);
    own.open();
    await turns();
    expect([await rig.state("a"), await rig.state("o")]).toEqual(["SUCCESS", "SUCCESS"]);
  });

  test.each([
    [30_000, 90_000, "longer than its worker's"],
    [30_000, 2_000, "shorter than its worker's"],
  ])(
    "under a worker's lease of %i ms goes to another one after %i ms of silence: %s",
    async (leaseMs, taskMs) => {
      const rig = new Rig();
      const ran: string[] = [];
      rig.bound(
        "t",
        ({ request }) => (ran.push(request.hostname), ran.length === 1 && new Promise(() => undefined)),
        {
          leaseMs: taskMs,
        },
      );
      let calls = 0;
      const silent = new FaultyStore(rig.memory, rig.clock, (verb) =>
        verb === "heartbeat" && calls++ > 0 ? "refused" : "none",
      );
      await rig.send(message("a", "t"));
      await rig.started({ hostname: "silent", leaseMs, concurrency: 1 }, silent.store);
      await rig.started({ hostname: "next", leaseMs });
      await rig.clock.advance(taskMs - 1);
      expect(ran).toEqual(["silent"]);
      await rig.clock.advance(1);
      await turns();
      expect(ran).toEqual(["silent", "next"]);
    },
  );

  test("does not begin before the store has answered", async () => {
    const rig = new Rig();
    let runs = 0;
    rig.task("t", () => ++runs, { leaseMs: 90_000 });
    let failures = 2;
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === "heartbeat" && failures-- > 0 ? "refused" : "none",
    );
    await rig.send(message("a", "t"));
    await rig.started({}, faulty.store);
    expect(runs).toBe(0);
    await rig.clock.advance(1_000);
    await turns();
    expect([runs, await rig.result("a")]).toEqual([1, { state: "SUCCESS", payload: 1 }]);
  });

  test("has its lock, too, and loses neither while it runs", async () => {
    const rig = new Rig();
    const own = gate();
    rig.task("t", () => own.opened, { leaseMs: 5_000, lock: resolveTaskLock("l") });
    await rig.send(message("a", "t"), message("b", "t"));
    await rig.started();
    await rig.clock.advance(60_000);
    expect(await rig.memory.lockInspection.inspect("l", 9)).toMatchObject({ held: 1, waiting: 1 });
    own.open();
    await turns();
    expect([await rig.state("a"), await rig.state("b"), rig.logged("delivered again")]).toEqual([
      "SUCCESS",
      "SUCCESS",
      [],
    ]);
  });
});

describe("an event loop that was blocked for longer than the lease", () => {
  const BLOCKED = "the event loop was blocked for 6.0 s, longer than the lease of 3 s";

  test("is named in the log, in the reason of the signal, and at the end of the task that is dropped", async () => {
    const rig = new Rig();
    const reasons: string[] = [];
    rig.bound("t", ({ signal }) => {
      rig.clock.spend(5_000);
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          const reason = signal.reason as SunbeatError;
          reasons.push(`${reason.code}: ${reason.message}`);
          reject(reason);
        }),
      );
    });
    await rig.send(message("a", "t"));
    await rig.started({ hostname: "busy", leaseMs: 3_000 });
    await rig.clock.advance(1_000);
    await turns();
    expect(reasons).toEqual([
      `SUNBEAT_LEASE_LOST: the lease of t[a] was lost: ${BLOCKED}; another worker may run it`,
    ]);
    expect(rig.logged("blocked")).toEqual([
      `warn ${BLOCKED.replace("the", "The")}: another worker may run t[a], too. ` +
        "Compute in a thread or process of its own, or give such a task a longer lease",
      `warn Task t[a]: its lease was lost (${BLOCKED}) and another worker may have it; its end here is dropped`,
    ]);
  });

  test.each([
    ["goes on", () => new Promise(() => undefined)],
    [
      "has ended",
      (signal: AbortSignal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("over")))),
    ],
  ])("is named with the dead letter that the worker makes of a task that %s", async (_, run) => {
    const rig = new Rig();
    await rig.send(message("a", "t", [], { maxDeliveries: 1 }));
    const faulty = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === "heartbeat" ? "refused" : "none",
    );
    rig.bound("t", ({ signal }) => (rig.clock.spend(5_000), run(signal)));
    await rig.started({ hostname: "busy", leaseMs: 3_000 }, faulty.store);
    await rig.clock.advance(3_000);
    await turns();
    expect(rig.logged("rejected")).toEqual([
      `error Task t[a] rejected: deliveries-exhausted: this worker had it, and ${BLOCKED}. ` +
        'It is kept among the dead letters of queue "default"',
    ]);
  });

  test("is not blamed where the store did not answer", async () => {
    const rig = new Rig();
    rig.task("t", () => new Promise(() => undefined));
    const away = new FaultyStore(rig.memory, rig.clock, (verb) =>
      verb === "heartbeat" ? "refused" : "none",
    );
    await rig.send(message("a", "t"));
    await rig.started({ leaseMs: 3_000 }, away.store);
    await rig.clock.advance(10_000);
    expect(rig.logged("blocked")).toEqual([]);
  });
});
