/** Locks held by tasks: parked in line, made ready with a permit, and the permit's end with the delivery. */
import assert from "node:assert/strict";
import type { AdmitReply, AdmitRequest } from "../../../src/store/contracts/consumer.js";
import type { Delivery } from "../../../src/store/contracts/delivery.js";
import type { MessageLock } from "../../../src/store/contracts/locks.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { group } from "./harness.js";
import { acquire, standing, take } from "./locks.js";
import {
  claim,
  claimIds,
  claimOne,
  dead,
  done,
  eventually,
  finish,
  HOUR_MS,
  LEASE_MS,
  message,
  retry,
  sendAndClaim,
} from "./samples.js";

const RESERVE_MS = 20_000;
/** Lock "l", capacity 1. */
export const lock: MessageLock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: RESERVE_MS };

async function admit(
  store: Store,
  { id, token }: Pick<Delivery, "id" | "token">,
  changes: Partial<AdmitRequest> = {},
): Promise<AdmitReply> {
  const [reply] = await store.consumer.admit([{ id, token, lock, busy: "block", ...changes }]);
  assert(reply);
  return reply;
}

/** Sends, claims and admits one task, which must get a permit. */
async function running(store: Store, id: string): Promise<Delivery> {
  const delivery = await sendAndClaim(store, id);
  assert.equal((await admit(store, delivery)).outcome, "admitted");
  return delivery;
}

/** Sends, claims and admits one task, which must be parked. */
async function parked(store: Store, id: string, changes: Partial<MessageLock> = {}): Promise<Delivery> {
  const delivery = await sendAndClaim(store, id);
  assert.deepEqual(await admit(store, delivery, { lock: { ...lock, ...changes } }), { outcome: "blocked" });
  return delivery;
}

function defer(ref: Delivery, delayMs: number) {
  return {
    id: ref.id,
    token: ref.token,
    kind: "defer",
    delayMs,
    result: null,
    resultTtlMs: HOUR_MS,
  } as const;
}

const never = new AbortController().signal;

async function stateOf(store: Store, id: string): Promise<string | null> {
  return (await store.results.get([id]))[0]?.state ?? null;
}

async function parkedCount(store: Store): Promise<number> {
  return (await store.queues.counts()).reduce((sum, { blocked = 0 }) => sum + blocked, 0);
}

