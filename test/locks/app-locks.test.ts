import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, onTestFinished, test } from "vitest";
import { StoreError } from "../../src/core/errors.js";
import { silentLogger } from "../../src/core/logger.js";
import { seededRandom } from "../../src/core/random.js";
import { Sunbeat } from "../../src/index.js";
import { type AcquireOptions, type HeldLock, Locks } from "../../src/locks/index.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import type { LockStore as StoreLocks } from "../../src/store/contracts/locks.js";
import type { Store } from "../../src/store/contracts/store.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

function setUp(change: (locks: StoreLocks) => StoreLocks = (locks) => locks) {
  const clock = new ManualClock();
  const random = seededRandom(1);
  const memory = openMemoryStore({ clock, random, logger: silentLogger });
  const store: Store = { ...memory, locks: change(memory.locks) };
  const events: Event[] = [];
  const emit = (type: string, fields: object): void => void events.push({ type, ...fields });
  const app = (): Locks => new Locks({ store, clock, random, logger: silentLogger, events: { emit } });
  const locks = app();
  onTestFinished(() => locks.close());
  return { clock, store: memory, locks, app, events };
}

const code = (code: string) => expect.objectContaining({ code }) as Error;
const holders = async (store: Store) => (await store.lockInspection.inspect("l", 9))?.held ?? 0;

test("a lease that is made longer while a renewal by the old one is on its way lasts as long as was asked", async () => {
  // A call takes a second, there and back, and the store does one after the other.
  const { clock, locks } = setUp((inner) => ({
    ...inner,
    extend: async (permit, leaseMs) => {
      const answer = await inner.extend(permit, leaseMs);
      await new Promise<void>((resolve) => clock.after(1_000, resolve));
      return answer;
    },
  }));
  const held = await locks.mutex("l").acquire({ lease: 30 });
  await clock.advance(9_999);
  const extended = held.extend(600);
  await clock.advance(1_001);
  await extended;
  await clock.advance(120_000);
  expect(held.held).toBe(true);
  await held.release();
});

test("a lease that may have been made shorter is not trusted for longer, though the answer was lost", async () => {
  let away = false;
  const { clock, locks } = setUp((inner) => ({
    ...inner,
    extend: async (permit, leaseMs) => {
      if (!away) await inner.extend(permit, leaseMs);
      away = true;
      throw new StoreError("SUNBEAT_STORE_UNAVAILABLE", "connection reset", { retryable: true });
    },
  }));
  const held = await locks.mutex("l").acquire({ lease: 30 });
  const { signal } = held;
  await expect(held.extend(5)).rejects.toThrow(code("SUNBEAT_STORE_UNAVAILABLE"));
  await clock.advance(5_000);
  expect(signal.aborted).toBe(true);
});

test("what could not be given back can be given back by its token, and is not kept in mind", async () => {
  let failures = 1;
  const { locks, store } = setUp((inner) => ({
    ...inner,
    release: async (permit) => {
      if (failures-- > 0)
        throw new StoreError("SUNBEAT_STORE_UNAVAILABLE", "connection reset", { retryable: true });
      return inner.release(permit);
    },
  }));
  const held = await locks.mutex("l").acquire();
  await expect(held.release()).rejects.toThrow(code("SUNBEAT_STORE_UNAVAILABLE"));
  await expect(held.release()).rejects.toThrow(code("SUNBEAT_LOCK_NOT_HELD"));
  expect(await holders(store)).toBe(1);
  await locks.mutex("l").release(held.token);
  expect(await holders(store)).toBe(0);
});

test("a lease that could not be made shorter goes on as it was once the store is back", async () => {
  let failures = 1;
  const { clock, locks } = setUp((inner) => ({
    ...inner,
    extend: async (permit, leaseMs) => {
      if (failures-- > 0)
        throw new StoreError("SUNBEAT_STORE_UNAVAILABLE", "connection reset", { retryable: true });
      return inner.extend(permit, leaseMs);
    },
  }));
  const held = await locks.mutex("l").acquire({ lease: 30 });
  await expect(held.extend(5)).rejects.toThrow(code("SUNBEAT_STORE_UNAVAILABLE"));
  await clock.advance(120_000);
  expect(held.held).toBe(true);
});

