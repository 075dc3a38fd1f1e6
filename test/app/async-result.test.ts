import { describe, expect, test, vi } from "vitest";
import { AsyncResult } from "../../src/app/async-result.js";
import { ResultError } from "../../src/core/errors.js";
import { describeFailure } from "../../src/core/failure.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import type { ResultRecord } from "../../src/store/contracts/results.js";
import type { Store } from "../../src/store/contracts/store.js";
import { encodeFailure, RemoteTaskError } from "../../src/tasks/failure.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const DAY_MS = 86_400_000;
const events = { emit: () => undefined };
const failure = encodeFailure(describeFailure(new TypeError("no such month")));

function setUp(ignored = false): { clock: ManualClock; store: Store; result: AsyncResult } {
  const clock = new ManualClock();
  const store = openMemoryStore({ clock, random: systemRandom, logger: silentLogger });
  return {
    clock,
    store,
    result: new AsyncResult("t1", { clock, store: async () => store, events }, { ignored }),
  };
}

async function send(store: Store, expires?: { inMs: number }): Promise<void> {
  await store.sender.enqueue([
    {
      id: "t1",
      task: "t",
      queue: "q",
      priority: 0,
      ...(expires && { expires }),
      maxDeliveries: 1,
      resultTtlMs: DAY_MS,
      body: "",
    },
  ]);
}

const claim = { queues: ["q"], worker: "w", leaseMs: 1_000, max: 1 };

describe("an ended task", () => {
  test.each<[ResultRecord, object, string]>([
    // record                                        what is seen                                     because
    [{ state: "SUCCESS", payload: "8" }, { got: 8, info: 8, successful: true }, "the value"],
    [{ state: "SUCCESS", payload: null }, { got: undefined, successful: true }, "it returned nothing"],
    [
      { state: "FAILURE", payload: failure, worker: "w1" },
      { code: "SUNBEAT_TASK_FAILED", failed: true },
      "what was thrown",
    ],
    [
      { state: "FAILURE", payload: null, reason: "deliveries-exhausted" },
      { code: "SUNBEAT_DELIVERIES_EXHAUSTED", failed: true },
      "the store gave up",
    ],
    [{ state: "REVOKED", payload: null, reason: "revoked" }, { code: "SUNBEAT_TASK_REVOKED" }, "revoked"],
    [{ state: "REVOKED", payload: null, reason: "expired" }, { code: "SUNBEAT_TASK_EXPIRED" }, "expired"],
  ])("with %o is %o: %s", async (record, expected) => {
    const { store, result } = setUp();
    await store.results.put("t1", record, DAY_MS);
    const seen = await result.get({ propagate: false });
    const info = await result.info();
    expect({
      ...(seen instanceof ResultError ? { code: seen.code } : { got: seen }),
      ...(info !== undefined && !(info instanceof Error) && { info }),
      ...((await result.successful()) && { successful: true }),
      ...((await result.failed()) && { failed: true }),
    }).toEqual(expected);
    expect([await result.state(), await result.ready()]).toEqual([record.state, true]);
    if (seen instanceof ResultError) {
      await expect(result.get()).rejects.toMatchObject({ code: seen.code, details: { taskId: "t1" } });
    }
  });

  test("that failed has a traceback, and its error says what and where", async () => {
    const { store, result } = setUp();
    await store.results.put("t1", { state: "FAILURE", payload: failure, worker: "w1@host" }, DAY_MS);
    expect(await result.traceback()).toMatch(/^TypeError: no such month\n {4}at /);
    await expect(result.get()).rejects.toThrow(
      "task t1 failed in another process (w1@host): TypeError: no such month",
    );
    expect(await result.get({ propagate: false })).toBeInstanceOf(RemoteTaskError);
  });

  test("that was forgotten is not known any more", async () => {
    const { store, result } = setUp();
    await store.results.put("t1", { state: "SUCCESS", payload: "8" }, DAY_MS);
    expect(await result.exists()).toBe(true);
    await result.forget();
    expect([await result.exists(), await result.state(), await result.traceback()]).toEqual([
      false,
      "PENDING",
      null,
    ]);
  });
});

describe("a task that nobody takes", () => {
  test("has expired at its instant: get throws then, and every question is answered so", async () => {
    const { store, result, clock } = setUp();
    await send(store, { inMs: 1_000 });
    const [getting, giving] = [result.get(), result.get({ propagate: false, timeout: "1h" })];
    const failed = expect(getting).rejects.toMatchObject({
      code: "SUNBEAT_TASK_EXPIRED",
      message: "task t1 expired before a worker took it",
      details: { taskId: "t1", reason: "expired" },
    });
    await clock.advance(999);
    expect([await result.state(), await result.ready()]).toEqual(["PENDING", false]);
    await clock.advance(1);
    await failed;
    expect(await giving).toMatchObject({ code: "SUNBEAT_TASK_EXPIRED" });
    expect([await result.state(), await result.ready(), await result.exists()]).toEqual([
      "REVOKED",
      true,
      true,
    ]);
    expect(await result.info()).toMatchObject({ code: "SUNBEAT_TASK_EXPIRED" });
    expect([await result.failed(), await result.successful(), clock.timers]).toEqual([false, false, 0]);
  });

  test("is waited for over hours, though the machine's clock is set meanwhile", async () => {
    const { store, result, clock } = setUp();
    await send(store, { inMs: 3_600_000 });
    const failed = expect(result.get()).rejects.toMatchObject({ code: "SUNBEAT_TASK_EXPIRED" });
    await clock.advance(60_000);
    clock.jump(3_600_000);
    await clock.advance(5_000);
    await failed;
  });
});

