import { describe, expect, test } from "vitest";
import { locked } from "../../src/locks/index.js";
import { currentTask } from "../../src/tasks/context.js";
import type { TaskDefinition } from "../../src/tasks/definition.js";
import { lockedFunction, resolveTaskLock } from "../../src/tasks/task-lock.js";
import { type Fn, gate, message, Rig, turns } from "./harness.js";

/** The definition's part of a function that `locked` made. */
function lockedTask(rig: Rig, name: string, fn: unknown, options: Partial<TaskDefinition> = {}): void {
  const { inner, lock } = lockedFunction(fn as Fn)!;
  rig.task(name, inner, { lock, ...options });
}

const waiting = async (rig: Rig, lock = "l") =>
  ((await rig.memory.lockInspection.inspect(lock, 99))?.waiters ?? []).map(({ id }) => id);

const types = (rig: Rig, pattern: RegExp) =>
  rig.events
    .filter(({ type }) => pattern.test(type))
    .map(({ type, taskId, id }) => `${type} ${String(taskId ?? id)}`);

describe("a task with a lock", () => {
  test("runs when the lock is free, and knows its name and number", async () => {
    const rig = new Rig();
    const seen: unknown[] = [];
    lockedTask(
      rig,
      "t",
      locked("l")(async () => void seen.push(currentTask().lock)),
    );
    await rig.send(message("a", "t"), message("b", "t"));
    await rig.started();
    const [first, second] = seen as { name: string; fence: number }[];
    expect([first?.name, second?.name]).toEqual(["l", "l"]);
    expect(second!.fence).toBeGreaterThan(first!.fence);
    expect(await rig.memory.lockInspection.inspect("l", 9)).toBeNull();
  });

  test("goes back when the worker stops while it asks for its lock, and is not started any more", async () => {
    const rig = new Rig();
    const [own, late] = [gate(), gate()];
    let ran = 0;
    rig.task("other", () => own.opened);
    lockedTask(
      rig,
      "t",
      locked("l")(async () => void ran++),
    );
    const { consumer } = rig.memory;
    const admit: typeof consumer.admit = async (requests) => {
      await late.opened;
      return consumer.admit(requests);
    };
    await rig.send(message("o", "other"), message("a", "t"));
    const worker = await rig.started(
      { concurrency: 1, prefetch: 2 },
      { ...rig.memory, consumer: { ...consumer, admit } },
    );
    const stop = worker.stop();
    await turns();
    late.open();
    await turns();
    own.open();
    await stop;
    const left = { queue: "default", ready: 1, scheduled: 0, leased: 0, dead: 0 };
    expect([ran, await rig.state("a"), await rig.memory.queues.counts()]).toEqual([0, "PENDING", [left]]);
  });

  test("waits in the store and not in a slot, and others go on", async () => {
    const rig = new Rig();
    const { opened, open } = gate();
    const order: string[] = [];
    lockedTask(
      rig,
      "t",
      locked("l")(async (id: string) => {
        order.push(id);
        if (id === "a") await opened;
      }),
    );
    rig.task("other", () => void order.push("other"));
    await rig.send(...["a", "b", "c", "d"].map((id) => message(id, "t", [id])), message("o", "other"));
    const worker = await rig.started({ concurrency: 2 });
    expect(order).toEqual(["a", "other"]);
    expect([worker.stats().running, await waiting(rig)]).toEqual([1, ["b", "c", "d"]]);
    open();
    await turns();
    expect(order).toEqual(["a", "other", "b", "c", "d"]);
    expect(types(rig, /lock-|retried/)).toEqual([
      ...["lock-acquired a", "lock-waiting b", "lock-waiting c", "lock-waiting d"],
      ...["lock-released a", "lock-acquired b", "lock-released b"],
      ...["lock-acquired c", "lock-released c", "lock-acquired d", "lock-released d"],
    ]);
  });

  test("waits for as long as it takes, without a retry, a delivery or a poll", async () => {
    const rig = new Rig();
    let calls = 0;
    const store = {
      ...rig.memory,
      consumer: {
        ...rig.memory.consumer,
        claim: (...args: Parameters<typeof rig.memory.consumer.claim>) => (
          calls++,
          rig.memory.consumer.claim(...args)
        ),
      },
    };
    const seen: unknown[] = [];
    lockedTask(
      rig,
      "t",
      locked("l")(async () => {
        const { retries, deliveries } = currentTask().request;
        seen.push({ retries, deliveries });
      }),
    );
    const reply = await rig.memory.locks.acquire({
      ...{ lock: "l", capacity: 1, waiter: "p", label: "p", leaseMs: 86_400_000, waiterTtlMs: null },
    });
    await rig.send(message("a", "t"));
    await rig.started({ sweepIntervalMs: 1e9, idleCheckMs: 1e9, lookAgainMs: 1e9 }, store);
    calls = 0;
    await rig.clock.advance(3_600_000);
    expect([calls, seen]).toEqual([0, []]);
    if (reply.outcome === "granted") await rig.memory.locks.release(reply.permit);
    await turns();
    expect(seen).toEqual([{ retries: 0, deliveries: 1 }]);
  });

  test("takes its name from its arguments, without self", async () => {
    const rig = new Rig();
    const names: unknown[] = [];
    const fn = locked((customer: string) => `import:${customer}`)(
      async (self: { lock: unknown }, _: string) => void names.push(self.lock),
    );
    lockedTask(rig, "t", fn, { bind: true });
    await rig.send(message("a", "t", ["acme"]), message("b", "t", ["beta"]));
    await rig.started();
    expect(names).toMatchObject([{ name: "import:acme" }, { name: "import:beta" }]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
      "threw: boom",
    ],
    ["gives nothing", () => undefined as never, "gave undefined"],
    ["gives a promise", (async () => "l") as never, "gave"],
    ["gives 10 kB", () => "x".repeat(10_000), "gave"],
    ["gives two lines", () => "a\nb", "without control characters"],
  ])("whose name function %s fails, and nothing is taken", async (_, name, why) => {
    const rig = new Rig();
    lockedTask(
      rig,
      "t",
      locked(name)(async () => undefined),
    );
    await rig.send(message("a", "t"));
    await rig.started();
    expect(await rig.result("a")).toMatchObject({
      state: "FAILURE",
      payload: { code: "SUNBEAT_LOCK_NAME_INVALID", message: expect.stringContaining(why) as string },
    });
    expect(await rig.memory.lockInspection.list({ limit: 9 })).toEqual([]);
  });

  test("gives its lock back whatever it does", async () => {
    const rig = new Rig();
    lockedTask(
      rig,
      "t",
      locked("l")(async () => {
        throw new Error("boom");
      }),
    );
    await rig.send(...["a", "b", "c"].map((id) => message(id, "t")));
    await rig.started();
    expect(await Promise.all(["a", "b", "c"].map((id) => rig.state(id)))).toEqual([
      "FAILURE",
      "FAILURE",
      "FAILURE",
    ]);
    expect(await rig.memory.lockInspection.list({ limit: 9 })).toEqual([]);
  });

  test("keeps its lock for as long as it runs, by the worker's heartbeat", async () => {
    const rig = new Rig();
    const { opened, open } = gate();
    lockedTask(
      rig,
      "t",
      locked("l")(() => opened),
    );
    await rig.send(message("a", "t"), message("b", "t"));
    await rig.started();
    await rig.clock.advance(600_000);
    expect(await rig.memory.lockInspection.inspect("l", 9)).toMatchObject({ held: 1, waiting: 1 });
    open();
    await turns();
    expect(await rig.memory.lockInspection.inspect("l", 9)).toBeNull();
  });

  test("whose permit is broken aborts with SUNBEAT_LOCK_LOST at the next heartbeat", async () => {
    const rig = new Rig();
    const reasons: unknown[] = [];
    lockedTask(
      rig,
      "t",
      locked("l")(async () => {
        const { signal } = currentTask();
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        reasons.push((signal.reason as { code: string }).code);
      }),
    );
    await rig.send(message("a", "t"));
    await rig.started();
    const token = (await rig.memory.lockInspection.inspect("l", 1))?.holders[0]?.token ?? "";
    await rig.memory.lockInspection.break({ lock: "l", token });
    await rig.clock.advance(10_000);
    expect(reasons).toEqual(["SUNBEAT_LOCK_LOST"]);
    expect(types(rig, /^lock-/)).toEqual(["lock-acquired a", "lock-lost a"]);
    expect(await rig.state("a")).toBe("SUCCESS");
  });

  test("of a worker that is killed is free when the lease ends", async () => {
    const rig = new Rig();
    const order: string[] = [];
    lockedTask(
      rig,
      "t",
      locked("l")((id: string) => {
        order.push(id);
        return order.length === 1 ? new Promise(() => undefined) : Promise.resolve();
      }),
    );
    await rig.send(message("a", "t", ["a"]), message("b", "t", ["b"]));
    const dead = {
      ...rig.memory,
      consumer: { ...rig.memory.consumer, heartbeat: () => new Promise<never>(() => undefined) },
    };
    await rig.started({ concurrency: 1 }, dead);
    await rig.started({ hostname: "w2" });
    expect(order).toEqual(["a"]);
    await rig.clock.advance(29_999);
    expect(order).toEqual(["a"]);
    await rig.clock.advance(1);
    expect(order).toEqual(["a", "b", "a"]);
  });

  describe("which holds its lock and finds no slot free", () => {
    test("goes to a worker that has one, and keeps its lock", async () => {
      const rig = new Rig();
      const ran: unknown[] = [];
      const { opened, open } = gate();
      rig.task("long", () => opened);
      rig.bound("t", (self) => void ran.push([self.request.hostname, self.request.deliveries]), {
        lock: resolveTaskLock("l"),
      });
      await rig.send(message("long", "long"), message("a", "t"), message("b", "t"));
      await rig.started({ concurrency: 1, prefetch: 4 });
      await rig.started({ hostname: "w2", concurrency: 1, prefetch: 4 });
      await rig.clock.advance(999);
      expect(ran).toEqual([]);
      await rig.clock.advance(1);
      expect(ran).toEqual([
        ["w2", 1],
        ["w2", 1],
      ]);
      const told = types(rig, /^lock-(acquired|released)/).filter((each) => each.endsWith(" a"));
      expect(told).toEqual(["lock-acquired a", "lock-released a", "lock-acquired a", "lock-released a"]);
      open();
    });

    test("does not keep it from what is in the slot and waits for it", async () => {
      const rig = new Rig();
      const inner = locked("l")(async () => "inner");
      const order: string[] = [];
      const { opened, open } = gate();
      rig.task("outer", async () => {
        await opened;
        await inner();
        order.push("outer");
      });
      lockedTask(
        rig,
        "t",
        locked("l")(async () => void order.push("t")),
      );
      await rig.send(message("o", "outer"), message("a", "t"));
      await rig.started({ concurrency: 1, prefetch: 4 });
      open();
      await turns();
      expect(await waiting(rig)).toHaveLength(1);
      await rig.clock.advance(31_000);
      expect(order).toEqual(["outer", "t"]);
    });

    test("is not started when the permit was broken meanwhile, but asks for another", async () => {
      const rig = new Rig();
      const { opened, open } = gate();
      const seen: unknown[] = [];
      rig.task("long", () => opened);
      lockedTask(
        rig,
        "t",
        locked("l")(async () => void seen.push([currentTask().lock?.fence, currentTask().signal.aborted])),
      );
      await rig.send(message("long", "long"), message("a", "t"));
      await rig.started({ concurrency: 1, prefetch: 4, leaseMs: 1_500 });
      const [first] = (await rig.memory.lockInspection.inspect("l", 1))?.holders ?? [];
      await rig.memory.lockInspection.break({ lock: "l", token: first?.token ?? "" });
      await rig.clock.advance(800);
      open();
      await turns();
      expect(seen).toEqual([[expect.any(Number), false]]);
      expect((seen as number[][])[0]![0]).toBeGreaterThan(first!.fence!);
    });

    test("stays where it is when a slot comes free in time", async () => {
      const rig = new Rig();
      const { opened, open } = gate();
      rig.task("long", () => opened);
      lockedTask(
        rig,
        "t",
        locked("l")(async () => undefined),
      );
      let given = 0;
      const { memory } = rig;
      const consumer: typeof memory.consumer = {
        ...memory.consumer,
        giveBack: (refs) => (given++, memory.consumer.giveBack(refs)),
      };
      await rig.send(message("long", "long"), message("a", "t"));
      await rig.started({ concurrency: 1, prefetch: 4 }, { ...memory, consumer });
      await rig.clock.advance(900);
      open();
      await turns();
      expect([await rig.state("a"), given]).toEqual(["SUCCESS", 0]);
      await rig.clock.advance(10_000);
      expect(given).toBe(0);
    });
  });

  test("waiting when the worker stops is not touched", async () => {
    const rig = new Rig();
    const { opened, open } = gate();
    lockedTask(
      rig,
      "t",
      locked("l")(() => opened),
    );
    await rig.send(message("a", "t"), message("b", "t"));
    const worker = await rig.started();
    const stopped = worker.stop();
    open();
    await rig.clock.advance(1_000);
    await stopped;
    expect([await rig.state("a"), await rig.state("b")]).toEqual(["SUCCESS", "PENDING"]);
    await rig.started({ hostname: "w2" });
    expect(await rig.state("b")).toBe("SUCCESS");
  });
});

