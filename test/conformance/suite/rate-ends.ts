/** What becomes of messages that wait for tokens, and of those that meet a bucket besides something else. */
import assert from "node:assert/strict";
import type { ChargeOutcome } from "../../../src/store/contracts/consumer.js";
import type { Delivery } from "../../../src/store/contracts/delivery.js";
import type { Store } from "../../../src/store/contracts/store.js";
import type { MessageRate } from "../../../src/tasks/message.js";
import { skipOverlap } from "./entry-samples.js";
import { everySecond } from "./every-second.js";
import { graphOf, list, open, part } from "./graph-samples.js";
import { group } from "./harness.js";
import { lock } from "./lock-tasks.js";
import { standing } from "./locks.js";
import { blockedCount, claimed, cooldown, limit, numbered, send, TASK, ten } from "./rate-samples.js";
import { claim, claimOne, dead, done, finish, HOUR_MS, message, retry } from "./samples.js";

async function stateOf(store: Store, id: string): Promise<string | null> {
  return (await store.results.get([id]))[0]?.state ?? null;
}

async function reasonOf(store: Store, id: string): Promise<string | null> {
  return (await store.results.get([id]))[0]?.reason ?? null;
}

async function charge(store: Store, ref: Delivery, rate: MessageRate): Promise<ChargeOutcome | undefined> {
  return (await store.consumer.charge([{ id: ref.id, token: ref.token, rate }]))[0];
}

