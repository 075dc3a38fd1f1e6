/** Rate limits: tokens, what waits for them, and what holds. */
import assert from "node:assert/strict";
import type { Rate } from "../../../src/tasks/rate-limit.js";
import { group } from "./harness.js";
import { blockedCount, claimed, idsOf, limit, numbered, send, TASK, ten } from "./rate-samples.js";
import { claim, claimOne, done, HOUR_MS } from "./samples.js";

const never = new AbortController().signal;

export const rateClaimCases = group("rates: claims", {
  "a claim gives as many as there are tokens, and each interval brings one": async ({ store, clock }) => {
    await limit(store, { ...ten, burst: 3 });
    await send(store, numbered(10));
    assert.deepEqual(await claimed(store), ["m0000", "m0001", "m0002"]);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(99);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimed(store), ["m0003"]);
    await clock.advance(250);
    assert.deepEqual(await claimed(store), ["m0004", "m0005"]);
  },

  "no more gather than the burst, however long nobody comes": async ({ store, clock }) => {
    await limit(store, { ...ten, burst: 2 });
    await send(store, numbered(10));
    await claim(store);
    await clock.advance(10_000);
    assert.deepEqual(await claimed(store), ["m0002", "m0003"]);
    assert.deepEqual(await claimed(store), []);
  },

  "a second message that meets the bucket is blocked once, and out of the way of others": async ({
    store,
  }) => {
    await limit(store);
    await send(store, numbered(4));
    await send(store, ["other"], { task: "tasks.free" });
    assert.deepEqual(await claimed(store), ["m0000", "other"]);
    assert.equal(await blockedCount(store), 3);
    const [counts] = await store.queues.counts();
    assert.deepEqual(counts, { queue: "q", ready: 0, scheduled: 0, leased: 2, dead: 0, blocked: 3 });
  },

  "what waits comes by priority, then by age, whenever it came": async ({ store, clock }) => {
    await limit(store);
    await send(store, ["a", "b"]);
    await send(store, ["high"], { priority: 5 });
    assert.deepEqual(await claimed(store), ["high"]);
    await send(store, ["later", "c"]);
    await send(store, ["higher"], { priority: 7 });
    const order: string[] = [];
    for (let step = 0; step < 5; step++) {
      await clock.advance(100);
      order.push(...(await claimed(store)));
    }
    assert.deepEqual(order, ["higher", "a", "b", "later", "c"]);
  },

  "tokens are taken for free slots alone: what has a limit is not prefetched": async ({ store, clock }) => {
    await limit(store, { ...ten, burst: 5 });
    await send(store, numbered(4));
    await send(store, numbered(4, "free"), { task: "tasks.free" });
    assert.deepEqual(await claimed(store, { max: 6, slots: 2 }), [
      ...["m0000", "m0001"],
      ...["free0000", "free0001", "free0002", "free0003"],
    ]);
    assert.deepEqual(await claimed(store, { max: 6, slots: 0 }), []);
    // Three tokens are left.
    assert.deepEqual(await claimed(store), ["m0002", "m0003"]);
    await clock.advance(0);
  },

  "what stands behind the free slots waits, and goes before those that are younger": async ({ store }) => {
    await limit(store, { ...ten, burst: 5 });
    await send(store, ["free"], { task: "tasks.free" });
    await send(store, ["a", "b"]);
    assert.deepEqual(await claimed(store, { max: 4, slots: 1 }), ["free"]);
    await send(store, ["c"]);
    assert.deepEqual(await claimed(store, { max: 2, slots: 2 }), ["a", "b"]);
  },

  "tokens are not given back": async ({ store, clock }) => {
    await limit(store);
    await send(store, ["a"]);
    const delivery = await claimOne(store);
    await store.consumer.giveBack([delivery]);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(100);
    const again = await claimOne(store);
    assert.deepEqual([again.id, again.deliveries], ["a", 1]);
  },

  "each claimant that goes away empty is told an instant of its own, one token apart": async ({
    store,
    peer,
    clock,
  }) => {
    await limit(store);
    await send(store, numbered(10));
    const other = await peer();
    const start = clock.now();
    const told = [
      (await claim(store)).nextWakeAt,
      (await claim(other)).nextWakeAt,
      (await claim(store)).nextWakeAt,
    ];
    // The lease of the first delivery ends much later.
    assert.deepEqual(told, [start + 100, start + 200, start + 300]);
  },

  "a claimant that comes before its turn is told the same": async ({ store, clock }) => {
    await limit(store);
    await send(store, numbered(10));
    const { nextWakeAt } = await claim(store);
    assert(nextWakeAt !== null);
    await clock.advance(50);
    assert.equal((await claim(store, { turn: nextWakeAt })).nextWakeAt, nextWakeAt);
    assert.equal((await claim(store)).nextWakeAt, nextWakeAt + 100);
    await clock.advance(50);
    const reply = await claim(store, { turn: nextWakeAt });
    assert.deepEqual([idsOf(reply), reply.nextWakeAt], [["m0001"], nextWakeAt + 200]);
  },

  "whoever has no slot left is told no turn": async ({ store, clock }) => {
    await limit(store);
    await send(store, numbered(3));
    const { nextWakeAt, now } = await claim(store, { max: 1 });
    assert(nextWakeAt !== null && nextWakeAt > now + 10_000);
    assert.equal((await claim(store)).nextWakeAt, clock.now() + 100);
  },

  "turns that nobody came for are told anew": async ({ store, clock }) => {
    await limit(store);
    await send(store, numbered(50));
    for (let claimant = 0; claimant < 20; claimant++) await claim(store);
    await clock.advance(1_000);
    const reply = await claim(store);
    assert.deepEqual([idsOf(reply), reply.nextWakeAt], [["m0001"], clock.now() + 100]);
  },

  "everybody hears that there is something to wait for": async ({ store, clock }) => {
    await limit(store);
    await send(store, numbered(2));
    const arrivals = await store.consumer.listen(["q"]);
    await claim(store);
    let heard = false;
    void arrivals.wait(60_000, never).then(() => (heard = true));
    for (let step = 0; step < 200 && !heard; step++) await clock.advance(1);
    await arrivals.close();
    assert(heard);
  },

  "keys have buckets of their own": async ({ store, clock }) => {
    await limit(store, ten, true);
    const of = (key: string | null) => ({ rate: { key, weight: 1 } });
    await send(store, ["a1", "a2"], of("a, b"));
    await send(store, ["b1", "b2"], of("+"));
    await send(store, ["n1", "n2"], of(null));
    assert.deepEqual(await claimed(store), ["a1", "b1", "n1"]);
    await clock.advance(100);
    assert.deepEqual(await claimed(store), ["a2", "b2", "n2"]);
  },

  "a run may take several tokens: the next waits for all of them": async ({ store, clock }) => {
    await limit(store, { ...ten, burst: 2 }, true);
    await send(store, ["heavy"], { rate: { key: null, weight: 5 } });
    await send(store, ["light"], { rate: { key: null, weight: 1 } });
    assert.deepEqual(await claimed(store), ["heavy"]);
    await clock.advance(399);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimed(store), ["light"]);
  },

  "a delivery tells what its message carries": async ({ store }) => {
    await limit(store, ten, true);
    const rate = { key: "k, +", weight: 3 };
    await send(store, ["a"], { rate });
    assert.deepEqual((await claimOne(store)).rate, rate);
    await send(store, ["b"], { task: "tasks.free" });
    assert.equal((await claimOne(store)).rate, undefined);
  },

  "buckets are of a task, over all queues, and each queue has what was sent to it": async ({
    store,
    clock,
  }) => {
    await limit(store);
    await send(store, ["a1", "a2"]);
    await send(store, ["b1", "b2"], { queue: "r" });
    assert.deepEqual(await claimed(store), ["a1"]);
    assert.deepEqual(await claimed(store, { queues: ["r"] }), []);
    await clock.advance(100);
    assert.deepEqual(await claimed(store, { queues: ["r"] }), ["b1"]);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(100);
    assert.deepEqual(await claimed(store, { queues: ["q", "r"] }), ["a2"]);
  },

  "a settlement and its claim take tokens as a claim does": async ({ store, clock }) => {
    await limit(store);
    await send(store, numbered(3));
    const first = await claimOne(store);
    const request = { queues: ["q"], worker: "w", leaseMs: 30_000, max: 5 };
    const none = await store.consumer.settle([done(first)], request);
    assert.deepEqual(none.claimed && idsOf(none.claimed), []);
    assert.equal(none.claimed?.nextWakeAt, clock.now() + 100);
    await clock.advance(100);
    const one = await store.consumer.settle([], request);
    assert.deepEqual(one.claimed && idsOf(one.claimed), ["m0001"]);
  },

  "a clock that goes back shuts no bucket for long": async ({ store, clock }) => {
    await limit(store);
    await send(store, numbered(3));
    await clock.advance(HOUR_MS);
    await claim(store);
    clock.jump(-HOUR_MS);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(100);
    assert.deepEqual(await claimed(store), ["m0001"]);
  },
});