describe("onBusy", () => {
  async function busy(
    rig: Rig,
    options: Parameters<typeof resolveTaskLock>[1],
  ): Promise<() => Promise<unknown>> {
    lockedTask(
      rig,
      "t",
      locked("l", options)(async () => "ran"),
    );
    const reply = await rig.memory.locks.acquire({
      ...{ lock: "l", capacity: 1, waiter: "p", label: "p", leaseMs: 86_400_000, waiterTtlMs: null },
    });
    if (reply.outcome !== "granted") throw new Error("not granted");
    await rig.send(message("a", "t"));
    await rig.started();
    return () => rig.memory.locks.release(reply.permit);
  }

  test('"skip" ends the task as REVOKED, skipped, and tells it', async () => {
    const rig = new Rig();
    await busy(rig, { onBusy: "skip" });
    const [record] = await rig.memory.results.get(["a"]);
    expect(record).toMatchObject({ state: "REVOKED", reason: "skipped", worker: "w1" });
    expect(rig.events.find(({ type }) => type === "task-skipped")).toMatchObject({ id: "a", lock: "l" });
    expect(rig.lines).toContain('info Task t[a] skipped: lock "l" is busy');
  });

  test('"fail" fails the task with SUNBEAT_LOCK_BUSY', async () => {
    const rig = new Rig();
    await busy(rig, { onBusy: "fail" });
    expect(await rig.result("a")).toMatchObject({ state: "FAILURE", payload: { code: "SUNBEAT_LOCK_BUSY" } });
  });

  test('"retry" puts it off, again and again, without counting', async () => {
    const rig = new Rig();
    const free = await busy(rig, { onBusy: "retry", retryIn: 7 });
    expect(await rig.state("a")).toBe("PENDING");
    await rig.clock.advance(70_000);
    expect(rig.events.filter(({ type }) => type === "lock-waiting")).toHaveLength(11);
    await free();
    await rig.clock.advance(7_000);
    expect(await rig.result("a")).toMatchObject({ state: "SUCCESS", payload: "ran" });
    const received = rig.events.filter(({ type }) => type === "task-received").at(-1);
    expect(received).toMatchObject({ retries: 0, deliveries: 1 });
  });

  test('"wait" with a limit ends the task in line', async () => {
    const rig = new Rig();
    await busy(rig, { waitTimeout: 60 });
    await rig.clock.advance(59_999);
    expect(await rig.state("a")).toBe("PENDING");
    await rig.clock.advance(1);
    const [record] = await rig.memory.results.get(["a"]);
    expect(record).toMatchObject({ state: "FAILURE", reason: "lock-timeout" });
  });
});