describe("a task that has not ended", () => {
  test("get waits for the store to tell, and only a timeout takes a timer", async () => {
    const { store, result, clock } = setUp();
    await send(store);
    const { deliveries } = await store.consumer.claim(claim);
    const getting = result.get();
    const inTime = result.get({ timeout: "1d" });
    await clock.advance(0);
    expect(clock.timers).toBe(1);
    const [{ id, token }] = deliveries as [(typeof deliveries)[number]];
    const record = { state: "SUCCESS", payload: "8" };
    await store.consumer.settle([{ id, token, kind: "done", result: record, resultTtlMs: DAY_MS }], null);
    expect([await getting, await inTime, clock.timers]).toEqual([8, 8, 0]);
  });

  test.each<[string, (store: Store) => Promise<unknown>, string]>([
    [
      "PENDING",
      async () => undefined,
      "the store does not know this id, so it was not sent to this broker, or its result expired, was forgotten or is not stored (ignoreResult)",
    ],
    [
      "PENDING",
      async (store) => send(store),
      "it waits; does a worker listen to its queue, has its eta come, or is its lock held (sunbeat locks list)?",
    ],
    ["RECEIVED", async (store) => { await send(store); await store.consumer.claim({ ...claim, leaseMs: DAY_MS }); }, "a worker has it; give it more time"], // prettier-ignore
    [
      "RETRY",
      async (store) => store.results.put("t1", { state: "RETRY", payload: failure }, DAY_MS),
      "it failed and waits for its next try",
    ],
    [
      "IMPORTING",
      async (store) => store.results.put("t1", { state: "IMPORTING", payload: "5" }, DAY_MS),
      "it has not ended",
    ],
  ])("get with a timeout names the state %s and a likely reason", async (state, prepare, reason) => {
    const { store, result, clock } = setUp();
    await prepare(store);
    const failed = expect(result.get({ timeout: 90 })).rejects.toMatchObject({
      code: "SUNBEAT_RESULT_TIMEOUT",
      message: `task t1 has no result after 1m30s; it is ${state}: ${reason}`,
      details: { taskId: "t1", state, timeoutMs: 90_000 },
    });
    await clock.advance(90_000);
    await failed;
    expect(clock.timers).toBe(0);
  });

  test("get ends with the reason of its signal, and leaves neither a listener nor a timer behind", async () => {
    const { store, result, clock } = setUp();
    await send(store);
    const signals = [AbortSignal.abort(new Error("before")), new AbortController().signal];
    const later = new AbortController();
    const left = vi.spyOn(later.signal, "removeEventListener");
    await expect(result.get({ signal: signals[0] })).rejects.toThrow("before");
    const getting = expect(result.get({ signal: later.signal, timeout: 90 })).rejects.toThrow("enough");
    const other = expect(result.get({ signal: signals[1], timeout: 90 })).rejects.toMatchObject({
      code: "SUNBEAT_RESULT_TIMEOUT",
    });
    await clock.advance(1_000);
    later.abort(new Error("enough"));
    await getting;
    expect([left.mock.calls.length, clock.timers]).toEqual([1, 1]);
    await clock.advance(90_000);
    await other;
    expect(clock.timers).toBe(0);
  });

  test.each([[{}], ["abort"], [null]])("%j is no signal, and the error says so", async (signal) => {
    await expect(setUp().result.get({ signal: signal as unknown as AbortSignal })).rejects.toMatchObject({
      code: "SUNBEAT_OPTION_INVALID",
    });
  });

  test("custom state data and the error of a retry are in info()", async () => {
    const { store, result } = setUp();
    await store.results.put("t1", { state: "PROGRESS", payload: '{"done":1,"total":2}' }, DAY_MS);
    expect(await result.info()).toEqual({ done: 1, total: 2 });
    await store.results.put("t1", { state: "RETRY", payload: failure }, DAY_MS);
    expect(await result.info()).toMatchObject({ remoteName: "TypeError" });
    expect(await result.traceback()).toMatch(/^TypeError: no such month/);
  });

  test("revoke ends a waiting one at once", async () => {
    const { store, result } = setUp();
    await send(store);
    await result.revoke();
    await expect(result.get()).rejects.toMatchObject({ code: "SUNBEAT_TASK_REVOKED" });
  });

  test("revoke refuses an id that arrives later", async () => {
    const { store, result, clock } = setUp();
    await result.revoke();
    await clock.advance(DAY_MS - 1_000);
    await send(store);
    expect((await store.consumer.claim(claim)).deliveries).toEqual([]);
    expect(await result.state()).toBe("REVOKED");
  });

  test("get of one that was sent with ignoreResult fails at once instead of waiting for ever", async () => {
    await expect(setUp(true).result.get()).rejects.toMatchObject({ code: "SUNBEAT_RESULT_IGNORED" });
  });
});

test("a result is not a promise, so awaiting delay() waits for the send alone", () => {
  expect(setUp().result).not.toHaveProperty("then");
});

test.each([[-1], ["x"]])("a timeout of %o is refused", async (timeout) => {
  await expect(setUp().result.get({ timeout })).rejects.toMatchObject({
    code: expect.stringMatching(/_INVALID$/) as string,
  });
});

test("a wait ends at its time, and says so, where the store does not answer", async () => {
  const clock = new ManualClock();
  const store = (): Promise<Store> => new Promise(() => undefined);
  const result = new AsyncResult("t1", { clock, store, events });
  const ended = expect(result.get({ timeout: 1 })).rejects.toMatchObject({
    code: "SUNBEAT_RESULT_TIMEOUT",
    message: "task t1 has no result after 1s; the store does not answer",
    details: { state: null },
  });
  await clock.advance(2_000);
  await ended;
});