describe("what is refused, leaving no permit behind", () => {
  test.each([
    ["capacity 0", (locks: Locks) => locks.semaphore("l", 0)],
    ["capacity -1", (locks: Locks) => locks.semaphore("l", -1)],
    ["capacity 1.5", (locks: Locks) => locks.semaphore("l", 1.5)],
    ["capacity NaN", (locks: Locks) => locks.semaphore("l", NaN)],
    ["an empty name", (locks: Locks) => locks.mutex("")],
    ["a name of blanks", (locks: Locks) => locks.mutex("  ")],
    ["a name of 10 kB", (locks: Locks) => locks.mutex("x".repeat(10_000))],
    ["a name with a line break", (locks: Locks) => locks.mutex("a\nb")],
  ])("%s", (_, make) => {
    const { locks } = setUp();
    expect(() => make(locks)).toThrow(code("SUNBEAT_OPTION_INVALID"));
  });

  test.each([
    ["an unknown option", { waits: 1 } as AcquireOptions, "SUNBEAT_OPTION_UNKNOWN"],
    ["a lease of 1 ms", { lease: { milliseconds: 1 } }, "SUNBEAT_OPTION_INVALID"],
    ["a negative wait", { wait: -1 }, "SUNBEAT_OPTION_INVALID"],
    ["a signal that is none", { signal: {} as AbortSignal }, "SUNBEAT_OPTION_INVALID"],
  ])("%s", async (_, options, expected) => {
    const { locks, store } = setUp();
    await expect(locks.mutex("l").acquire(options)).rejects.toThrow(code(expected));
    expect(await holders(store)).toBe(0);
  });

  test("giving back twice, with a foreign token, or what another lock gave", async () => {
    const { locks, store } = setUp();
    const held = await locks.mutex("l").acquire();
    await expect(locks.mutex("l").release("foreign")).rejects.toThrow(code("SUNBEAT_LOCK_NOT_HELD"));
    await expect(locks.mutex("other").release(held)).rejects.toThrow(code("SUNBEAT_LOCK_NOT_HELD"));
    expect(await holders(store)).toBe(1);
    await held.release();
    await expect(held.release()).rejects.toThrow(code("SUNBEAT_LOCK_NOT_HELD"));
    await expect(locks.mutex("l").release(held)).rejects.toThrow(code("SUNBEAT_LOCK_NOT_HELD"));
    expect(await holders(store)).toBe(0);
  });
});