describe("a function with a lock that is called from a task", () => {
  test("waits in place, knows its own lock, and gives it back", async () => {
    const rig = new Rig();
    const order: unknown[] = [];
    const inner = locked("inner")(async (id: string) => {
      order.push([id, currentTask().lock?.name]);
      await Promise.resolve();
      return id;
    });
    rig.task("t", async (id: string) => {
      await inner(id);
      order.push([id, currentTask().lock]);
    });
    await rig.send(message("a", "t", ["a"]), message("b", "t", ["b"]));
    await rig.started();
    await rig.clock.advance(10_000);
    expect(order).toEqual(
      expect.arrayContaining([
        ["a", "inner"],
        ["a", null],
        ["b", "inner"],
        ["b", null],
      ]),
    );
    expect(await rig.memory.lockInspection.list({ limit: 9 })).toEqual([]);
  });

  test("with the lock the task holds already is an error, not a wait for ever", async () => {
    const rig = new Rig();
    const inner = locked("l")(async () => undefined);
    lockedTask(
      rig,
      "t",
      locked("l")(async () => {
        await inner();
      }),
    );
    await rig.send(message("a", "t"));
    await rig.started();
    expect(await rig.result("a")).toMatchObject({ payload: { code: "SUNBEAT_LOCK_REENTRANT" } });
  });

  test("with a lock the task took further out is an error, too", async () => {
    const rig = new Rig();
    const again = locked("a")(async () => undefined);
    const between = locked("b")(async () => again());
    lockedTask(
      rig,
      "t",
      locked("a")(async () => between()),
    );
    await rig.send(message("a", "t"));
    await rig.started();
    expect(await rig.result("a")).toMatchObject({ payload: { code: "SUNBEAT_LOCK_REENTRANT" } });
  });

  test("outside of a task says what to do", async () => {
    await expect(locked("l")(async () => 1)()).rejects.toMatchObject({
      code: "SUNBEAT_OUTSIDE_TASK",
      message: expect.stringContaining("app.locks.mutex") as string,
    });
  });
});