export const admitCases = group("locks: tasks", {
  "a delivery gets a free permit, the same one when it asks again": async ({ store, peer }) => {
    const delivery = await sendAndClaim(store, "a");
    const reply = await admit(store, delivery);
    assert(reply.outcome === "admitted" && reply.fence > 0);
    assert.deepEqual(await admit(await peer(), delivery), reply);
    assert.deepEqual(await standing(store), { holds: ["a"], waits: [] });
  },

  "operators see the task, its name and its number": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    const reply = await admit(store, delivery);
    await parked(store, "b");
    const details = await store.lockInspection.inspect("l", 9);
    const { token = "" } = details?.holders[0] ?? {};
    assert(reply.outcome === "admitted" && token !== "");
    const { fence } = reply;
    const since = clock.now();
    assert.deepEqual(details, {
      ...{ name: "l", capacity: 1, held: 1, waiting: 1 },
      holders: [{ token, kind: "task", id: "a", label: "tasks.t", fence, since, until: since + LEASE_MS }],
      waiters: [{ kind: "task", id: "b", label: "tasks.t", since }],
    });
  },

  "a delivery that is not current is told so, and gets nothing": async ({ store }) => {
    const delivery = await sendAndClaim(store, "a");
    assert.deepEqual(await admit(store, { ...delivery, token: "foreign" }), { outcome: "lost" });
    await finish(store, delivery);
    assert.deepEqual(await admit(store, delivery), { outcome: "lost" });
    assert.equal(await store.lockInspection.inspect("l", 9), null);
  },

  "each delivery of a call is judged alone, in order": async ({ store }) => {
    await store.sender.enqueue(["a", "b", "c"].map((id) => message(id)));
    const { deliveries } = await claim(store);
    const replies = await store.consumer.admit(
      deliveries.map(({ id, token }) => ({ id, token: id === "b" ? "foreign" : token, lock, busy: "block" })),
    );
    assert.deepEqual(
      replies.map(({ outcome }) => outcome),
      ["admitted", "lost", "blocked"],
    );
  },

  "a task whose permit had passed on is before those who came after it, when a permit is found ended":
    async ({ store, clock }) => {
      await store.sender.enqueue([message("a", { lock: { ...lock, reserveMs: 1_000 } })]);
      await acquire(store, "p", { leaseMs: 5_000 });
      await clock.advance(1_000);
      await take(store, "p", { leaseMs: 5_000 });
      await store.sender.enqueue([message("b", { queue: "r", lock })]);
      const delivery = await claimOne(store);
      assert.equal(delivery.lock?.fence, null);
      await clock.advance(5_000);
      assert.equal((await admit(store, delivery)).outcome, "admitted");
      assert.deepEqual(await standing(store), { holds: ["a"], waits: ["b"] });
    },

  "a task whose permit had passed on is before those who came after it, and leaves them what else is free":
    async ({ store, clock }) => {
      await store.sender.enqueue([message("a", { lock: { ...lock, reserveMs: 1_000 } })]);
      await acquire(store, "p", { leaseMs: HOUR_MS });
      await clock.advance(1_000);
      await take(store, "p", { leaseMs: HOUR_MS });
      await store.sender.enqueue(["b", "c"].map((id) => message(id, { queue: "r", lock })));
      const delivery = await claimOne(store);
      const three = { ...lock, capacity: 3 };
      assert.equal((await admit(store, delivery, { lock: three })).outcome, "admitted");
      assert.deepEqual(await standing(store), { holds: ["a", "b", "p"], waits: ["c"] });
    },

  "a permit that is given back with its delivery is kept for as long as the newest admission says": async ({
    store,
    clock,
  }) => {
    const delivery = await sendAndClaim(store, "a", { lock });
    await clock.advance(LEASE_MS);
    const [again] = (await claim(store)).deliveries;
    assert(again);
    assert.equal((await admit(store, again, { lock: { ...lock, reserveMs: 5_000 } })).outcome, "admitted");
    assert.deepEqual(await store.consumer.giveBack([delivery, again]), ["lost", "settled"]);
    const { holders = [] } = (await store.lockInspection.inspect("l", 9)) ?? {};
    assert.deepEqual(
      holders.map(({ until }) => until - clock.now()),
      [5_000],
    );
  },

  "a line is looked at when a permit ends that was given back with its delivery": async ({
    store,
    clock,
  }) => {
    const delivery = await sendAndClaim(store, "a", { lock });
    await store.consumer.heartbeat([delivery], HOUR_MS);
    await store.sender.enqueue([message("b", { lock })]);
    await store.consumer.giveBack([delivery]);
    const { nextWakeAt } = await claim(store, { queues: ["none"], max: 0 });
    assert.equal(nextWakeAt, clock.now() + RESERVE_MS);
    await clock.advance(RESERVE_MS);
    await claim(store, { queues: ["none"], max: 0 });
    assert.deepEqual(await standing(store), { holds: ["b"], waits: [] });
  },

  "a line is looked at when a permit ends that was extended to end sooner": async ({ store, clock }) => {
    const permit = await take(store, "p", { leaseMs: HOUR_MS });
    await store.sender.enqueue([message("b", { lock })]);
    assert.equal(await store.locks.extend(permit, 1_000), "extended");
    const { nextWakeAt } = await claim(store, { queues: ["none"], max: 0 });
    assert.equal(nextWakeAt, clock.now() + 1_000);
    await clock.advance(1_000);
    assert.deepEqual(await claimIds(store), ["b"]);
  },

  "a task whose turn comes when the clock has gone back behind its eta still waits for that": async ({
    store,
    clock,
  }) => {
    const permit = await take(store, "p", { leaseMs: HOUR_MS });
    await store.sender.enqueue([message("a", { eta: { inMs: 500 } })]);
    await clock.advance(500);
    assert.deepEqual(await admit(store, await claimOne(store)), { outcome: "blocked" });
    clock.jump(-400);
    await store.locks.release(permit);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(400);
    assert.deepEqual(await claimIds(store), ["a"]);
  },

  "a task that does not wait is told that it is busy, and its delivery goes on": async ({ store }) => {
    const first = await running(store, "a");
    const delivery = await sendAndClaim(store, "b");
    assert.deepEqual(await admit(store, delivery, { busy: "refuse" }), { outcome: "busy" });
    assert.deepEqual(await standing(store), { holds: ["a"], waits: [] });
    await finish(store, first);
    assert.equal((await admit(store, delivery, { busy: "refuse" })).outcome, "admitted");
    await finish(store, delivery);
  },

  "a blocked task is in no worker's hands and in nobody's way": async ({ store, clock }) => {
    await running(store, "a");
    const delivery = await parked(store, "b");
    await store.sender.enqueue([message("other")]);
    assert.deepEqual(await claimIds(store), ["other"]);
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 0, scheduled: 0, leased: 2, dead: 0, blocked: 1 },
    ]);
    assert.equal(await stateOf(store, "b"), "PENDING");
    assert.deepEqual(await store.consumer.heartbeat([delivery], LEASE_MS), ["lost"]);
    assert.deepEqual((await store.consumer.settle([done(delivery)], null)).outcomes, ["lost"]);
    assert.deepEqual(await store.consumer.giveBack([delivery]), ["lost"]);
    assert.deepEqual(await store.sender.enqueue([message("b")]), ["duplicate"]);
    await clock.advance(1);
    assert.deepEqual((await standing(store)).waits, ["b"]);
  },

  "the end of one makes the next ready with a permit, in the same step": async ({ store }) => {
    const first = await running(store, "a");
    for (const id of ["b", "c"]) await parked(store, id);
    const { claimed } = await store.consumer.settle([done(first)], {
      queues: ["q"],
      worker: "w",
      leaseMs: LEASE_MS,
      max: 10,
    });
    const [second, ...more] = claimed?.deliveries ?? [];
    assert.deepEqual([second?.id, more], ["b", []]);
    assert(second?.lock?.fence);
    assert.deepEqual(await standing(store), { holds: ["b"], waits: ["c"] });
    await finish(store, second);
    const third = await claimOne(store);
    assert(third.id === "c" && (third.lock?.fence ?? 0) > second.lock.fence);
    await finish(store, third);
    assert.equal(await store.lockInspection.inspect("l", 9), null);
  },

  "its delivery says which lock it holds": async ({ store }) => {
    const first = await running(store, "a");
    await parked(store, "b", { waitTimeoutMs: 77_000 });
    await finish(store, first);
    const second = await claimOne(store);
    const { fence } = second.lock ?? {};
    assert.deepEqual(second.lock, { ...lock, waitTimeoutMs: 77_000, fence });
    assert.deepEqual(await admit(store, second), { outcome: "admitted", fence });
  },

  "waiting counts neither as a delivery nor as a retry": async ({ store }) => {
    const first = await running(store, "a");
    await parked(store, "b");
    await finish(store, first);
    const { deliveries, retries } = await claimOne(store);
    assert.deepEqual({ deliveries, retries }, { deliveries: 1, retries: 0 });
  },

  "a woken task is foremost of its priority": {
    because: "it keeps its age, and the others would hold up everybody behind it",
    async run({ store }) {
      const first = await running(store, "a");
      await parked(store, "b");
      await store.sender.enqueue([message("young"), message("urgent", { priority: 5 })]);
      await finish(store, first);
      assert.deepEqual(await claimIds(store), ["urgent", "b", "young"]);
    },
  },

  "consumers of its queue are told": async (harness) => {
    const { store } = harness;
    const first = await running(store, "a");
    await parked(store, "b");
    const arrivals = await (await harness.peer()).consumer.listen(["q"]);
    const waiting = arrivals.wait(HOUR_MS, new AbortController().signal);
    await finish(store, first);
    await eventually(harness, waiting, "an arrival");
    await arrivals.close();
  },

  "a heartbeat extends the permit with the lease": async ({ store, clock }) => {
    const first = await running(store, "a");
    await clock.advance(LEASE_MS - 1);
    assert.deepEqual(await store.consumer.heartbeat([first], LEASE_MS), ["extended"]);
    await clock.advance(LEASE_MS - 1);
    assert.equal((await acquire(store, "p", { waiterTtlMs: null })).outcome, "busy");
    await clock.advance(1);
    await take(store, "p", { waiterTtlMs: null });
  },

  "when a worker is killed its permit is free at the end of the lease": async ({ store, clock }) => {
    await running(store, "a");
    await parked(store, "b");
    await clock.advance(LEASE_MS - 1);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    const { deliveries } = await claim(store);
    const woken = deliveries.find(({ id }) => id === "b");
    const lost = deliveries.find(({ id }) => id === "a");
    assert(woken?.lock?.fence && lost);
    assert.deepEqual([lost.deliveries, lost.lock], [2, { ...lock, fence: null }]);
    assert.deepEqual(await standing(store), { holds: ["b"], waits: [] });
  },

  "a task whose worker was killed must ask again, also when nobody waits": {
    because: "two runs of it must not share one number",
    async run({ store, clock }) {
      const first = await sendAndClaim(store, "a");
      const before = await admit(store, first);
      await clock.advance(LEASE_MS);
      const again = await claimOne(store);
      assert.deepEqual(again.lock, { ...lock, fence: null });
      const after = await admit(store, again);
      assert(before.outcome === "admitted" && after.outcome === "admitted" && after.fence > before.fence);
    },
  },

  "a task that is delivered again after its worker was lost gets a number of its own": {
    because: "the lost worker may still be writing with the old one",
    async run({ store, clock }) {
      const first = await sendAndClaim(store, "a");
      const before = await admit(store, first);
      await clock.advance(LEASE_MS);
      const again = await claimOne(store);
      assert.deepEqual(again.lock, { ...lock, fence: null });
      const after = await admit(store, again);
      assert(before.outcome === "admitted" && after.outcome === "admitted" && after.fence > before.fence);
    },
  },

  "a claim is told when the permit ends that a blocked task waits for": async ({ store, clock }) => {
    await take(store, "p", { leaseMs: 5_000 });
    await parked(store, "b");
    const now = clock.now();
    assert.equal((await claim(store)).nextWakeAt, now + 5_000);
    await clock.advance(5_000);
    assert.deepEqual(await claimIds(store), ["b"]);
  },

  "a task that lost its permit keeps its turn": {
    because: "it was before the others, and its worker was killed through no fault of its own",
    async run({ store, clock }) {
      await running(store, "a");
      for (const id of ["b", "c"]) await parked(store, id);
      await clock.advance(LEASE_MS);
      const { deliveries } = await claim(store);
      const again = deliveries.find(({ id }) => id === "a");
      assert(again);
      assert.deepEqual(await admit(store, again), { outcome: "blocked" });
      assert.deepEqual(await standing(store), { holds: ["b"], waits: ["a", "c"] });
    },
  },

  "a worker that was thought dead does not get its permit back": async ({ store, clock, peer }) => {
    const other = await peer();
    const first = await running(store, "a");
    await acquire(other, "p", { waiterTtlMs: HOUR_MS });
    await clock.advance(LEASE_MS);
    await take(other, "p");
    assert.deepEqual(await store.consumer.heartbeat([first], LEASE_MS), ["unlocked"]);
    assert.deepEqual(await standing(store), { holds: ["p"], waits: [] });
  },

  "every end of a delivery frees its permit": async ({ store }) => {
    for (const end of [done, (ref: Delivery) => retry(ref, 0), dead, (ref: Delivery) => defer(ref, 0)]) {
      const delivery = await running(store, "a");
      const { outcomes } = await store.consumer.settle([end(delivery)], null);
      assert.deepEqual(outcomes, ["settled"]);
      assert.equal(await store.lockInspection.inspect("l", 9), null);
      await store.queues.purge(["q"]);
      await store.deadLetters.delete(["a"]);
      await store.results.forget(["a"]);
    }
  },

  "a task that runs again has lost its turn, and must ask": async ({ store }) => {
    const first = await running(store, "a");
    await parked(store, "b");
    await store.consumer.settle([retry(first, 0)], null);
    const { deliveries } = await claim(store);
    assert.deepEqual(
      deliveries.map(({ id, lock: carried }) => [id, typeof carried?.fence]),
      [
        ["b", "number"],
        ["a", "object"],
      ],
    );
    await parked(store, "c");
    const again = deliveries[1];
    assert(again);
    assert.deepEqual(await admit(store, again), { outcome: "blocked" });
    assert.deepEqual((await standing(store)).waits, ["c", "a"]);
  },

  "what is given back keeps its permit for a while, and the next run has a number of its own": async ({
    store,
    clock,
  }) => {
    const first = await running(store, "a");
    const before = await admit(store, first);
    await parked(store, "b");
    assert.deepEqual(await store.consumer.giveBack([first]), ["settled"]);
    assert.equal((await store.lockInspection.inspect("l", 9))?.holders[0]?.fence, null);
    await clock.advance(RESERVE_MS - 1);
    const again = await claimOne(store);
    assert(before.outcome === "admitted" && (again.lock?.fence ?? 0) > before.fence);
    assert.deepEqual([again.id, again.deliveries], ["a", 1]);
  },

  "a permit that no worker comes for passes on, and the turn is kept": async ({ store, clock }) => {
    const first = await running(store, "a");
    for (const id of ["b", "c"]) await parked(store, id);
    await finish(store, first);
    await clock.advance(RESERVE_MS);
    const { deliveries } = await claim(store, { max: 0 });
    assert.deepEqual(deliveries, []);
    assert.deepEqual(await standing(store), { holds: ["c"], waits: [] });
    const both = (await claim(store)).deliveries;
    assert.deepEqual(
      both.map(({ id, lock: carried }) => [id, typeof carried?.fence]),
      [
        ["b", "object"],
        ["c", "number"],
      ],
    );
    const late = both[0];
    assert(late);
    await parked(store, "d");
    assert.deepEqual(await admit(store, late), { outcome: "blocked" });
    assert.deepEqual((await standing(store)).waits, ["b", "d"]);
  },

  "a permit that ends sooner than the one before it is known to idle consumers of every queue": {
    because: "nobody may consume the queue of the task that has it, and they wait for its end",
    async run(harness) {
      const { store, clock } = harness;
      for (const releaser of [store, await harness.peer()]) {
        const permit = await take(releaser, "p", { leaseMs: HOUR_MS });
        const queues = ["nobody's", "nobody's", "q"];
        await store.sender.enqueue(
          queues.map((queue, at) => message(`${permit.fence}-${at}`, { queue, lock })),
        );
        const arrivals = await store.consumer.listen(["q"]);
        assert.deepEqual(await claimIds(store), []);
        await eventually(harness, arrivals.wait(100, never), "the end of what was latched");
        const end = clock.now() + RESERVE_MS;
        await releaser.locks.release(permit);
        await eventually(harness, arrivals.wait(HOUR_MS, never), "the news of a permit that ends soon");
        assert(clock.now() < end, "the news came after the end");
        assert.equal((await claim(store)).nextWakeAt, end);
        await arrivals.close();
        // The one after it has a queue without a consumer, too.
        await clock.advance(end - clock.now());
        assert.equal((await claim(store)).nextWakeAt, end + RESERVE_MS);
        await clock.advance(RESERVE_MS);
        const delivery = await claimOne(store);
        assert.equal(delivery.queue, "q");
        await finish(store, delivery);
        await store.queues.purge(["nobody's"]);
      }
    },
  },

  "an idle consumer hears of the end of the permit that a task which was just sent waits for": async (
    harness,
  ) => {
    const { store, clock } = harness;
    const end = clock.now() + LEASE_MS;
    await take(store, "p");
    const arrivals = await store.consumer.listen(["q"]);
    assert.equal((await claim(store)).nextWakeAt, null);
    await store.sender.enqueue([message("a", { lock })]);
    await eventually(harness, arrivals.wait(HOUR_MS, never), "the news of a line");
    assert.deepEqual([(await claim(store)).nextWakeAt, clock.now() < end], [end, true]);
    await arrivals.close();
  },

  "an idle consumer hears of a task that was just sent and waits only so long": async (harness) => {
    const { store, clock } = harness;
    const permit = await take(store, "p");
    await store.sender.enqueue([message("a", { lock })]);
    const arrivals = await store.consumer.listen(["q"]);
    await claim(store);
    await eventually(harness, arrivals.wait(100, never), "the end of what was latched");
    const end = clock.now() + 10_000;
    await store.sender.enqueue([message("b", { lock: { ...lock, waitTimeoutMs: 10_000 } })]);
    await eventually(harness, arrivals.wait(HOUR_MS, never), "the news of a short wait");
    assert.deepEqual([(await claim(store)).nextWakeAt, clock.now() < end], [end, true]);
    await arrivals.close();
    await store.locks.release(permit);
  },

  "tasks and processes stand in one line": async ({ store }) => {
    const first = await running(store, "a");
    await acquire(store, "p");
    await parked(store, "b");
    await acquire(store, "r");
    assert.deepEqual((await standing(store)).waits, ["p", "b", "r"]);
    await finish(store, first);
    const permit = await take(store, "p");
    await store.locks.release(permit);
    assert.equal((await claimOne(store)).id, "b");
  },

  "a deferred message comes back later as if nothing had been": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    const { outcomes } = await store.consumer.settle([defer(delivery, 5_000)], null);
    assert.deepEqual(outcomes, ["settled"]);
    assert.equal(await stateOf(store, "a"), "PENDING");
    await clock.advance(4_999);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    const { deliveries, retries } = await claimOne(store);
    assert.deepEqual({ deliveries, retries }, { deliveries: 1, retries: 0 });
  },
});

