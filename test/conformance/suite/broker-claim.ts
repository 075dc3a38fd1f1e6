/** Enqueue and claim: what is sent, in which order it is taken, and when. */
import assert from "node:assert/strict";
import {
  claim,
  claimAllIds,
  claimIds,
  claimOne,
  dead,
  done,
  finish,
  LEASE_MS,
  message,
  sendAndClaim,
} from "./samples.js";
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
      idTtlMs: 6,
    });
    assert.deepEqual(await store.sender.enqueue([sent]), ["queued"]);
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
      idTtlMs: 6,
      entry: "nightly",
      body: "body of a",
      retries: 0,
      deliveries: 1,
      enqueuedAt: now,
    });
  },

  "equal priorities keep the order in which they were sent": async ({ store }) => {
    await store.sender.enqueue([message("a"), message("b")]);
    await store.sender.enqueue([message("c")]);
    assert.deepEqual(await claimIds(store), ["a", "b", "c"]);
  },

  "a higher priority is taken first, then age decides": async ({ store }) => {
    const priorities = { a: 0, b: 9, c: 5, d: 9, e: 0, f: 1 };
    await store.sender.enqueue(Object.entries(priorities).map(([id, priority]) => message(id, { priority })));
    assert.deepEqual(await claimIds(store), ["b", "d", "c", "f", "a", "e"]);
  },

  "an id that waits is a duplicate and changes nothing": async ({ store }) => {
    await store.sender.enqueue([message("a", { body: "first" })]);
    const again = message("a", { body: "second", queue: "other", priority: 9 });
    assert.deepEqual(await store.sender.enqueue([again, message("b"), again]), [
      "duplicate",
      "queued",
      "duplicate",
    ]);
    assert.equal((await claimOne(store)).body, "first");
    assert.deepEqual(await claimIds(store, { queues: ["other"] }), []);
  },

  "an id that is held is a duplicate": async ({ store }) => {
    await sendAndClaim(store, "a");
    assert.deepEqual(await store.sender.enqueue([message("a")]), ["duplicate"]);
  },

  "an id whose result is kept is a duplicate until the result's time is over": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await store.consumer.settle([{ ...done(delivery), resultTtlMs: 1_000 }], null);
    await clock.advance(999);
    assert.deepEqual(await store.sender.enqueue([message("a")]), ["duplicate"]);
    await clock.advance(1);
    assert.deepEqual(await store.sender.enqueue([message("a")]), ["queued"]);
  },

  "an id among the dead letters is a duplicate": async ({ store }) => {
    await store.consumer.settle([dead(await sendAndClaim(store, "a"))], null);
    assert.deepEqual(await store.sender.enqueue([message("a")]), ["duplicate"]);
  },

  "what has expired when it is sent gets a REVOKED result instead": async ({ store, clock }) => {
    const now = clock.now();
    const late = message("a", { expires: { at: now } });
    const unkept = message("b", { expires: { inMs: 0 }, resultTtlMs: 0 });
    const good = message("c", { expires: { at: now + 1 } });
    assert.deepEqual(await store.sender.enqueue([late, unkept, good]), ["expired", "expired", "queued"]);
    assert.deepEqual(await store.results.get(["a", "b"]), [
      { id: "a", state: "REVOKED", payload: null, reason: "expired", at: now },
      null,
    ]);
    assert.deepEqual(await claimIds(store), ["c"]);
  },

  "each message of a batch is judged alone and answered in order": async ({ store }) => {
    await store.sender.enqueue([message("b")]);
    const batch = [message("a"), message("b"), message("c", { expires: { inMs: -1 } }), message("d")];
    assert.deepEqual(await store.sender.enqueue(batch), ["queued", "duplicate", "expired", "queued"]);
    assert.deepEqual(await claimIds(store), ["b", "a", "d"]);
  },

  "an empty batch is answered with nothing": async ({ store }) => {
    assert.deepEqual(await store.sender.enqueue([]), []);
  },

  "a thousand messages in one call are all there, in order": async ({ store }) => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `m${index}`);
    assert.deepEqual(
      await store.sender.enqueue(ids.map((id) => message(id))),
      ids.map(() => "queued"),
    );
    assert.deepEqual(await claimAllIds(store), ids);
  },
});