export const rateEndCases = group("rates: ends of blocked messages", {
  "one that waits is pending, and can be revoked": async ({ store, clock }) => {
    await limit(store);
    await send(store, ["a", "b", "c"]);
    await claim(store);
    assert.equal(await stateOf(store, "b"), "PENDING");
    await store.sender.revoke(["b"], { terminate: false, keepMs: HOUR_MS });
    assert.equal(await stateOf(store, "b"), "REVOKED");
    assert.equal(await blockedCount(store), 1);
    await clock.advance(100);
    assert.deepEqual(await claimed(store), ["c"]);
  },

  "those that have expired go, and take no token": async ({ store, clock }) => {
    await limit(store);
    await send(store, ["a"]);
    await send(store, numbered(5), { expires: { inMs: 50 } });
    await send(store, ["last"]);
    await claim(store);
    await clock.advance(100);
    assert.deepEqual(await claimed(store), ["last"]);
    assert.equal(await reasonOf(store, "m0003"), "expired");
    assert.equal(await blockedCount(store), 0);
  },

  "a purge drops what waits, and nobody is told a turn": async ({ store, clock }) => {
    await limit(store);
    await send(store, numbered(30));
    const delivery = await claimOne(store);
    await claim(store);
    assert.equal(await store.queues.purge(["q"]), 29);
    await finish(store, delivery);
    await clock.advance(100);
    const { deliveries, nextWakeAt } = await claim(store);
    assert.deepEqual([deliveries, nextWakeAt], [[], null]);
    await send(store, ["new"]);
    assert.deepEqual(await claimed(store), ["new"]);
  },

  "a retry takes a token anew": async ({ store, clock }) => {
    await limit(store);
    await send(store, ["a", "b"]);
    const delivery = await claimOne(store);
    await store.consumer.settle([retry(delivery, 50)], null);
    await clock.advance(50);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(50);
    assert.deepEqual(await claimed(store), ["b"]);
    await clock.advance(100);
    assert.deepEqual(await claimed(store), ["a"]);
  },

  "a delivery that is lost takes a token anew": async ({ store, clock }) => {
    await limit(store, { limit: 1, perMs: HOUR_MS, burst: 2 });
    await send(store, ["a", "b"]);
    await claimOne(store);
    await clock.advance(30_000);
    assert.deepEqual(await claimed(store), ["a"]);
    assert.equal(await blockedCount(store), 1);
  },

  "a dead letter that is redriven takes a token, with the key that it carries": async ({ store, clock }) => {
    await limit(store, ten, true);
    const rate = { key: "k", weight: 1 };
    await send(store, ["a", "b"], { rate });
    await store.consumer.settle([dead(await claimOne(store))], null);
    await clock.advance(100);
    await claim(store);
    await store.deadLetters.redrive(["a"]);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(100);
    assert.deepEqual((await claimOne(store)).rate, rate);
  },

  "an id that is free again carries nothing of before": async ({ store, clock }) => {
    await limit(store, ten, true);
    await send(store, ["a"], { rate: { key: "k", weight: 1 } });
    await finish(store, await claimOne(store));
    await clock.advance(2 * HOUR_MS);
    await store.sweep(100);
    await send(store, ["a"]);
    assert.equal((await claimOne(store)).rate, undefined);
  },

  "a delayed message takes a token when its time has come": async ({ store, clock }) => {
    await limit(store);
    await send(store, ["a"], { eta: { inMs: 1_000 } });
    await send(store, ["b"]);
    assert.deepEqual(await claimed(store), ["b"]);
    await clock.advance(1_000);
    assert.deepEqual(await claimed(store), ["a"]);
  },

  "a run that waits for a token is an unfinished one of its entry": async (harness) => {
    const { store } = harness;
    await limit(store, { limit: 1, perMs: HOUR_MS, burst: 1 });
    await send(store, ["first"]);
    await claim(store);
    const entry = await everySecond(harness);
    assert.equal(await entry.tick(skipOverlap), "sent");
    await claim(store);
    assert.equal(await blockedCount(store), 1);
    assert.equal(await entry.tick(skipOverlap), "overlap");
  },

  "a run that its entry buffers keeps what it carries": async (harness) => {
    const { store, clock } = harness;
    await limit(store, ten, true);
    const rate = { key: "k", weight: 1 };
    const entry = await everySecond(harness, { message: { rate } });
    const queueOne = { policy: "queue-one", timeoutMs: null, graceMs: 0 } as const;
    await entry.tick(queueOne);
    const running = await claimOne(store);
    assert.equal(await entry.tick(queueOne), "buffered");
    await finish(store, running);
    await clock.advance(100);
    assert.deepEqual((await claimOne(store)).rate, rate);
  },

  "a part of a graph waits for its token when it may begin": async ({ store, clock }) => {
    await limit(store, ten, true);
    const rate = { key: "k", weight: 1 };
    const send = { rate };
    await open(
      store,
      [part(0, { list: "0", send }), part(1, { pending: 1, send })],
      [list("0", { 1: "success" })],
      1,
    );
    await finish(store, await claimOne(store));
    assert.deepEqual(await claimed(store), []);
    const [, waiting] = (await store.graphs.parts("g", { limit: 9 })) ?? [];
    assert.equal(waiting?.state, "waiting");
    await clock.advance(100);
    await store.consumer.settle([done(await claimOne(store))], null);
    assert.equal((await graphOf(store)).state, "succeeded");
  },

  "the parts of a graph that is revoked go from the backlog": async ({ store }) => {
    await limit(store);
    await open(store, [part(0), part(1), part(2)], [], 0);
    await claim(store);
    assert.equal(await blockedCount(store), 2);
    await store.graphs.cancel("g", { terminate: false });
    for (let step = 0; step < 5; step++) await claim(store, { max: 0 });
    assert.equal(await blockedCount(store), 0);
    assert.equal(await stateOf(store, "g:2"), "REVOKED");
  },
});

