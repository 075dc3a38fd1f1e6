/** A worker whose child is gone settles its delivery as lost, and need not wait for the end of the lease. */
import assert from "node:assert/strict";
import { group } from "./harness.js";
import { standing } from "./locks.js";
import {
  claim,
  claimIds,
  claimOne,
  done,
  eventually,
  HOUR_MS,
  LEASE_MS,
  lost,
  message,
  sendAndClaim,
  workerLost,
} from "./samples.js";

const never = new AbortController().signal;
const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 20_000 };

export const lostCases = group("broker: lost runs", {
  "one that is lost comes again at once, before all of its priority, one delivery more": async ({
    store,
    clock,
  }) => {
    const first = await sendAndClaim(store, "a", { priority: 1, body: "b" });
    await store.sender.enqueue([message("later", { priority: 1 }), message("urgent", { priority: 2 })]);
    assert.deepEqual(await store.consumer.settle([lost(first)], null), {
      outcomes: ["settled"],
      claimed: null,
    });
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 3, scheduled: 0, leased: 0, dead: 0 },
    ]);
    const { deliveries } = await claim(store);
    assert.deepEqual(
      deliveries.map(({ id }) => id),
      ["urgent", "a", "later"],
    );
    const { token, ...second } = deliveries[1]!;
    assert.notEqual(token, first.token);
    assert.deepEqual({ ...second, token: first.token }, { ...first, deliveries: 2 });
    assert.equal(second.enqueuedAt, clock.now());
  },

  "it leaves no result, and that of before stays": async ({ store, clock }) => {
    const first = await sendAndClaim(store, "a");
    await store.consumer.settle([lost(first)], null);
    const at = clock.now();
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", state: "PENDING", payload: null, at }]);
    const second = await claimOne(store);
    await store.results.update(second, { state: "STARTED", payload: "1" }, HOUR_MS);
    await store.consumer.settle([lost(second)], null);
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", state: "STARTED", payload: "1", at }]);
  },

  "at maxDeliveries it is a dead letter with the result that the settlement carries": async ({
    store,
    clock,
  }) => {
    const first = await sendAndClaim(store, "a", { maxDeliveries: 2, body: "b" });
    await store.consumer.settle([lost(first)], null);
    const request = { queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 5 };
    const { outcomes, claimed } = await store.consumer.settle([lost(await claimOne(store))], request);
    assert.deepEqual([outcomes, claimed?.deliveries], [["settled"], []]);
    assert(claimed);
    assert.equal("deadLettered" in claimed, false);
    const at = clock.now();
    assert.deepEqual((await store.deadLetters.list({ limit: 2 })).letters, [
      { id: "a", task: "tasks.t", queue: "q", reason: "worker-lost", at, body: "b" },
    ]);
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", ...workerLost, at }]);
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 0, scheduled: 0, leased: 0, dead: 1 },
    ]);
  },

  "lost runs and lapsed leases count as one": async ({ store, clock }) => {
    await sendAndClaim(store, "a", { maxDeliveries: 2 });
    await clock.advance(LEASE_MS);
    await store.consumer.settle([lost(await claimOne(store))], null);
    assert.equal((await store.deadLetters.list({ limit: 2 })).letters.length, 1);
  },

  "of a delivery that is not current it changes nothing": async ({ store }) => {
    const first = await sendAndClaim(store, "a", { maxDeliveries: 2 });
    const settlements = [lost(first), lost(first), done(first)];
    const { outcomes } = await store.consumer.settle(settlements, null);
    assert.deepEqual(outcomes, ["settled", "lost", "lost"]);
    const second = await claimOne(store);
    assert.deepEqual((await store.consumer.settle([lost(first)], null)).outcomes, ["lost"]);
    assert.equal(second.deliveries, 2);
    assert.deepEqual(await store.consumer.heartbeat([second], LEASE_MS), ["extended"]);
  },

  "the claim of the same step may have it": async ({ store }) => {
    const first = await sendAndClaim(store, "a");
    const request = { queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 5 };
    const { claimed } = await store.consumer.settle([lost(first)], request);
    assert.deepEqual(
      claimed?.deliveries.map(({ id, deliveries }) => [id, deliveries]),
      [["a", 2]],
    );
  },

  "a worker that waits for work hears of it": async (harness) => {
    const { store } = harness;
    const first = await sendAndClaim(store, "a");
    const arrivals = await store.consumer.listen(["q"]);
    await store.consumer.settle([lost(first)], null);
    await eventually(harness, arrivals.wait(HOUR_MS, never), "the lost message");
    await arrivals.close();
    assert.deepEqual(await claimIds(store), ["a"]);
  },

  "one that was revoked meanwhile ends by the next claim": async ({ store }) => {
    const first = await sendAndClaim(store, "a");
    await store.sender.revoke(["a"], { terminate: true, keepMs: HOUR_MS });
    await store.consumer.settle([lost(first)], null);
    assert.deepEqual(await claimIds(store), []);
    const [record] = await store.results.get(["a"]);
    assert.deepEqual([record?.state, record?.reason], ["REVOKED", "revoked"]);
  },

  "its permit passes on, and it is the next to have it": async ({ store }) => {
    await store.sender.enqueue(["a", "b", "c"].map((id) => message(id, { lock })));
    const first = await claimOne(store);
    assert.deepEqual(await standing(store), { holds: ["a"], waits: ["b", "c"] });
    await store.consumer.settle([lost(first)], null);
    assert.deepEqual(await standing(store), { holds: ["b"], waits: ["c"] });
    const again = (await claim(store)).deliveries;
    assert.deepEqual(
      again.map(({ id, lock: of }) => [id, typeof of?.fence]),
      [
        ["a", "object"],
        ["b", "number"],
      ],
    );
    const [reply] = await store.consumer.admit([{ ...again[0]!, lock, busy: "block" }]);
    assert.equal(reply?.outcome, "blocked");
    assert.deepEqual(await standing(store), { holds: ["b"], waits: ["a", "c"] });
  },

  "as a dead letter it frees its permit": async ({ store }) => {
    await store.sender.enqueue(["a", "b"].map((id) => message(id, { lock, maxDeliveries: 1 })));
    await store.consumer.settle([lost(await claimOne(store))], null);
    assert.deepEqual(await standing(store), { holds: ["b"], waits: [] });
  },
});