export const claimCases = group("broker: claim", {
  "a message comes at its eta, not one millisecond before": async ({ store, clock }) => {
    const eta = clock.now() + 1_000;
    await store.sender.enqueue([
      message("at", { eta: { at: eta } }),
      message("in", { eta: { inMs: 1_000 } }),
    ]);
    await clock.advance(999);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimIds(store), ["at", "in"]);
  },

  "the reply says when the next scheduled message comes": async ({ store, clock }) => {
    const now = clock.now();
    await store.sender.enqueue([
      message("b", { eta: { inMs: 2_000 } }),
      message("a", { eta: { inMs: 1_000 } }),
    ]);
    assert.deepEqual(await claim(store), { deliveries: [], now, nextWakeAt: now + 1_000 });
  },

  "after its eta a message keeps its place by priority and age": async ({ store, clock }) => {
    await store.sender.enqueue([
      message("late", { eta: { inMs: 2_000 } }),
      message("early", { eta: { inMs: 1_000 } }),
      message("now"),
      message("urgent", { eta: { inMs: 1_500 }, priority: 5 }),
    ]);
    await clock.advance(2_000);
    assert.deepEqual(await claimIds(store), ["urgent", "late", "early", "now"]);
  },

  "an eta that has passed is no delay": async ({ store, clock }) => {
    await store.sender.enqueue([
      message("a", { eta: { at: clock.now() - 1 } }),
      message("b", { eta: { inMs: 0 } }),
    ]);
    assert.deepEqual(await claimIds(store), ["a", "b"]);
  },

  "nothing to come is no wake-up": async ({ store, clock }) => {
    assert.deepEqual(await claim(store), { deliveries: [], now: clock.now(), nextWakeAt: null });
    await store.sender.enqueue([message("a")]);
    assert.equal((await claim(store, { max: 0 })).nextWakeAt, null);
  },

  "the end of a lease is a wake-up, and a settled delivery is none": async ({ store, clock }) => {
    await store.sender.enqueue([message("a")]);
    const { deliveries, nextWakeAt } = await claim(store);
    assert.equal(nextWakeAt, clock.now() + LEASE_MS);
    await clock.advance(10_000);
    await store.consumer.heartbeat(deliveries, LEASE_MS);
    assert.equal((await claim(store)).nextWakeAt, clock.now() + LEASE_MS);
    const [delivery] = deliveries;
    assert(delivery);
    await finish(store, delivery);
    assert.equal((await claim(store)).nextWakeAt, null);
  },

  "a wake-up is told whatever queues the claim asks for": async ({ store, clock }) => {
    await store.sender.enqueue([message("a", { queue: "other", eta: { inMs: 5 } })]);
    assert.equal((await claim(store)).nextWakeAt, clock.now() + 5);
  },

  "no more is taken than asked for, and zero takes nothing": async ({ store }) => {
    await store.sender.enqueue([message("a"), message("b"), message("c")]);
    assert.deepEqual(await claimIds(store, { max: 0 }), []);
    assert.deepEqual(await claimIds(store, { max: 2 }), ["a", "b"]);
    assert.deepEqual(await claimIds(store, { max: 2 }), ["c"]);
    assert.deepEqual(await claimIds(store), []);
  },

  "a claim of zero does the housekeeping": async ({ store, clock }) => {
    await sendAndClaim(store, "a", { maxDeliveries: 1 });
    await store.sender.enqueue([message("b", { eta: { inMs: LEASE_MS } })]);
    await clock.advance(LEASE_MS);
    assert.deepEqual(await claimIds(store, { max: 0, queues: ["elsewhere"] }), []);
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 1, scheduled: 0, leased: 0, dead: 1 },
    ]);
  },

  "only the named queues are taken from": async ({ store }) => {
    await store.sender.enqueue([message("a"), message("b", { queue: "r" }), message("c", { queue: "s" })]);
    assert.deepEqual((await claimIds(store, { queues: ["s", "q"] })).sort(), ["a", "c"]);
    assert.deepEqual(await claimIds(store, { queues: ["r"] }), ["b"]);
  },

  "priority decides between queues as well": async ({ store }) => {
    await store.sender.enqueue([
      message("a", { priority: 1 }),
      message("b", { queue: "r", priority: 2 }),
      message("c", { priority: 3 }),
    ]);
    assert.deepEqual(await claimIds(store, { queues: ["q", "r"] }), ["c", "b", "a"]);
  },

  "queues of equal standing rotate": {
    because: "a queue that is always full must not starve the one behind it",
    async run({ store }) {
      const queues = ["q", "r", "s"];
      for (const queue of queues) {
        await store.sender.enqueue(
          Array.from({ length: 12 }, (_, index) => message(`${queue}${index}`, { queue })),
        );
      }
      const taken: Record<string, number> = { q: 0, r: 0, s: 0 };
      for (let turn = 0; turn < 12; turn++) {
        const { queue } = await claimOne(store, { queues });
        taken[queue] = (taken[queue] ?? 0) + 1;
      }
      assert.deepEqual(taken, { q: 4, r: 4, s: 4 });
    },
  },

  "what expires while it waits is dropped with a REVOKED result and not counted": async ({
    store,
    clock,
  }) => {
    await store.sender.enqueue([message("a", { expires: { inMs: 1_000 } }), message("b")]);
    await clock.advance(1_000);
    assert.deepEqual(await claimIds(store, { max: 1 }), ["b"]);
    assert.deepEqual(await store.results.get(["a"]), [
      { id: "a", state: "REVOKED", payload: null, reason: "expired", at: clock.now() },
    ]);
  },

  "what has not quite expired is delivered": async ({ store, clock }) => {
    await store.sender.enqueue([message("a", { expires: { inMs: 1_000 } })]);
    await clock.advance(999);
    assert.deepEqual(await claimIds(store), ["a"]);
  },

  "what expires while it waits leaves no result where none is kept": async ({ store, clock }) => {
    await store.sender.enqueue([message("a", { expires: { inMs: 1 }, resultTtlMs: 0 })]);
    await clock.advance(1);
    assert.deepEqual(await claimIds(store), []);
    assert.deepEqual(await store.results.get(["a"]), [null]);
  },

  "two handles never get the same delivery": async ({ store, peer }) => {
    const other = await peer();
    await store.sender.enqueue(Array.from({ length: 20 }, (_, index) => message(`m${index}`)));
    const claims = await Promise.all([store, other, store, other].map((each) => claimIds(each, { max: 5 })));
    assert.equal(new Set(claims.flat()).size, 20);
  },

  "a delivery whose lease has ended is claimable again and its count says so": async ({ store, clock }) => {
    const first = await sendAndClaim(store, "a");
    await clock.advance(LEASE_MS - 1);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    const second = await claimOne(store);
    assert.deepEqual([second.id, second.deliveries, second.retries], ["a", 2, 0]);
    assert.notEqual(second.token, first.token);
    assert.deepEqual((await store.consumer.settle([done(first)], null)).outcomes, ["lost"]);
    await finish(store, second);
    assert.deepEqual(await store.queues.counts(), []);
  },
});