export const cooldownCases = group("rates: cooldown", {
  "the bucket is shut for everybody, and the run comes back first, uncounted": async ({
    store,
    peer,
    clock,
  }) => {
    await limit(store, { ...ten, burst: 3 });
    await send(store, ["a", "b", "c"]);
    const delivery = await claimOne(store);
    assert.deepEqual((await store.consumer.settle([cooldown(delivery, 60_000)], null)).outcomes, ["settled"]);
    await send(store, ["d"]);
    assert.deepEqual(await claimed(await peer()), []);
    assert.equal(await blockedCount(store), 4);
    await clock.advance(59_999);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(1);
    const again = await claimOne(store);
    assert.deepEqual([again.id, again.deliveries, again.retries], ["a", 1, 0]);
    // It opens with one token.
    assert.deepEqual(await claimed(store), []);
    await clock.advance(100);
    assert.deepEqual(await claimed(store), ["b"]);
  },

  "another key is not shut": async ({ store }) => {
    await limit(store, ten, true);
    await send(store, ["a"], { rate: { key: "x", weight: 1 } });
    await send(store, ["b"], { rate: { key: "y", weight: 1 } });
    const delivery = await claimOne(store);
    await store.consumer.settle([cooldown(delivery, 60_000)], null);
    assert.deepEqual(await claimed(store), ["b"]);
  },

  "a task without a limit has a bucket that is only shut": async ({ store, clock }) => {
    await send(store, numbered(5));
    const delivery = await claimOne(store);
    await store.consumer.settle([cooldown(delivery, 1_000)], null);
    const { deliveries, nextWakeAt } = await claim(store);
    assert.deepEqual([deliveries, nextWakeAt], [[], clock.now() + 1_000]);
    await send(store, ["other"], { task: "tasks.other" });
    assert.deepEqual(await claimed(store), ["other"]);
    await clock.advance(1_000);
    assert.deepEqual(await claimed(store), numbered(5));
    await store.sweep(10);
    assert.equal(await blockedCount(store), 0);
  },

  "a limit that is changed opens no bucket that is shut": async ({ store, clock }) => {
    await limit(store);
    await send(store, ["a"]);
    await store.consumer.settle([cooldown(await claimOne(store), 10_000)], null);
    await store.limits.set(TASK, { limit: 1_000, perMs: 1_000, burst: 50 });
    await clock.advance(9_999);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimed(store), ["a"]);
  },

  "the shorter of two does not open it": async ({ store, clock }) => {
    await limit(store, { ...ten, burst: 2 });
    await send(store, ["a", "b"]);
    const { deliveries } = await claim(store);
    const [a, b] = deliveries;
    assert(a && b);
    await store.consumer.settle([cooldown(a, 10_000), cooldown(b, 1_000)], null);
    await clock.advance(9_999);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimed(store), ["a"]);
  },

  "nor does it where there is no limit": async ({ store, clock }) => {
    await send(store, ["a", "b"]);
    const { deliveries } = await claim(store);
    const [a, b] = deliveries;
    assert(a && b);
    await store.consumer.settle([cooldown(a, 10_000), cooldown(b, 1_000)], null);
    await clock.advance(9_999);
    await send(store, ["c"]);
    assert.deepEqual(await claimed(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimed(store), ["a", "b", "c"]);
  },

  "one that was to stop ends": async ({ store }) => {
    await send(store, ["a"]);
    const delivery = await claimOne(store);
    await store.sender.revoke(["a"], { terminate: true, keepMs: HOUR_MS });
    await store.consumer.settle([cooldown(delivery, 1_000)], null);
    assert.equal(await stateOf(store, "a"), "REVOKED");
    assert.equal(await blockedCount(store), 0);
  },

  "one that is not current shuts nothing": async ({ store }) => {
    await send(store, ["a", "b"]);
    const delivery = await claimOne(store);
    const { outcomes } = await store.consumer.settle([cooldown({ ...delivery, token: "x" }, 1_000)], null);
    assert.deepEqual(outcomes, ["lost"]);
    assert.deepEqual(await claimed(store), ["b"]);
  },
});