describe("a mutex", () => {
  test("is held by one, and handed on in order", async () => {
    const { clock, locks } = setUp();
    const order: string[] = [];
    const work = ["a", "b", "c"].map((name) =>
      locks.mutex("l").using(async () => {
        order.push(`${name} in`);
        await new Promise<void>((resolve) => void clock.after(1_000, resolve));
        order.push(`${name} out`);
      }),
    );
    await clock.advance(3_100);
    await Promise.all(work);
    expect(order).toEqual(["a in", "a out", "b in", "b out", "c in", "c out"]);
  });

  test("gives numbers that only grow, over holders and apps", async () => {
    const { locks, app } = setUp();
    const fences: number[] = [];
    for (const each of [locks, app(), locks]) {
      await each.mutex("l").using(({ fence }) => void fences.push(fence));
    }
    expect(fences).toEqual([...fences].sort((a, b) => a - b));
    expect(new Set(fences).size).toBe(3);
  });

  test("without waiting is refused when it is busy", async () => {
    const { locks } = setUp();
    await locks.mutex("l").acquire();
    for (const wait of [false, 0]) {
      await expect(locks.mutex("l").acquire({ wait })).rejects.toThrow(code("SUNBEAT_LOCK_BUSY"));
    }
  });

  test("is waited for so long and no longer, and leaves no place in line behind", async () => {
    const { clock, locks, store } = setUp();
    await locks.mutex("l").acquire();
    const refused = expect(locks.mutex("l").acquire({ wait: 60 })).rejects.toThrow(
      code("SUNBEAT_LOCK_TIMEOUT"),
    );
    await clock.advance(59_999);
    expect((await store.lockInspection.inspect("l", 9))?.waiting).toBe(1);
    await clock.advance(1);
    await refused;
    expect((await store.lockInspection.inspect("l", 9))?.waiting).toBe(0);
  });

  test("is kept for as long as it takes, by renewals", async () => {
    const { clock, locks } = setUp();
    const held = await locks.mutex("l").acquire({ lease: 10 });
    await clock.advance(3_600_000);
    expect([held.held, held.signal.aborted]).toEqual([true, false]);
    await held.release();
    expect(clock.timers).toBe(0);
  });

  test("is given back at the end of a block", async () => {
    const { locks, store } = setUp();
    {
      await using held = await locks.mutex("l").acquire();
      expect(held.held).toBe(true);
    }
    expect(await holders(store)).toBe(0);
  });

  test("can be extended and given back by token, from elsewhere", async () => {
    const { clock, locks, app, store } = setUp();
    const held = await locks.mutex("l").acquire();
    await app().mutex("l").extend(held.token, 60);
    const { holders: permits = [] } = (await store.lockInspection.inspect("l", 9)) ?? {};
    expect(permits.map(({ token, until }) => [token, until - clock.now()])).toEqual([[held.token, 60_000]]);
    await app().mutex("l").release(held.token);
    expect(await holders(store)).toBe(0);
  });
});

describe("waiting", () => {
  test("ends when its signal aborts, with the reason, and the line goes on", async () => {
    const { clock, locks, store } = setUp();
    const first = await locks.mutex("l").acquire();
    const stop = new AbortController();
    const refused = expect(locks.mutex("l").acquire({ signal: stop.signal })).rejects.toThrow("enough");
    const next = locks.mutex("l").acquire();
    await clock.advance(10);
    stop.abort(new Error("enough"));
    await refused;
    await first.release();
    await clock.advance(0);
    expect((await next).held).toBe(true);
    expect(await store.lockInspection.inspect("l", 9)).toMatchObject({ held: 1, waiting: 0 });
  });

  test("gives back a permit that was granted while the signal aborted", async () => {
    const { clock, locks, store } = setUp();
    const first = await locks.mutex("l").acquire();
    const stop = new AbortController();
    const refused = expect(locks.mutex("l").acquire({ signal: stop.signal })).rejects.toThrow("enough");
    await clock.advance(10);
    const released = first.release();
    stop.abort(new Error("enough"));
    await Promise.all([released, refused]);
    expect(await holders(store)).toBe(0);
  });

  test("goes on while the store cannot be reached", async () => {
    let down = false;
    const { clock, locks } = setUp((inner) => ({
      ...inner,
      acquire: async (request) => {
        if (down) throw new StoreError("SUNBEAT_STORE_UNAVAILABLE", "down", { retryable: true });
        return inner.acquire(request);
      },
    }));
    const first = await locks.mutex("l").acquire();
    const next = locks.mutex("l").acquire();
    await clock.advance(10);
    down = true;
    await first.release();
    await clock.advance(8_000);
    down = false;
    await clock.advance(1_000);
    expect((await next).held).toBe(true);
  });

  test("leaves nothing behind when the answer that grants it is lost", async () => {
    const { clock, locks, store } = setUp((inner) => ({
      ...inner,
      acquire: async (request) => {
        await inner.acquire(request);
        throw new StoreError("SUNBEAT_STORE_UNAVAILABLE", "reset", { retryable: true });
      },
    }));
    await expect(locks.mutex("l").acquire({ wait: false })).rejects.toThrow("reset");
    await clock.advance(0);
    expect(await holders(store)).toBe(0);
  });

  test("asks the store seldom: at hints, and to be counted alive", async () => {
    let asked = 0;
    const { clock, locks } = setUp((inner) => ({
      ...inner,
      acquire: (request) => (asked++, inner.acquire(request)),
    }));
    const first = await locks.mutex("l").acquire({ lease: 30 });
    const next = locks.mutex("l").acquire();
    await clock.advance(60_000);
    // Once by the holder, at once by who waits, and every third of the ten seconds that he counts as alive.
    expect(asked).toBe(1 + 1 + 17);
    asked = 0;
    await first.release();
    await clock.advance(0);
    expect((await next).held).toBe(true);
    expect(asked).toBe(1);
  });
});

