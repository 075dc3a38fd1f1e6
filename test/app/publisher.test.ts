import { expect, test } from "vitest";
import { Publisher } from "../../src/app/publisher.js";
import { StoreError } from "../../src/core/errors.js";
import type { EnqueueOutcome, NewMessage } from "../../src/store/contracts/sender.js";
import type { Store } from "../../src/store/contracts/store.js";
import { systemRandom } from "../../src/core/random.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const message = (id: string): NewMessage => ({ id, task: "t" }) as NewMessage;
const retry = { maxRetries: 3, intervalStartMs: 0, intervalStepMs: 200, intervalMaxMs: 300 };
const unbounded = { random: systemRandom, queues: new Map() };
const away = (): StoreError => new StoreError("SUNBEAT_STORE_BUSY", "away", { retryable: true });

/** A publisher on a sender that records its calls and answers each one as `answer` says. */
function setUp(answer: (call: number, ids: string[]) => Promise<EnqueueOutcome[]>): {
  publisher: Publisher;
  clock: ManualClock;
  calls: { at: number; ids: string[] }[];
} {
  const clock = new ManualClock(0);
  const calls: { at: number; ids: string[] }[] = [];
  const enqueue = (messages: readonly NewMessage[]): Promise<EnqueueOutcome[]> => {
    const ids = messages.map(({ id }) => id);
    calls.push({ at: clock.now(), ids });
    return answer(calls.length, ids);
  };
  const store = async (): Promise<Store> => ({ sender: { enqueue } }) as unknown as Store;
  return { publisher: new Publisher({ clock, store, retry, ...unbounded }), clock, calls };
}

const queued = async (_: number, ids: string[]): Promise<EnqueueOutcome[]> => ids.map(() => "queued");

test("sends of one event-loop turn are one call, and each sender has the answer for its own message", async () => {
  const { publisher, calls } = setUp(async () => ["queued", "duplicate", "expired"]);
  const outcomes = await Promise.all(["a", "b", "c"].map((id) => publisher.send(message(id))));
  expect([outcomes, calls]).toEqual([["queued", "duplicate", "expired"], [{ at: 0, ids: ["a", "b", "c"] }]]);
});

test("a call carries at most 500 messages, in order", async () => {
  const { publisher, calls } = setUp(queued);
  const ids = Array.from({ length: 1_250 }, (_, index) => String(index));
  await Promise.all(ids.map((id) => publisher.send(message(id))));
  expect(calls.map((call) => call.ids.length)).toEqual([500, 500, 250]);
  expect(calls.flatMap((call) => call.ids)).toEqual(ids);
});

test("what may succeed later is repeated with growing waits", async () => {
  const { publisher, clock, calls } = setUp(async (call, ids) => {
    if (call < 4) throw away();
    return queued(call, ids);
  });
  const sending = publisher.send(message("a"));
  await clock.advance(1_000);
  expect([await sending, calls.map(({ at }) => at)]).toEqual(["queued", [0, 0, 200, 500]]);
});

test("after the last try the sender has the error, and the next send works", async () => {
  let broken = true;
  const { publisher, clock, calls } = setUp(async (call, ids) => {
    if (broken) throw away();
    return queued(call, ids);
  });
  const failed = expect(publisher.send(message("a"))).rejects.toMatchObject({ code: "SUNBEAT_STORE_BUSY" });
  await clock.advance(1_000);
  await failed;
  broken = false;
  expect([await publisher.send(message("b")), calls.length]).toEqual(["queued", 5]);
});

test("what will not succeed later is not repeated", async () => {
  const { publisher, calls } = setUp(async () => {
    throw new StoreError("SUNBEAT_STORE_CORRUPT", "damaged", { retryable: false });
  });
  await expect(publisher.send(message("a"))).rejects.toMatchObject({ code: "SUNBEAT_STORE_CORRUPT" });
  expect(calls).toHaveLength(1);
});

test("a store that never answers does not hold the sender for ever", async () => {
  const { publisher, clock, calls } = setUp(() => new Promise(() => undefined));
  const failed = expect(publisher.send(message("a"))).rejects.toMatchObject({
    code: "SUNBEAT_STORE_TIMEOUT",
    message:
      'the store has not answered to "enqueue" within 10s; the message may have arrived, sending its id again is safe',
  });
  await clock.advance(41_000);
  await failed;
  expect(calls).toHaveLength(4);
});