export const parkedEndCases = group("locks: ends of blocked tasks", {
  "a revoked one leaves the line": async ({ store }) => {
    const first = await running(store, "a");
    for (const id of ["b", "c"]) await parked(store, id);
    await store.sender.revoke(["b"], { terminate: false, keepMs: 1_000 });
    const [record] = await store.results.get(["b"]);
    assert.deepEqual([record?.state, record?.reason], ["REVOKED", "revoked"]);
    assert.deepEqual(await standing(store), { holds: ["a"], waits: ["c"] });
    await finish(store, first);
    assert.deepEqual(await claimIds(store), ["c"]);
  },

  "a revoked one that was just woken passes its permit on": async ({ store }) => {
    const first = await running(store, "a");
    for (const id of ["b", "c"]) await parked(store, id);
    await finish(store, first);
    await store.sender.revoke(["b"], { terminate: false, keepMs: 1_000 });
    assert.deepEqual(await standing(store), { holds: ["c"], waits: [] });
    assert.deepEqual(await claimIds(store), ["c"]);
  },

  "one that expired in line is not run, and the next is": async ({ store, clock }) => {
    const first = await running(store, "a");
    const delivery = await sendAndClaim(store, "b", { expires: { inMs: 1_000 } });
    assert.deepEqual(await admit(store, delivery), { outcome: "blocked" });
    await parked(store, "c");
    await clock.advance(1_000);
    await finish(store, first);
    assert.deepEqual(await claimIds(store), ["c"]);
    const [record] = await store.results.get(["b"]);
    assert.deepEqual([record?.state, record?.reason], ["REVOKED", "expired"]);
  },

  "purging drops blocked ones of the queue, and permits pass over them": async ({ store }) => {
    const first = await running(store, "a");
    for (const id of ["b", "c"]) await parked(store, id);
    await acquire(store, "p");
    assert.equal(await store.queues.purge(["other"]), 0);
    assert.equal(await store.queues.purge(["q"]), 2);
    assert.deepEqual([await stateOf(store, "b"), await parkedCount(store)], [null, 0]);
    await finish(store, first);
    assert.deepEqual(await standing(store), { holds: ["p"], waits: [] });
  },

  "purging one that was just woken passes its permit on": async ({ store }) => {
    const first = await running(store, "a");
    await parked(store, "b");
    await acquire(store, "p");
    await finish(store, first);
    assert.equal(await store.queues.purge(["q"]), 1);
    assert.deepEqual(await standing(store), { holds: ["p"], waits: [] });
  },

  "one that waited too long ends with a failure, and the line goes on": async ({ store, clock }) => {
    const first = await running(store, "a");
    const now = clock.now();
    await parked(store, "b", { waitTimeoutMs: 5_000 });
    await parked(store, "c");
    assert.equal((await claim(store)).nextWakeAt, now + 5_000);
    await clock.advance(4_999);
    await claim(store, { max: 0 });
    assert.equal(await stateOf(store, "b"), "PENDING");
    await clock.advance(1);
    await claim(store, { max: 0 });
    const [record] = await store.results.get(["b"]);
    assert.deepEqual(record, {
      ...{ id: "b", state: "FAILURE", payload: null, reason: "lock-timeout", at: clock.now() },
    });
    assert.deepEqual(await standing(store), { holds: ["a"], waits: ["c"] });
    await finish(store, first);
    assert.deepEqual(await claimIds(store), ["c"]);
  },

  "a dead letter frees its permit when its deliveries are used up": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a", { maxDeliveries: 1 });
    assert.equal((await admit(store, delivery)).outcome, "admitted");
    await parked(store, "b");
    await clock.advance(LEASE_MS);
    assert.deepEqual(await claimIds(store), ["b"]);
    const [record] = await store.results.get(["a"]);
    assert.equal(record?.reason, "deliveries-exhausted");
  },

  "breaking the permit of a running task tells its worker, and the next runs": async ({ store }) => {
    const first = await running(store, "a");
    await parked(store, "b");
    const token = (await store.lockInspection.inspect("l", 9))?.holders[0]?.token ?? "";
    assert.equal(await store.lockInspection.break({ lock: "l", token }), "broken");
    assert.deepEqual(await store.consumer.heartbeat([first], LEASE_MS), ["unlocked"]);
    assert.deepEqual(await claimIds(store), ["b"]);
    assert.deepEqual((await store.consumer.settle([done(first)], null)).outcomes, ["settled"]);
    assert.deepEqual(await standing(store), { holds: ["b"], waits: [] });
  },

  "a line of tasks is there after everything was restarted": {
    needs: "durable",
    async run({ store, reopen }) {
      const first = await running(store, "a");
      for (const id of ["b", "c"]) await parked(store, id);
      const again = await reopen();
      assert(again);
      assert.deepEqual(await standing(again), { holds: ["a"], waits: ["b", "c"] });
      await finish(again, first);
      assert.deepEqual(await claimIds(again), ["b"]);
    },
  },
});