describe("a lock that is lost", () => {
  test("before the answer that granted it has come is waited for anew, and its turn is heard of at once", async () => {
    let lateMs = 0;
    const { clock, locks, store } = setUp((inner) => ({
      ...inner,
      acquire: async (request) => {
        const answer = await inner.acquire(request);
        const ms = lateMs;
        lateMs = 0;
        if (ms > 0) await new Promise<void>((resolve) => void clock.after(ms, resolve));
        return answer;
      },
    }));
    lateMs = 3_000;
    const late = locks.mutex("l").acquire({ lease: 2 });
    await clock.advance(2_500);
    const next = await locks.mutex("l").acquire();
    await clock.advance(600);
    expect((await store.lockInspection.inspect("l", 9))?.waiting).toBe(1);
    const heard: boolean[] = [];
    void late.then(({ held }) => heard.push(held));
    await next.release();
    await clock.advance(0);
    expect(heard).toEqual([true]);
  });

  /** A store whose renewals go wrong from a moment on. */
  function failing(extend: StoreLocks["extend"]) {
    let broken = false;
    const rig = setUp((inner) => ({
      ...inner,
      extend: (permit, leaseMs) => (broken ? extend(permit, leaseMs) : inner.extend(permit, leaseMs)),
    }));
    return { ...rig, fail: () => (broken = true) };
  }

  async function lose(held: HeldLock, clock: ManualClock, ms: number): Promise<unknown> {
    await clock.advance(ms);
    return held.signal.aborted ? (held.signal.reason as { code: string }).code : null;
  }

  test("aborts its signal when the store says so", async () => {
    const { clock, locks, fail, events } = failing(async () => "lost");
    const held = await locks.mutex("l").acquire({ lease: 30 });
    fail();
    expect(await lose(held, clock, 9_999)).toBeNull();
    expect(await lose(held, clock, 1)).toBe("SUNBEAT_LOCK_LOST");
    await expect(held.release()).rejects.toThrow(code("SUNBEAT_LOCK_LOST"));
    await expect(held.extend()).rejects.toThrow(code("SUNBEAT_LOCK_LOST"));
    expect(events.map(({ type }) => type)).toEqual(["lock-acquired", "lock-lost"]);
  });

  test("aborts its signal before the lease ends when the store does not answer", async () => {
    const { clock, locks, fail } = failing(() => new Promise(() => undefined));
    const held = await locks.mutex("l").acquire({ lease: 30 });
    fail();
    expect(await lose(held, clock, 29_399)).toBeNull();
    expect(await lose(held, clock, 1)).toBe("SUNBEAT_LOCK_LOST");
    await clock.advance(10_000);
    expect(clock.timers).toBe(0);
  });

  test("counts the trust from the start of a renewal, not from its answer", async () => {
    let down = false;
    const { clock, locks } = setUp((inner) => ({
      ...inner,
      extend: async (permit, leaseMs) => {
        if (down) throw new StoreError("SUNBEAT_STORE_UNAVAILABLE", "away", { retryable: true });
        const answer = await inner.extend(permit, leaseMs);
        await new Promise<void>((resolve) => void clock.after(9_000, resolve));
        return answer;
      },
    }));
    const held = await locks.mutex("l").acquire({ lease: 30 });
    await clock.advance(19_000);
    down = true;
    // The renewal began at 10 s.
    expect(await lose(held, clock, 20_399)).toBeNull();
    expect(await lose(held, clock, 1)).toBe("SUNBEAT_LOCK_LOST");
  });

  test("shows in its signal at once to a process that was stopped, before any timer has run", async () => {
    class StoppedClock extends ManualClock {
      slept = 0;
      override monotonicMs(): number {
        return super.monotonicMs() + this.slept;
      }
    }
    const clock = new StoppedClock();
    const random = seededRandom(1);
    const store = openMemoryStore({ clock, random, logger: silentLogger });
    const events = { emit: () => undefined };
    const locks = new Locks({ store, clock, random, logger: silentLogger, events });
    const held = await locks.mutex("l").acquire({ lease: 30 });
    let seen: unknown = null;
    const used = expect(
      locks.mutex("m").using(({ signal }) => {
        clock.slept = 90_000;
        seen = signal.aborted;
        signal.throwIfAborted();
      }),
    ).rejects.toThrow(code("SUNBEAT_LOCK_LOST"));
    await used;
    expect([seen, held.signal.aborted, held.held]).toEqual([true, true, false]);
    expect(() => held.signal.throwIfAborted()).toThrow(code("SUNBEAT_LOCK_LOST"));
  });

  test("tries again after a failed renewal", async () => {
    let failures = 0;
    const { clock, locks } = setUp((inner) => ({
      ...inner,
      extend: (permit, leaseMs) => {
        if (failures++ < 2) throw new StoreError("SUNBEAT_STORE_UNAVAILABLE", "away", { retryable: true });
        return inner.extend(permit, leaseMs);
      },
    }));
    const held = await locks.mutex("l").acquire({ lease: 30 });
    expect(await lose(held, clock, 120_000)).toBeNull();
  });

  test("broken by hand: its holder learns it at once, and the next has it", async () => {
    const { clock, locks, app, events } = setUp();
    const held = await locks.mutex("l").acquire();
    const next = app().mutex("l").acquire();
    await clock.advance(1);
    await locks.break("l", held.token);
    await clock.advance(1);
    expect(held.signal.aborted).toBe(true);
    expect((await next).held).toBe(true);
    await expect(locks.break("l", held.token)).rejects.toThrow(code("SUNBEAT_LOCK_NOT_HELD"));
    expect(events.filter(({ type }) => type === "lock-broken")).toHaveLength(1);
  });
});