test("drain sends what waits and resolves when it has arrived", async () => {
  let arrive!: () => void;
  const { publisher } = setUp(
    (_, ids) => new Promise((resolve) => (arrive = () => resolve(ids.map(() => "queued")))),
  );
  let arrived = false;
  void publisher.send(message("a")).then(() => (arrived = true));
  const draining = publisher.drain();
  await new Promise<void>((resolve) => void setImmediate(resolve));
  expect(arrived).toBe(false);
  arrive();
  await draining;
  expect(arrived).toBe(true);
});

test("many go in calls of 500, in order, and while calls are on their way the rest waits for one of them", async () => {
  const open: (() => void)[] = [];
  const { publisher, calls } = setUp(async (call, ids) => {
    await new Promise<void>((resolve) => open.push(resolve));
    return ids.map(() => (call === 1 ? "duplicate" : "queued"));
  });
  const ids = Array.from({ length: 3_250 }, (_, index) => String(index));
  const sending = publisher.sendMany(ids.map(message));
  const seen: number[] = [];
  while (seen.length < 7) {
    for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    seen.push(calls.length);
    open.shift()?.();
  }
  expect(seen).toEqual([4, 5, 6, 7, 7, 7, 7]);
  expect(await sending).toEqual(ids.map((_, index) => (index < 500 ? "duplicate" : "queued")));
  expect(calls.flatMap((call) => call.ids)).toEqual(ids);
});

test("of a hundred sends at once half goes first, so that who sends again does so while the store has the rest", async () => {
  const open: (() => void)[] = [];
  const { publisher, calls } = setUp(async (call, ids) => {
    await new Promise<void>((resolve) => open.push(resolve));
    return queued(call, ids);
  });
  const again = async (id: string): Promise<void> => {
    await publisher.send(message(id));
    await publisher.send(message(`${id}-again`));
  };
  const all = Promise.all(Array.from({ length: 100 }, (_, index) => again(String(index))));
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  await turns();
  expect(calls.map(({ ids }) => ids.length)).toEqual([50, 50]);
  open.shift()?.();
  await turns();
  expect(calls.map(({ ids }) => ids.length)).toEqual([50, 50, 50]);
  while (open.length > 0) {
    open.shift()?.();
    await turns();
  }
  await all;
  expect(calls.map(({ ids }) => ids.length)).toEqual([50, 50, 50, 50]);
});

test("a sender without a second try has the failure of a store that never opens within a second", async () => {
  const clock = new ManualClock(0);
  const store = (): Promise<Store> => new Promise(() => undefined);
  const publisher = new Publisher({ clock, store, retry: { ...retry, maxRetries: 0 }, ...unbounded });
  const failed = expect(publisher.send(message("a"))).rejects.toMatchObject({
    code: "SUNBEAT_STORE_UNAVAILABLE",
    retryable: true,
  });
  await clock.advance(1_000);
  await failed;
});

test("a sender without a second try lets the store wait for what is left of its second", async () => {
  const clock = new ManualClock(0);
  const limits: (number | undefined)[] = [];
  const enqueue = async (_: unknown, options?: { limitMs?: number }): Promise<EnqueueOutcome[]> => {
    limits.push(options?.limitMs);
    return ["queued"];
  };
  const store = async (): Promise<Store> => {
    await new Promise<void>((resolve) => clock.after(400, resolve));
    return { sender: { enqueue } } as unknown as Store;
  };
  const publisher = new Publisher({ clock, store, retry: { ...retry, maxRetries: 0 }, ...unbounded });
  const sent = publisher.send(message("a"));
  await clock.advance(1_000);
  expect([await sent, limits]).toEqual(["queued", [600]]);
});

test("a store that is silent for a second does not hold up the end, and what waits is refused", async () => {
  const { publisher, clock } = setUp(() => new Promise(() => undefined));
  // More than may be on their way at once.
  const sends = Array.from({ length: 6 }, (_, call) =>
    publisher.sendMany(Array.from({ length: 500 }, (__, index) => message(`${call}-${index}`))),
  );
  const refused = expect(sends[5]).rejects.toMatchObject({ code: "SUNBEAT_STORE_TIMEOUT" });
  for (const send of sends.slice(0, 5)) send.catch(() => undefined);
  await clock.advance(1);
  const draining = publisher.drain();
  await clock.advance(1_000);
  await draining;
  await refused;
});
