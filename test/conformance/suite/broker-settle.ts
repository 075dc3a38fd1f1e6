/** Settle, heartbeat, give back, and what becomes of a lease nobody extends. */
import assert from "node:assert/strict";
import {
  claim,
  claimIds,
  claimOne,
  dead,
  done,
  finish,
  HOUR_MS,
  LEASE_MS,
  message,
  retry,
  sendAndClaim,
  success,
} from "./samples.js";
import { group } from "./harness.js";

const noCounts = { ready: 0, scheduled: 0, leased: 0, dead: 0 };

export const settleCases = group("broker: settle", {
  "done ends the message and keeps its result in the same step": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await finish(store, delivery);
    assert.deepEqual(await store.queues.counts(), []);
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", ...success, at: clock.now() }]);
  },

  "done without a result leaves an earlier record": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await store.results.update(delivery, { state: "CUSTOM", payload: "1" }, HOUR_MS);
    assert.deepEqual((await store.consumer.settle([done(delivery, null)], null)).outcomes, ["settled"]);
    assert.deepEqual(await store.results.get(["a"]), [
      { id: "a", state: "CUSTOM", payload: "1", at: clock.now() },
    ]);
  },

  "a second settlement of the same delivery is lost and changes nothing": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await finish(store, delivery);
    const again = done(delivery, { state: "FAILURE", payload: "again" });
    assert.deepEqual(
      (await store.consumer.settle([again, retry(delivery, 0), dead(delivery)], null)).outcomes,
      ["lost", "lost", "lost"],
    );
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", ...success, at: clock.now() }]);
    assert.deepEqual(await store.queues.counts(), []);
  },

  "a token that was never given, or another message's, is lost": async ({ store }) => {
    const a = await sendAndClaim(store, "a");
    const b = await sendAndClaim(store, "b");
    await store.sender.enqueue([message("c")]);
    const wrong = [
      { id: "a", token: b.token },
      { id: "a", token: "" },
      { id: "c", token: a.token },
      { id: "unknown", token: a.token },
    ];
    assert.deepEqual(
      (
        await store.consumer.settle(
          wrong.map((ref) => done(ref)),
          null,
        )
      ).outcomes,
      ["lost", "lost", "lost", "lost"],
    );
    assert.deepEqual(await store.queues.counts(), [{ ...noCounts, queue: "q", ready: 1, leased: 2 }]);
  },

  "each settlement of a batch is judged alone and answered in order": async ({ store }) => {
    const [a, b, c] = [
      await sendAndClaim(store, "a"),
      await sendAndClaim(store, "b"),
      await sendAndClaim(store, "c"),
    ];
    const batch = [done(a), done(a), dead(b), { ...done(c), token: "wrong" }, retry(c, 1_000)];
    assert.deepEqual((await store.consumer.settle(batch, null)).outcomes, [
      "settled",
      "lost",
      "settled",
      "lost",
      "settled",
    ]);
    assert.deepEqual(await store.queues.counts(), [{ ...noCounts, queue: "q", scheduled: 1, dead: 1 }]);
  },

  "retry comes back after its delay under the same id, one retry more, deliveries counted anew": async ({
    store,
    clock,
  }) => {
    const now = clock.now();
    await sendAndClaim(store, "a", { priority: 3, body: "b" });
    await clock.advance(LEASE_MS);
    const first = await claimOne(store);
    assert.equal(first.deliveries, 2);
    await store.consumer.settle([retry(first, 5_000)], null);
    assert.equal((await claim(store)).nextWakeAt, clock.now() + 5_000);
    await clock.advance(4_999);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    const { token, ...second } = await claimOne(store);
    assert.notEqual(token, first.token);
    assert.deepEqual(second, {
      id: "a",
      task: "tasks.t",
      queue: "q",
      priority: 3,
      eta: clock.now(),
      expires: null,
      maxDeliveries: 3,
      resultTtlMs: HOUR_MS,
      idTtlMs: 0,
      entry: null,
      body: "b",
      retries: 1,
      deliveries: 1,
      enqueuedAt: now,
    });
  },

  "the record of a retry is visible while the message waits and while it is held": async ({
    store,
    clock,
  }) => {
    const delivery = await sendAndClaim(store, "a");
    await store.consumer.settle([retry(delivery, 1_000)], null);
    const record = { id: "a", state: "RETRY", payload: null, at: clock.now() };
    assert.deepEqual(await store.results.get(["a"]), [record]);
    await clock.advance(1_000);
    await claimOne(store);
    assert.deepEqual(await store.results.get(["a"]), [record]);
  },

  "a retry without delay goes behind what waits": {
    because: "a task that fails at once must not keep the others from running",
    async run({ store }) {
      const a = await sendAndClaim(store, "a");
      await store.sender.enqueue([message("b")]);
      await store.consumer.settle([retry(a, 0)], null);
      assert.deepEqual(await claimIds(store), ["b", "a"]);
    },
  },

  "dead keeps the message, body and all": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a", { body: "b" });
    const failure = { state: "FAILURE", payload: "no such task" };
    await store.consumer.settle([{ ...dead(delivery, "unknown-task"), result: failure }], null);
    assert.deepEqual((await store.deadLetters.list({ limit: 10 })).letters, [
      { id: "a", task: "tasks.t", queue: "q", reason: "unknown-task", at: clock.now(), body: "b" },
    ]);
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", ...failure, at: clock.now() }]);
    assert.deepEqual(await claimIds(store), []);
  },

  "the claim of the same step sees what the settlements did": async ({ store, clock }) => {
    const a = await sendAndClaim(store, "a");
    await store.sender.enqueue([message("b")]);
    const request = { queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 5 };
    const { outcomes, claimed } = await store.consumer.settle([retry(a, 0)], request);
    assert.deepEqual(outcomes, ["settled"]);
    assert.deepEqual(
      claimed?.deliveries.map((delivery) => [delivery.id, delivery.retries]),
      [
        ["b", 0],
        ["a", 1],
      ],
    );
    assert.deepEqual([claimed?.now, claimed?.nextWakeAt], [clock.now(), clock.now() + LEASE_MS]);
  },

  "a settlement comes before the end of its own lease is noticed": {
    because: "nobody else has the message yet, so the work is not wasted",
    async run({ store, clock }) {
      const a = await sendAndClaim(store, "a");
      await clock.advance(LEASE_MS + 1);
      const request = { queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 5 };
      const reply = await store.consumer.settle([done(a)], request);
      assert.deepEqual([reply.outcomes, reply.claimed?.deliveries], [["settled"], []]);
    },
  },

  "nothing to settle is only a claim": async ({ store }) => {
    await store.sender.enqueue([message("a")]);
    const request = { queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 5 };
    const { outcomes, claimed } = await store.consumer.settle([], request);
    assert.deepEqual([outcomes, claimed?.deliveries.map(({ id }) => id)], [[], ["a"]]);
  },

  "every delivery has its own token": async ({ store }) => {
    const tokens = new Set<string>();
    await store.sender.enqueue(Array.from({ length: 10 }, (_, index) => message(`m${index}`)));
    for (let round = 0; round < 5; round++) {
      const { deliveries } = await claim(store);
      for (const { token } of deliveries) tokens.add(token);
      await store.consumer.giveBack(deliveries);
    }
    assert.equal(tokens.size, 50);
  },
});