export const sentLockCases = group("locks: messages sent with one", {
  "a message takes its permit when it is sent, and waits in line without one": async ({ store }) => {
    await store.sender.enqueue(["a", "b", "c"].map((id) => message(id, { lock })));
    assert.deepEqual(await standing(store), { holds: ["a"], waits: ["b", "c"] });
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 1, scheduled: 0, leased: 0, dead: 0, blocked: 2 },
    ]);
    const ran: string[] = [];
    for (let left = 3; left > 0; left--) {
      const delivery = await claimOne(store);
      assert(delivery.lock?.fence);
      ran.push(delivery.id);
      await finish(store, delivery);
    }
    assert.deepEqual(ran, ["a", "b", "c"]);
    assert.equal(await store.lockInspection.inspect("l", 9), null);
  },

  "sending it again changes nothing": async ({ store }) => {
    await store.sender.enqueue([message("a", { lock })]);
    assert.deepEqual(await store.sender.enqueue([message("a", { lock })]), ["duplicate"]);
    assert.deepEqual(await standing(store), { holds: ["a"], waits: [] });
  },

  "an expired one takes nothing": async ({ store }) => {
    assert.deepEqual(await store.sender.enqueue([message("a", { lock, expires: { inMs: 0 } })]), ["expired"]);
    assert.equal(await store.lockInspection.inspect("l", 9), null);
  },

  "a delayed one takes nothing before its time, and its worker must ask": async ({ store, clock }) => {
    await store.sender.enqueue([message("a", { lock, eta: { inMs: 1_000 } })]);
    assert.equal(await store.lockInspection.inspect("l", 9), null);
    await clock.advance(1_000);
    const delivery = await claimOne(store);
    assert.deepEqual(delivery.lock, { ...lock, fence: null });
    assert.equal((await admit(store, delivery)).outcome, "admitted");
  },

  "a task that asks for another lock than it was sent with lets go of that": async ({ store }) => {
    await store.sender.enqueue(["a", "b"].map((id) => message(id, { lock })));
    const delivery = await claimOne(store);
    const other = { ...lock, name: "m" };
    assert.equal((await admit(store, delivery, { lock: other })).outcome, "admitted");
    assert.deepEqual(await standing(store), { holds: ["b"], waits: [] });
  },

  "it needs its lock again after a retry": async ({ store }) => {
    await store.sender.enqueue([message("a", { lock })]);
    const first = await claimOne(store);
    await store.consumer.settle([retry(first, 0)], null);
    assert.equal(await store.lockInspection.inspect("l", 9), null);
    assert.deepEqual((await claimOne(store)).lock, { ...lock, fence: null });
  },
});
