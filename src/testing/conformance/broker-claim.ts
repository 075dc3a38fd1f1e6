/** Enqueue and claim: what is sent, in which order it is taken, and when. */
import assert from "node:assert/strict";
import { claim, claimIds, claimOne, done, finish, LEASE_MS, message, sendAndClaim } from "./samples.js";
import { group } from "./harness.js";

export const enqueueCases = group("broker: enqueue", {
  "a claim gives back every field that was sent": async ({ store, clock }) => {
    const now = clock.now();
    const sent = message("a", {
      priority: 4,
      eta: { at: now },
      expires: { inMs: 60_000 },
      entry: "nightly",
      maxDeliveries: 7,
      resultTtlMs: 5,
    });
    assert.deepEqual(await store.broker.enqueue([sent]), ["queued"]);
    const { token, ...delivery } = await claimOne(store);
    assert.equal(typeof token, "string");
    assert.deepEqual(delivery, {
      id: "a",
      task: "tasks.t",
      queue: "q",
      priority: 4,
      eta: now,
      expires: now + 60_000,
      maxDeliveries: 7,
      resultTtlMs: 5,
      entry: "nightly",
      body: "body of a",
      retries: 0,
      deliveries: 1,
      enqueuedAt: now,
    });
  },

  "equal priorities keep the order in which they were sent": async ({ store }) => {
    await store.broker.enqueue([message("a"), message("b")]);
    await store.broker.enqueue([message("c")]);
    assert.deepEqual(await claimIds(store), ["a", "b", "c"]);
  },

  "a higher priority is taken first, then age decides": async ({ store }) => {
    const priorities = { a: 0, b: 9, c: 5, d: 9, e: 0, f: 1 };
    await store.broker.enqueue(Object.entries(priorities).map(([id, priority]) => message(id, { priority })));
    assert.deepEqual(await claimIds(store), ["b", "d", "c", "f", "a", "e"]);
  },

  "an id that waits is a duplicate and changes nothing": async ({ store }) => {
    await store.broker.enqueue([message("a", { body: "first" })]);
    const again = message("a", { body: "second", queue: "other", priority: 9 });
    assert.deepEqual(await store.broker.enqueue([again, message("b"), again]), [
      "duplicate",
      "queued",
      "duplicate",
    ]);
    assert.equal((await claimOne(store)).body, "first");
    assert.deepEqual(await claimIds(store, { queues: ["other"] }), []);
  },

  "an id that is held is a duplicate": async ({ store }) => {
    await sendAndClaim(store, "a");
    assert.deepEqual(await store.broker.enqueue([message("a")]), ["duplicate"]);
  },

  "an id whose result is kept is a duplicate until the result's time is over": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await store.broker.settle([{ ...done(delivery), resultTtlMs: 1_000 }], null);
    await clock.advance(999);
    assert.deepEqual(await store.broker.enqueue([message("a")]), ["duplicate"]);
    await clock.advance(1);
    assert.deepEqual(await store.broker.enqueue([message("a")]), ["queued"]);
  },
});

export const claimCases = group("broker: claim", {
  "a message comes at its eta, not one millisecond before": async ({ store, clock }) => {
    const eta = clock.now() + 1_000;
    await store.broker.enqueue([
      message("at", { eta: { at: eta } }),
      message("in", { eta: { inMs: 1_000 } }),
    ]);
    await clock.advance(999);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimIds(store), ["at", "in"]);
  },

  "the reply says when the next delayed message comes": async ({ store, clock }) => {
    const now = clock.now();
    await store.broker.enqueue([
      message("b", { eta: { inMs: 2_000 } }),
      message("a", { eta: { inMs: 1_000 } }),
    ]);
    assert.deepEqual(await claim(store), { deliveries: [], now, nextWakeAt: now + 1_000 });
  },

  "a delivery whose lease has ended is claimable again and its count says so": async ({ store, clock }) => {
    const first = await sendAndClaim(store, "a");
    await clock.advance(LEASE_MS - 1);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    const second = await claimOne(store);
    assert.deepEqual([second.id, second.deliveries, second.retries], ["a", 2, 0]);
    assert.notEqual(second.token, first.token);
    assert.deepEqual((await store.broker.settle([done(first)], null)).outcomes, ["lost"]);
    await finish(store, second);
    assert.deepEqual(await store.broker.counts(), []);
  },
});