export const leaseCases = group("broker: heartbeat and leases", {
  "a heartbeat extends the lease from now": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await clock.advance(LEASE_MS - 1);
    assert.deepEqual(await store.consumer.heartbeat([delivery], 5_000), ["extended"]);
    await clock.advance(4_999);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimIds(store), ["a"]);
  },

  "a heartbeat may shorten a lease": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await store.consumer.heartbeat([delivery], 10);
    await clock.advance(10);
    assert.deepEqual(await claimIds(store), ["a"]);
  },

  "heartbeats are answered one by one": async ({ store }) => {
    const [a, b] = [await sendAndClaim(store, "a"), await sendAndClaim(store, "b")];
    await finish(store, a);
    assert.deepEqual(
      await store.consumer.heartbeat([a, b, { id: "b", token: "old" }, { id: "x", token: "y" }], LEASE_MS),
      ["lost", "extended", "lost", "lost"],
    );
  },

  "the token of an ended lease is lost for every verb once a claim has seen the end": async ({
    store,
    clock,
  }) => {
    const old = await sendAndClaim(store, "a");
    await clock.advance(LEASE_MS);
    const current = await claimOne(store);
    assert.deepEqual(await store.consumer.heartbeat([old], LEASE_MS), ["lost"]);
    assert.deepEqual(await store.consumer.giveBack([old]), ["lost"]);
    assert.equal(await store.results.update(old, { state: "STARTED", payload: null }, HOUR_MS), "lost");
    assert.deepEqual((await store.consumer.settle([done(old)], null)).outcomes, ["lost"]);
    assert.deepEqual(await store.results.get(["a"]), [
      { id: "a", state: "RECEIVED", payload: null, at: clock.now() },
    ]);
    await finish(store, current);
  },

  "the token is lost too while the message only waits again": async ({ store, clock }) => {
    const old = await sendAndClaim(store, "a");
    await clock.advance(LEASE_MS);
    await claim(store, { max: 0 });
    assert.deepEqual(await store.consumer.heartbeat([old], LEASE_MS), ["lost"]);
    assert.deepEqual((await store.consumer.settle([done(old)], null)).outcomes, ["lost"]);
    assert.deepEqual(await claimIds(store), ["a"]);
  },

  "until a claim has seen the end, the token stays current": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await clock.advance(LEASE_MS * 2);
    assert.deepEqual(await store.consumer.heartbeat([delivery], LEASE_MS), ["extended"]);
    assert.deepEqual(await claimIds(store), []);
  },

  "deliveries whose lease has ended go to the front of their queue": async ({ store, clock }) => {
    await store.sender.enqueue([message("a"), message("b"), message("c")]);
    await claim(store, { max: 2 });
    await clock.advance(LEASE_MS);
    await store.sender.enqueue([message("d")]);
    assert.deepEqual(await claimIds(store), ["a", "b", "c", "d"]);
  },

  "front means the front of its priority": async ({ store, clock }) => {
    await sendAndClaim(store, "low", { priority: 1 });
    await store.sender.enqueue([message("high", { priority: 2 }), message("low2", { priority: 1 })]);
    await clock.advance(LEASE_MS);
    assert.deepEqual(await claimIds(store), ["high", "low", "low2"]);
  },

  "after maxDeliveries lost leases the message is dead, with a FAILURE result": async ({ store, clock }) => {
    await sendAndClaim(store, "a", { maxDeliveries: 2, body: "b" });
    await clock.advance(LEASE_MS);
    assert.equal((await claimOne(store)).deliveries, 2);
    await clock.advance(LEASE_MS);
    const at = clock.now();
    const deadLettered = [{ id: "a", task: "tasks.t", queue: "q", reason: "deliveries-exhausted" }];
    assert.deepEqual(await claim(store), { deliveries: [], deadLettered, now: at, nextWakeAt: null });
    assert.deepEqual(await claim(store), { deliveries: [], now: at, nextWakeAt: null });
    assert.deepEqual((await store.deadLetters.list({ limit: 1 })).letters, [
      { id: "a", task: "tasks.t", queue: "q", reason: "deliveries-exhausted", at, body: "b" },
    ]);
    assert.deepEqual(await store.results.get(["a"]), [
      { id: "a", state: "FAILURE", payload: null, reason: "deliveries-exhausted", at },
    ]);
  },

  "the claim that makes messages dead letters tells of each, whatever it claims from": {
    because: "nobody else does: their workers are gone",
    async run({ store, clock }) {
      const names = { task: "tasks/ü 1", queue: "queue %\n2", maxDeliveries: 1 };
      await store.sender.enqueue([
        message("not spent"),
        message("spent 1", names),
        message("spent 2", { ...names, resultTtlMs: 0 }),
        message("spent 3", { ...names, lock: { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 1 } }),
      ]);
      const other = await claim(store, { queues: ["q", names.queue] });
      assert.equal(other.deliveries.length, 4);
      await clock.advance(LEASE_MS);
      const { deadLettered, deliveries } = await claim(store, { queues: ["nothing in it"], max: 1 });
      const { task, queue } = names;
      assert.deepEqual(
        [...(deadLettered ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1)),
        ["spent 1", "spent 2", "spent 3"].map((id) => ({ id, task, queue, reason: "deliveries-exhausted" })),
      );
      assert.deepEqual(deliveries, []);
      assert.equal("deadLettered" in (await claim(store)), false);
    },
  },

  "what a settlement buries is not told by the claim of the same step": async ({ store }) => {
    const delivery = await sendAndClaim(store, "a");
    const request = { queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 1 };
    const { claimed } = await store.consumer.settle([dead(delivery)], request);
    assert(claimed);
    assert.equal("deadLettered" in claimed, false);
  },

  "where no result is kept, an exhausted message leaves none": async ({ store, clock }) => {
    await sendAndClaim(store, "a", { maxDeliveries: 1, resultTtlMs: 0 });
    await clock.advance(LEASE_MS);
    await claim(store);
    assert.deepEqual(await store.results.get(["a"]), [null]);
    assert.equal((await store.deadLetters.list({ limit: 1 })).letters.length, 1);
  },

  "given back, a delivery is at the front again and was not counted": async ({ store }) => {
    await store.sender.enqueue([
      message("a", { maxDeliveries: 1 }),
      message("b", { maxDeliveries: 1 }),
      message("c"),
    ]);
    const { deliveries } = await claim(store, { max: 2 });
    assert.deepEqual(await store.consumer.giveBack(deliveries), ["settled", "settled"]);
    const again = (await claim(store)).deliveries;
    assert.deepEqual(
      again.map(({ id, deliveries: count, retries }) => [id, count, retries]),
      [
        ["a", 1, 0],
        ["b", 1, 0],
        ["c", 1, 0],
      ],
    );
  },

  "giving back twice, or with an old token, is lost": async ({ store }) => {
    const delivery = await sendAndClaim(store, "a");
    assert.deepEqual(await store.consumer.giveBack([delivery, delivery, { id: "x", token: "y" }]), [
      "settled",
      "lost",
      "lost",
    ]);
    assert.deepEqual((await store.consumer.settle([done(delivery)], null)).outcomes, ["lost"]);
    assert.deepEqual(await claimIds(store), ["a"]);
  },
});
