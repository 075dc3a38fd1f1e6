/** Sends that find their queue full: refused, or in line for room. */
import { describe, expect, test } from "vitest";
import { FullQueues } from "../../src/app/full-queues.js";
import type { QueueConfig } from "../../src/config/index.js";
import { systemRandom } from "../../src/core/random.js";
import type { EnqueueOutcome, NewMessage } from "../../src/store/contracts/sender.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const message = (id: string): NewMessage => ({
  ...{ id, task: "t", queue: "q", priority: 0, maxDeliveries: 3, resultTtlMs: 0, body: "" },
});
const list = (count: number, prefix = "m"): NewMessage[] =>
  Array.from({ length: count }, (_, n) => message(`${prefix}${n}`));

/** A queue that has so much room, and remembers what it was asked. */
function setUp(options: Partial<QueueConfig> = {}) {
  const clock = new ManualClock(0);
  const queue = {
    room: 0,
    taken: [] as string[],
    asked: [] as { at: number; count: number }[],
    error: null as Error | null,
  };
  const put = async (messages: readonly NewMessage[]): Promise<EnqueueOutcome[]> => {
    queue.asked.push({ at: clock.now(), count: messages.length });
    if (queue.error) throw queue.error;
    return messages.map(({ id }) => {
      if (queue.taken.includes(id)) return "duplicate";
      if (queue.room === 0) return "full";
      queue.room--;
      queue.taken.push(id);
      return "queued";
    });
  };
  const config: QueueConfig = { fair: false, maxLength: 5, onFull: "wait", timeoutMs: 30_000, ...options };
  const full = new FullQueues({
    clock,
    random: systemRandom,
    queues: new Map([["q", config]]),
    put,
    mostAtOnce: 100,
  });
  const bound = full.boundOf("q")!;
  const send = (messages: readonly NewMessage[]) => {
    const outcomes: EnqueueOutcome[] = [];
    const state = { outcomes, error: null as unknown, done: false };
    full.send(messages, outcomes, bound).then(
      () => (state.done = true),
      (error: unknown) => (state.error = error),
    );
    return state;
  };
  return { clock, queue, full, send };
}

describe("refuse", () => {
  test("what is over the bound is refused at once, and told how many went before", async () => {
    const { clock, queue, send } = setUp({ onFull: "refuse" });
    queue.room = 3;
    const sending = send(list(5));
    await clock.advance(0);
    expect(queue.taken).toEqual(["m0", "m1", "m2"]);
    expect(sending.outcomes).toEqual(["queued", "queued", "queued"]);
    expect(sending.error).toMatchObject({
      code: "SUNBEAT_QUEUE_FULL",
      retryable: true,
      message:
        'queue "q" is full: its maxLength lets 5 tasks wait; the first 3 of 5 were sent; send those behind them when there is room',
      details: { queue: "q", maxLength: 5, sent: 3, taskIds: ["m0", "m1", "m2"] },
    });
  });

  test("sending what is left, again and again, loses none and doubles none", async () => {
    const { clock, queue, send } = setUp({ onFull: "refuse" });
    let left = list(250);
    for (let round = 0; left.length > 0 && round < 100; round++) {
      queue.room = 7;
      const sending = send(left);
      await clock.advance(0);
      left = left.slice(sending.outcomes.length);
    }
    expect(queue.taken).toEqual(list(250).map(({ id }) => id));
  });
});

describe("wait", () => {
  test("a send waits for room, and is done when it has it", async () => {
    const { clock, queue, send } = setUp();
    const sending = send([message("a")]);
    await clock.advance(2_000);
    expect(sending.done).toBe(false);
    queue.room = 1;
    await clock.advance(500);
    expect([sending.done, sending.outcomes]).toEqual([true, ["queued"]]);
  });

  test("after the timeout it is refused, and nothing was sent", async () => {
    const { clock, queue, send } = setUp({ timeoutMs: 1_000 });
    const sending = send([message("a")]);
    await clock.advance(999);
    expect(sending.error).toBe(null);
    await clock.advance(1);
    expect(sending.error).toMatchObject({
      code: "SUNBEAT_QUEUE_FULL",
      message: 'queue "q" was full for 1s: its maxLength lets 5 tasks wait; nothing was sent',
      details: { sent: 0 },
    });
    queue.room = 5;
    await clock.advance(10_000);
    expect(queue.taken).toEqual([]);
  });

  test("a thousand that wait ask as seldom as one, in the order in which they came", async () => {
    const { clock, queue, send } = setUp();
    const sends = list(1_000).map((each) => send([each]));
    await clock.advance(0);
    queue.asked.length = 0;
    await clock.advance(10_000);
    expect(queue.asked.length).toBeGreaterThan(15);
    expect(queue.asked.length).toBeLessThan(50);
    expect(Math.max(...queue.asked.map(({ count }) => count))).toBeLessThanOrEqual(16);
    queue.room = 3;
    await clock.advance(500);
    expect(queue.taken).toEqual(["m0", "m1", "m2"]);
    expect(sends.filter(({ done }) => done)).toHaveLength(3);
    queue.room = 1_000;
    await clock.advance(500);
    expect(queue.taken).toEqual(list(1_000).map(({ id }) => id));
    expect(sends.every(({ done }) => done)).toBe(true);
  });

  test("who comes while others wait stands behind them", async () => {
    const { clock, queue, send } = setUp();
    send([message("first")]);
    await clock.advance(300);
    queue.room = 1;
    const late = send([message("late")]);
    await clock.advance(500);
    expect([queue.taken, late.done]).toEqual([["first"], false]);
  });

  test("of many the first go in, and the rest wait for its own timeout", async () => {
    const { clock, queue, send } = setUp({ timeoutMs: 2_000 });
    queue.room = 4;
    const sending = send(list(10));
    await clock.advance(1_000);
    queue.room = 2;
    await clock.advance(1_000);
    expect(sending.error).toMatchObject({ details: { sent: 6, taskIds: list(6).map(({ id }) => id) } });
    expect(queue.taken).toHaveLength(6);
  });

  test("an error of the store is that of those who were asked for, and the others go on", async () => {
    const { clock, queue, send } = setUp();
    const first = list(16).map((each) => send([each]));
    const behind = send([message("behind")]);
    await clock.advance(10);
    queue.error = new Error("away");
    await clock.advance(30);
    queue.error = null;
    expect(first.map(({ error }) => error)).toEqual(first.map(() => new Error("away")));
    queue.room = 1;
    await clock.advance(1_000);
    expect(behind.done).toBe(true);
  });

  test("a close refuses those who wait, and who comes after", async () => {
    const { clock, queue, full, send } = setUp();
    const waiting = send([message("a")]);
    await clock.advance(10);
    full.close();
    const late = send([message("b")]);
    await clock.advance(0);
    for (const { error } of [waiting, late]) {
      expect(error).toMatchObject({ code: "SUNBEAT_QUEUE_FULL" });
      expect(String(error)).toContain("was full until the app was closed");
    }
    expect(queue.taken).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});