describe("a message that carries a lock", () => {
  const lock = { name: "entry", capacity: 1, waitTimeoutMs: null, reserveMs: 30_000 };

  test("runs with it, one at a time, without asking", async () => {
    const rig = new Rig();
    const seen: unknown[] = [];
    rig.task("t", () => void seen.push(currentTask().lock?.name));
    await rig.send(message("a", "t", [], { lock }), message("b", "t", [], { lock }));
    const admit = { called: 0 };
    await rig.started(
      {},
      {
        ...rig.memory,
        consumer: { ...rig.memory.consumer, admit: (r) => (admit.called++, rig.memory.consumer.admit(r)) },
      },
    );
    expect([seen, admit.called]).toEqual([["entry", "entry"], 0]);
  });

  test("asks for it again after a retry", async () => {
    const rig = new Rig();
    let runs = 0;
    rig.bound(
      "t",
      (self) => {
        if (++runs === 1) self.retry({ countdown: 5 });
        return self.lock?.name;
      },
      { retry: { max: 1, delayMs: 0, backoff: false, maxDelayMs: 0, jitter: false, on: () => true } },
    );
    await rig.send(message("a", "t", [], { lock }));
    await rig.started();
    expect(await rig.memory.lockInspection.list({ limit: 9 })).toEqual([]);
    await rig.clock.advance(5_000);
    expect(await rig.result("a")).toMatchObject({ state: "SUCCESS", payload: "entry" });
  });

  test("for a task with a lock of its own holds both", async () => {
    const rig = new Rig();
    const held: unknown[] = [];
    lockedTask(
      rig,
      "t",
      locked("own")(async () => {
        held.push(
          (await rig.memory.lockInspection.list({ limit: 9 })).map(({ name }) => name),
          currentTask().lock?.name,
        );
      }),
    );
    await rig.send(message("a", "t", [], { lock }));
    await rig.started();
    expect(held).toEqual([["entry", "own"], "own"]);
    await turns();
    expect(await rig.memory.lockInspection.list({ limit: 9 })).toEqual([]);
  });

  describe("for a task whose own lock is busy", () => {
    const retry = {
      max: 9,
      delayMs: 0,
      backoff: false,
      maxDelayMs: 0,
      jitter: false,
      on: () => true,
    } as const;

    test.each<[string, Parameters<typeof resolveTaskLock>[1], object]>([
      ["skip", { onBusy: "skip" }, { state: "REVOKED", payload: null }],
      ["fail", { onBusy: "fail" }, { state: "FAILURE", payload: { code: "SUNBEAT_LOCK_BUSY" } }],
      ["wait", { waitTimeout: 5 }, { state: "FAILURE", payload: { code: "SUNBEAT_LOCK_TIMEOUT" } }],
    ])(
      "%s ends the run without a retry, as for a task without an entry's lock",
      async (name, options, end) => {
        const rig = new Rig();
        const run = locked("own", options)(async () => "ran");
        lockedTask(rig, "t", run, { retry });
        await rig.memory.locks.acquire({
          ...{ lock: "own", capacity: 1, waiter: "p", label: "p", leaseMs: 86_400_000, waiterTtlMs: null },
        });
        await rig.send(message("a", "t", [], { lock }));
        await rig.started();
        await rig.clock.advance(5_000);
        expect(await rig.result("a")).toMatchObject(end);
        expect(types(rig, /task-(retried|succeeded|failed|skipped)/)).toEqual([
          name === "skip" ? "task-skipped a" : "task-failed a",
        ]);
        expect(await rig.memory.lockInspection.inspect("entry", 9)).toBeNull();
      },
    );

    test("retry puts it off without counting, and lets the entry's lock go meanwhile", async () => {
      const rig = new Rig();
      const run = locked("own", { onBusy: "retry", retryIn: 7 })(async () => "ran");
      lockedTask(rig, "t", run);
      const reply = await rig.memory.locks.acquire({
        ...{ lock: "own", capacity: 1, waiter: "p", label: "p", leaseMs: 86_400_000, waiterTtlMs: null },
      });
      await rig.send(message("a", "t", [], { lock }));
      await rig.started();
      expect([await rig.state("a"), await rig.memory.lockInspection.inspect("entry", 9)]).toEqual([
        "PENDING",
        null,
      ]);
      if (reply.outcome === "granted") await rig.memory.locks.release(reply.permit);
      await rig.clock.advance(7_000);
      expect(await rig.result("a")).toMatchObject({ state: "SUCCESS", payload: "ran" });
      expect(types(rig, /task-retried/)).toEqual([]);
    });

    test("what its function throws is judged as ever, also when it speaks of a lock", async () => {
      const rig = new Rig();
      let runs = 0;
      const inner = locked("other", { onBusy: "fail" })(async () => "never");
      const run = locked("own", { onBusy: "skip" })(async () => (runs++, inner()));
      lockedTask(rig, "t", run, { retry: { ...retry, max: 1 } });
      await rig.memory.locks.acquire({
        ...{ lock: "other", capacity: 1, waiter: "p", label: "p", leaseMs: 86_400_000, waiterTtlMs: null },
      });
      await rig.send(message("a", "t", [], { lock }));
      await rig.started();
      expect(await rig.result("a")).toMatchObject({
        state: "FAILURE",
        payload: { code: "SUNBEAT_LOCK_BUSY" },
      });
      expect(runs).toBe(2);
    });
  });

  test("keeps it while it runs, with acks early, too", async () => {
    const rig = new Rig();
    const { opened, open } = gate();
    rig.task("t", () => opened, { acks: "early" });
    await rig.send(message("a", "t", [], { lock }));
    await rig.started();
    expect((await rig.memory.lockInspection.inspect("entry", 9))?.held).toBe(1);
    open();
    await turns();
    expect(await rig.state("a")).toBe("SUCCESS");
  });
});