export const limitCases = group("rates: limits", {
  "what code says holds, and is told": async ({ store, peer }) => {
    const rate: Rate = { limit: 2.5, perMs: 60_000, burst: 3 };
    await store.limits.declare([
      { task: "b, c", code: rate, byMessage: true },
      { task: "a", code: ten, byMessage: false },
      { task: "none", code: null, byMessage: false },
    ]);
    assert.deepEqual(await (await peer()).limits.list(), [
      { task: "a", code: ten, byMessage: false, control: null },
      { task: "b, c", code: rate, byMessage: true, control: null },
    ]);
  },

  "an operator's word goes before that of code, until code says something else": async ({ store }) => {
    const other = { ...ten, limit: 20 };
    await limit(store);
    await store.limits.set(TASK, other);
    await limit(store);
    const [kept] = await store.limits.list();
    assert.deepEqual(kept, { task: TASK, code: ten, byMessage: false, control: { rate: other } });
    await limit(store, { ...ten, burst: 2 });
    const [changed] = await store.limits.list();
    assert.equal(changed?.control, null);
  },

  "a reset brings back what code says, also that there is no limit": async ({ store }) => {
    await limit(store);
    await store.limits.set(TASK, null);
    await store.limits.reset(TASK);
    assert.deepEqual(
      (await store.limits.list()).map(({ control }) => control),
      [null],
    );
    await store.limits.set("other", ten);
    await store.limits.reset("other");
    assert.deepEqual(
      (await store.limits.list()).map(({ task }) => task),
      [TASK],
    );
  },

  "code that has a limit no more takes it away": async ({ store }) => {
    await limit(store);
    await send(store, numbered(3));
    await claim(store);
    await limit(store, null);
    assert.deepEqual(await store.limits.list(), []);
    assert.deepEqual(await claimed(store), ["m0001", "m0002"]);
  },

  "an operator limits a task that has no limit by its code": async ({ store }) => {
    await store.limits.set(TASK, ten);
    await send(store, numbered(3));
    assert.deepEqual(await claimed(store), ["m0000"]);
  },

  "a limit that is raised holds at once, also for what waits": async ({ store, clock }) => {
    await limit(store, { limit: 1, perMs: HOUR_MS, burst: 1 });
    await send(store, numbered(100));
    await claim(store);
    await store.limits.set(TASK, { limit: 100, perMs: 1_000, burst: 5 });
    const started: string[] = [];
    for (let step = 0; step < 10; step++) {
      await clock.advance(50);
      started.push(...(await claimed(store)));
    }
    assert.deepEqual(started, numbered(51).slice(1));
  },

  "a limit that is lowered holds at once, too": async ({ store, clock }) => {
    await limit(store, { limit: 100, perMs: 1_000, burst: 5 });
    await send(store, numbered(20));
    await claim(store, { leaseMs: 10 * HOUR_MS });
    await store.limits.set(TASK, { limit: 1, perMs: HOUR_MS, burst: 1 });
    await clock.advance(HOUR_MS - 1);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimed(store), ["m0005"]);
    await clock.advance(HOUR_MS - 1);
    assert.deepEqual(await claimed(store), []);
  },

  "a limit that is lifted lets out all that waits": async ({ store }) => {
    await limit(store);
    await send(store, numbered(30));
    await claim(store);
    await store.limits.set(TASK, null);
    const started: string[] = [];
    for (let step = 0; step < 4; step++) started.push(...(await claimed(store)));
    assert.deepEqual(started, numbered(30).slice(1));
    assert.equal(await blockedCount(store), 0);
  },

  "buckets that are full again go with the sweep, others stay": async ({ store, clock }) => {
    await limit(store, ten, true);
    for (const key of numbered(300, "k")) await send(store, [key], { rate: { key, weight: 1 } });
    let started = 0;
    for (let step = 0; step < 20 && started < 300; step++)
      started += (await claimed(store, { max: 100 })).length;
    assert.equal(started, 300);
    assert.equal(await store.sweep(1_000), 0);
    await clock.advance(60);
    await send(store, ["last"], { rate: { key: "last", weight: 1 } });
    await claim(store);
    await clock.advance(40);
    assert.equal(await store.sweep(200), 200);
    assert.equal(await store.sweep(1_000), 100);
    await send(store, ["again"], { rate: { key: "last", weight: 1 } });
    assert.deepEqual(await claimed(store), []);
  },

  "limits, buckets and what waits outlive the processes": {
    needs: "durable",
    run: async ({ store, clock, reopen }) => {
      await limit(store);
      await send(store, numbered(3));
      await claim(store);
      const again = await reopen();
      assert(again);
      assert.deepEqual(await claimed(again), []);
      await clock.advance(100);
      assert.deepEqual(await claimed(again), ["m0001"]);
      assert.equal((await again.limits.list()).length, 1);
    },
  },
});