describe("using", () => {
  test("gives what the body gives, and gives the lock back when it throws", async () => {
    const { locks, store } = setUp();
    expect(await locks.mutex("l").using(() => 42)).toBe(42);
    await expect(
      locks.mutex("l").using(() => {
        throw new Error("body");
      }),
    ).rejects.toThrow("body");
    expect(await holders(store)).toBe(0);
  });

  test("rejects when the lock was lost under the body, whatever the body gave", async () => {
    const { clock, locks, store } = setUp();
    const work = locks.mutex("l").using(async () => {
      await new Promise<void>((resolve) => void clock.after(5_000, resolve));
      return "done";
    });
    const refused = expect(work).rejects.toThrow(code("SUNBEAT_LOCK_LOST"));
    await clock.advance(1_000);
    const token = (await store.lockInspection.inspect("l", 1))?.holders[0]?.token ?? "";
    await store.lockInspection.break({ lock: "l", token });
    await clock.advance(5_000);
    await refused;
  });

  test("with a body that never ends: the time limit rejects, aborts and gives the lock back", async () => {
    const { clock, locks, store } = setUp();
    let seen: AbortSignal | null = null;
    const work = locks.mutex("l").using(
      ({ signal }) => {
        seen = signal;
        return new Promise(() => undefined);
      },
      { timeLimit: 60 },
    );
    const refused = expect(work).rejects.toThrow(code("SUNBEAT_TIME_LIMIT"));
    await clock.advance(59_999);
    expect(await holders(store)).toBe(1);
    await clock.advance(1);
    await refused;
    expect((seen as AbortSignal | null)?.aborted).toBe(true);
    expect([await holders(store), clock.timers]).toEqual([0, 0]);
  });

  test("with a body that never ends: closing rejects and gives the lock back", async () => {
    const { clock, locks, store } = setUp();
    const refused = expect(locks.mutex("l").using(() => new Promise(() => undefined))).rejects.toThrow(
      code("SUNBEAT_CLOSED"),
    );
    const waiting = expect(locks.mutex("l").acquire()).rejects.toThrow(code("SUNBEAT_CLOSED"));
    await clock.advance(1);
    await locks.close();
    await Promise.all([refused, waiting]);
    expect(await store.lockInspection.inspect("l", 9)).toBeNull();
    await expect(locks.mutex("l").acquire()).rejects.toThrow(code("SUNBEAT_CLOSED"));
  });

  test("passes the caller's signal on to the body, and waits for the body", async () => {
    const { locks, store } = setUp();
    const stop = new AbortController();
    const work = locks
      .mutex("l")
      .using(
        ({ signal }) =>
          new Promise((resolve) => signal.addEventListener("abort", () => resolve("wound down"))),
        { signal: stop.signal },
      );
    await new Promise<void>((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await work).toBe("wound down");
    expect(await holders(store)).toBe(0);
  });
});

test("list and inspect show what is held, with dates", async () => {
  const { clock, locks } = setUp();
  const start = clock.now();
  const held = await locks.semaphore("l", 3).acquire({ lease: 60 });
  expect(await locks.list()).toEqual([{ name: "l", capacity: 3, held: 1, waiting: 0 }]);
  expect(await locks.inspect("l")).toMatchObject({
    name: "l",
    holders: [
      {
        kind: "process",
        token: held.token,
        fence: held.fence,
        since: new Date(start),
        until: new Date(start + 60_000),
      },
    ],
    waiters: [],
  });
  expect(await locks.inspect("nothing")).toBeNull();
});

describe("the history", () => {
  test("tells what happened to one lock or to all, newest first and page by page", async () => {
    const { clock, locks } = setUp();
    const at = clock.now();
    const held = await locks.mutex("l").acquire();
    await clock.advance(250);
    await held.release();
    await (await locks.mutex("other").acquire()).release();
    const rows = await locks.history("l");
    const who = { lock: "l", kind: "process", id: rows[0]?.id, label: rows[0]?.label, fence: held.fence };
    expect(rows.map(({ row: _, ...rest }) => rest)).toEqual([
      { ...who, event: "released", at: new Date(at + 250), waitedMs: null, heldMs: 250 },
      { ...who, event: "acquired", at: new Date(at), waitedMs: 0, heldMs: null },
    ]);
    const all = await locks.history();
    expect(all.map(({ lock, event }) => `${lock} ${event}`)).toEqual([
      "other released",
      "other acquired",
      "l released",
      "l acquired",
    ]);
    expect(await locks.history({ before: all[1]!.row, limit: 1 })).toEqual([all[2]]);
    expect(await locks.history("l", { before: rows[0]!.row })).toEqual([rows[1]]);
  });

  test.each([
    ["an empty name", (locks: Locks) => locks.history(""), "SUNBEAT_OPTION_INVALID"],
    ["a limit of 0", (locks: Locks) => locks.history({ limit: 0 }), "SUNBEAT_OPTION_INVALID"],
    ["a row that is none", (locks: Locks) => locks.history({ before: "x" }), "SUNBEAT_OPTION_INVALID"],
    ["an unknown option", (locks: Locks) => locks.history({ after: 1 } as object), "SUNBEAT_OPTION_UNKNOWN"],
  ])("refuses %s", async (_, ask, expected) => {
    await expect(ask(setUp().locks)).rejects.toThrow(code(expected));
  });

  test("of the memory store is bounded, and keeps the newest ten thousand rows", async () => {
    const { locks } = setUp();
    for (let i = 0; i < 6_000; i++) await (await locks.mutex(`l${i}`).acquire()).release();
    const rows = await locks.history({ limit: 10_000 });
    expect([rows.length, rows[0]?.lock, rows.at(-1)?.lock]).toEqual([10_000, "l5999", "l1000"]);
    // Older ones go at each thousandth, the last of which was the last row.
    expect(await locks.history({ before: rows.at(-1)!.row, limit: 10_000 })).toEqual([]);
  });
});

describe("a store that does not answer", () => {
  const silent = (locks: StoreLocks): StoreLocks => ({
    ...locks,
    acquire: () => new Promise(() => undefined),
    cancel: () => new Promise(() => undefined),
  });
  const late = (): AbortSignal => new AbortController().signal;

  test.each([
    ["not waiting", { wait: false }, 5_200, "SUNBEAT_STORE_TIMEOUT"],
    ["waiting for 50 ms", { wait: { milliseconds: 50 } }, 900, "SUNBEAT_LOCK_TIMEOUT"],
    ["waiting for 2 s", { wait: 2, signal: late() }, 2_400, "SUNBEAT_LOCK_TIMEOUT"],
  ])("holds up nobody, %s", async (_, options, withinMs, expected) => {
    const { clock, locks } = setUp(silent);
    const acquired = locks.mutex("l").acquire(options);
    const refused = expect(acquired).rejects.toThrow(code(expected));
    await expect(Promise.race([acquired, clock.advance(withinMs).then(() => "late")])).rejects.toThrow(
      /the store has not answered to "acquire" within /,
    );
    await refused;
  });

  test("holds up nobody who aborts", async () => {
    const { clock, locks } = setUp(silent);
    const stop = new AbortController();
    const acquired = locks.mutex("l").acquire({ signal: stop.signal });
    await clock.advance(1_000);
    stop.abort(new Error("changed my mind"));
    await expect(Promise.race([acquired, clock.advance(200).then(() => "late")])).rejects.toThrow(
      "changed my mind",
    );
  });

  test("until its asker is gone gets the permit back that it gave him", async () => {
    const { clock, locks, store } = setUp((inner) => ({
      ...inner,
      acquire: async (request) => {
        await new Promise<void>((resolve) => void clock.after(1_500, resolve));
        return inner.acquire(request);
      },
    }));
    const refused = expect(locks.mutex("l").acquire({ wait: { milliseconds: 100 } })).rejects.toThrow(
      code("SUNBEAT_LOCK_TIMEOUT"),
    );
    await clock.advance(1_400);
    await refused;
    expect(await holders(store)).toBe(0);
    await clock.advance(200);
    expect((await store.lockInspection.history({ limit: 9 })).map(({ event }) => event)).toEqual([
      "released",
      "acquired",
    ]);
    expect(await holders(store)).toBe(0);
  });
});

test("uses under one signal that lives long leave nothing behind", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heap = async (): Promise<number> => {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    return process.memoryUsage().heapUsed;
  };
  const app = new Sunbeat("uses", { broker: "memory:" });
  const { signal } = new AbortController();
  const use = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      await app.locks.mutex("l").using(async () => undefined, { signal });
    }
  };
  await use(20_000); // the history of locks is full by then, and the code is compiled
  const before = await heap();
  await use(40_000);
  expect(((await heap()) - before) / 40_000).toBeLessThan(60); // bytes; with AbortSignal.any more than 100
  await app.close();
});