export const chargeCases = group("rates: messages that do not carry theirs", {
  "they are delivered, and their workers ask": async ({ store, clock }) => {
    await limit(store, ten, true);
    await send(store, ["a", "b", "c"]);
    const { deliveries } = await claim(store);
    const [a, b, c] = deliveries;
    assert(a && b && c);
    const rate = { key: "k", weight: 1 };
    assert.equal(await charge(store, a, rate), "charged");
    assert.equal(await charge(store, b, rate), "blocked");
    assert.equal(await charge(store, c, { key: "l", weight: 1 }), "charged");
    assert.equal(await blockedCount(store), 1);
    await clock.advance(100);
    const again = await claimOne(store);
    assert.deepEqual([again.id, again.deliveries, again.rate], ["b", 1, rate]);
  },

  "asked again, no more tokens are taken": async ({ store }) => {
    await limit(store, { ...ten, burst: 2 }, true);
    await send(store, ["a", "b"]);
    const [a, b] = (await claim(store)).deliveries;
    assert(a && b);
    const rate = { key: "k", weight: 1 };
    assert.equal(await charge(store, a, rate), "charged");
    assert.equal(await charge(store, a, rate), "charged");
    assert.equal(await charge(store, b, rate), "charged");
  },

  "a delivery that is not current is told so": async ({ store }) => {
    await limit(store, ten, true);
    await send(store, ["a"]);
    const a = await claimOne(store);
    const rate = { key: "k", weight: 1 };
    assert.equal(await charge(store, { ...a, token: "x" }, rate), "lost");
    await finish(store, a);
    assert.equal(await charge(store, a, rate), "lost");
  },

  "they are given for free slots alone, too": async ({ store }) => {
    await limit(store, ten, true);
    await send(store, ["a", "b", "c"]);
    assert.deepEqual(await claimed(store, { max: 3, slots: 1 }), ["a"]);
    assert.equal(await blockedCount(store), 2);
    assert.deepEqual(await claimed(store), ["b", "c"]);
  },

  "each of a call is judged alone, in order": async ({ store }) => {
    await limit(store, ten, true);
    await send(store, ["a", "b", "c"]);
    const { deliveries } = await claim(store);
    const rate = { key: null, weight: 1 };
    const requests = deliveries.map(({ id, token }) => ({ id, token: id === "a" ? "x" : token, rate }));
    assert.deepEqual(await store.consumer.charge(requests), ["lost", "charged", "blocked"]);
  },
});

export const rateLockCases = group("rates: with locks", {
  "the lock is asked first; while a message waits for a token its permit stays with it": async ({
    store,
    clock,
  }) => {
    await limit(store);
    await send(store, ["x"]);
    await claim(store);
    await send(store, ["a", "b"], { lock });
    await claim(store);
    assert.deepEqual(await standing(store), { holds: ["a"], waits: ["b"] });
    await clock.advance(100);
    const a = await claimOne(store);
    assert(a.id === "a" && a.lock?.fence);
    await finish(store, a);
    await clock.advance(100);
    const b = await claimOne(store);
    assert(b.id === "b" && b.lock?.fence);
  },

  "for its reserve at most; then it passes on, and the ticket is kept": async ({ store, clock }) => {
    await limit(store, { limit: 1, perMs: 60_000, burst: 1 });
    await send(store, ["x"]);
    await finish(store, await claimOne(store));
    await store.sender.enqueue([
      message("a", { lock }),
      message("free", { lock, task: "tasks.free" }),
      message("later", { lock, task: "tasks.free" }),
    ]);
    await claim(store);
    await clock.advance(lock.reserveMs);
    const free = await claimOne(store);
    assert.equal(free.id, "free");
    await clock.advance(25_000);
    await finish(store, free);
    assert.deepEqual(await standing(store), { holds: ["later"], waits: [] });
    await clock.advance(60_000 - lock.reserveMs - 25_000);
    // Its token is there; it stands before those who came after it.
    assert.deepEqual(await claimed(store), ["later"]);
    await send(store, ["last"], { lock, task: "tasks.free" });
    assert.deepEqual((await standing(store)).waits, ["a", "last"]);
  },
});
