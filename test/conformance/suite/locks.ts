/** Locks held by processes: who gets a permit, in which order, for how long. */
import assert from "node:assert/strict";
import {
  type AcquireReply,
  type AcquireRequest,
  OFFER_MS,
  type Permit,
  SKIPPED_MS,
} from "../../../src/store/contracts/locks.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { group } from "./harness.js";
import { eventually, HOUR_MS } from "./samples.js";

export const LEASE_MS = 30_000;
export const ALIVE_MS = 10_000;

/** Asks for lock "l", capacity 1, ready to wait. */
export function acquire(
  store: Store,
  waiter: string,
  changes: Partial<AcquireRequest> = {},
): Promise<AcquireReply> {
  const label = `label of ${waiter}`;
  return store.locks.acquire({
    lock: "l",
    capacity: 1,
    waiter,
    label,
    leaseMs: LEASE_MS,
    waiterTtlMs: ALIVE_MS,
    ...changes,
  });
}

/** The permit, which must be granted. */
export async function take(
  store: Store,
  waiter: string,
  changes: Partial<AcquireRequest> = {},
): Promise<Permit> {
  const reply = await acquire(store, waiter, changes);
  assert(
    reply.outcome === "granted",
    `${waiter} was expected to get a permit, and the answer is ${reply.outcome}`,
  );
  return reply.permit;
}

async function outcomeOf(store: Store, waiter: string, changes: Partial<AcquireRequest> = {}) {
  return (await acquire(store, waiter, changes)).outcome;
}

/** Who holds lock "l" and who waits for it, in order. */
export async function standing(store: Store, lock = "l"): Promise<{ holds: string[]; waits: string[] }> {
  const details = await store.lockInspection.inspect(lock, 1_000);
  return {
    holds: (details?.holders ?? []).map(({ id }) => id).sort(),
    waits: (details?.waiters ?? []).map(({ id }) => id),
  };
}

export const acquireCases = group("locks: acquire", {
  "a free permit is granted at once": async ({ store, clock }) => {
    const now = clock.now();
    const reply = await acquire(store, "a");
    assert(reply.outcome === "granted");
    const { token, fence } = reply.permit;
    assert.deepEqual(reply, { outcome: "granted", permit: { lock: "l", token, fence }, now });
    assert(token !== "" && Number.isSafeInteger(fence) && fence > 0);
  },

  "as many hold as the capacity allows, over all handles": async ({ store, peer }) => {
    const other = await peer();
    await take(store, "a", { capacity: 3 });
    await take(other, "b", { capacity: 3 });
    await take(store, "c", { capacity: 3 });
    assert.equal(await outcomeOf(other, "d", { capacity: 3 }), "waiting");
    assert.deepEqual(await standing(store), { holds: ["a", "b", "c"], waits: ["d"] });
  },

  "locks of other names do not know each other": async ({ store }) => {
    await take(store, "a", { lock: "one" });
    await take(store, "a", { lock: "two" });
    assert.deepEqual(await standing(store, "one"), { holds: ["a"], waits: [] });
  },

  "the same waiter asking again has the same permit, for as long from now": {
    because: "an answer that was lost is asked for again",
    async run({ store, clock, peer }) {
      const first = await take(store, "a");
      await clock.advance(LEASE_MS - 1);
      assert.deepEqual(await take(await peer(), "a"), first);
      await clock.advance(LEASE_MS - 1);
      assert.equal(await outcomeOf(store, "b"), "waiting");
    },
  },

  "who does not wait is told that it is busy, and nothing was changed": async ({ store }) => {
    await take(store, "a");
    assert.equal(await outcomeOf(store, "b", { waiterTtlMs: null }), "busy");
    assert.deepEqual(await standing(store), { holds: ["a"], waits: [] });
  },

  "a waiter is told when the next permit ends unless it is extended": async ({ store, clock }) => {
    const capacity = 2;
    await take(store, "a", { capacity, leaseMs: 9_000 });
    await clock.advance(1_000);
    await take(store, "b", { capacity, leaseMs: 5_000 });
    const now = clock.now();
    assert.deepEqual(await acquire(store, "c", { capacity }), {
      outcome: "waiting",
      nextLookAt: now + 5_000,
      now,
    });
  },

  "a permit ends with its lease, by the store's clock": async ({ store, clock }) => {
    const first = await take(store, "a");
    await clock.advance(LEASE_MS - 1);
    assert.equal(await outcomeOf(store, "b", { waiterTtlMs: null }), "busy");
    await clock.advance(1);
    const second = await take(store, "b", { waiterTtlMs: null });
    assert(second.fence > first.fence && second.token !== first.token);
  },

  "a clock that is set back makes no permit end and none come free": async ({ store, clock }) => {
    await take(store, "a");
    clock.jump(-3_600_000);
    assert.equal(await outcomeOf(store, "b", { waiterTtlMs: null }), "busy");
    assert.deepEqual(await standing(store), { holds: ["a"], waits: [] });
  },

  "the newest capacity counts for everybody": async ({ store, peer }) => {
    const other = await peer();
    await take(store, "a", { capacity: 1 });
    assert.equal(await outcomeOf(store, "b", { capacity: 1 }), "waiting");
    assert.equal(await outcomeOf(other, "c", { capacity: 3 }), "granted");
    assert.deepEqual(await standing(store), { holds: ["a", "b", "c"], waits: [] });
    assert.equal((await store.lockInspection.inspect("l", 9))?.capacity, 3);
  },

  "a capacity below what is held gives no permit until enough came back": async ({ store }) => {
    const a = await take(store, "a", { capacity: 3 });
    const b = await take(store, "b", { capacity: 3 });
    await take(store, "c", { capacity: 3 });
    assert.equal(await outcomeOf(store, "d", { capacity: 2 }), "waiting");
    assert.equal(await store.locks.release(a), "released");
    assert.deepEqual(await standing(store), { holds: ["b", "c"], waits: ["d"] });
    assert.equal(await store.locks.release(b), "released");
    assert.deepEqual(await standing(store), { holds: ["c", "d"], waits: [] });
  },

  "of many who ask at once as many get it as may": async ({ store, peer }) => {
    const stores = [store, await peer(), store, await peer(), store, await peer()];
    const replies = await Promise.all(
      stores.map((each, index) => acquire(each, `w${index}`, { capacity: 2, waiterTtlMs: null })),
    );
    assert.equal(replies.filter(({ outcome }) => outcome === "granted").length, 2);
    assert.equal(replies.filter(({ outcome }) => outcome === "busy").length, 4);
  },
});

export const lineCases = group("locks: line", {
  "a permit that comes back goes to the first in line, in the same step": async ({ store, clock, peer }) => {
    const other = await peer();
    const first = await take(store, "a");
    for (const waiter of ["b", "c", "d"]) assert.equal(await outcomeOf(other, waiter), "waiting");
    await clock.advance(1);
    assert.equal(await store.locks.release(first), "released");
    assert.deepEqual(await standing(other), { holds: ["b"], waits: ["c", "d"] });
    const b = await take(other, "b");
    assert(b.fence > first.fence);
    await store.locks.release(b);
    assert.deepEqual(await standing(other), { holds: ["c"], waits: ["d"] });
  },

  "who comes later does not overtake, although it waits for nothing": async ({ store }) => {
    const first = await take(store, "a");
    await acquire(store, "b");
    await store.locks.release(first);
    assert.equal(await outcomeOf(store, "c", { waiterTtlMs: null }), "busy");
    assert.equal(await outcomeOf(store, "c"), "waiting");
    assert.deepEqual(await standing(store), { holds: ["b"], waits: ["c"] });
  },

  "asking again does not lose the place": async ({ store, clock }) => {
    const first = await take(store, "a");
    await acquire(store, "b");
    await acquire(store, "c");
    await clock.advance(ALIVE_MS - 1);
    await acquire(store, "b");
    await acquire(store, "c");
    await store.locks.release(first);
    assert.deepEqual(await standing(store), { holds: ["b"], waits: ["c"] });
  },

  "the first in line is told on the channel, and those behind it": async (harness) => {
    const { store } = harness;
    const other = await harness.peer();
    const told: string[] = [];
    let heard: () => void = () => undefined;
    const hearing = new Promise<void>((resolve) => (heard = resolve));
    await other.channel.subscribe("lock", (payload) => {
      told.push(payload);
      heard();
    });
    const first = await take(store, "a");
    await acquire(other, "b");
    await acquire(other, "c");
    told.length = 0;
    await store.locks.release(first);
    await eventually(harness, hearing, 'a message on "lock"');
    assert.deepEqual(told.slice(-1), ['["b","c"]']);
  },

  "a waiter that is no longer alive is passed over": async ({ store, clock }) => {
    const first = await take(store, "a");
    await acquire(store, "dead");
    await acquire(store, "alive");
    await clock.advance(ALIVE_MS - 1);
    await acquire(store, "alive");
    await clock.advance(1);
    assert.deepEqual((await standing(store)).waits, ["alive"]);
    await store.locks.release(first);
    assert.deepEqual(await standing(store), { holds: ["alive"], waits: [] });
  },

  "who was passed over comes back at the end": async ({ store, clock }) => {
    const first = await take(store, "a");
    await acquire(store, "slept");
    await clock.advance(ALIVE_MS);
    await acquire(store, "b");
    await acquire(store, "c");
    await store.locks.release(first);
    assert.equal(await outcomeOf(store, "slept"), "waiting");
    assert.deepEqual(await standing(store), { holds: ["b"], waits: ["c", "slept"] });
  },

  "an offer that is not fetched passes on": async ({ store, clock }) => {
    const first = await take(store, "a");
    await acquire(store, "dead");
    await acquire(store, "b");
    await store.locks.release(first);
    assert.deepEqual((await standing(store)).holds, ["dead"]);
    await clock.advance(OFFER_MS - 1);
    assert.equal(await outcomeOf(store, "b"), "waiting");
    await clock.advance(1);
    assert.equal(await outcomeOf(store, "b"), "granted");
    assert.deepEqual(await standing(store), { holds: ["b"], waits: [] });
  },

  "who was passed over is first again once it is heard of": async ({ store, clock }) => {
    const first = await take(store, "a");
    for (const waiter of ["frozen", "b", "c"]) await acquire(store, waiter);
    await store.locks.release(first);
    await clock.advance(OFFER_MS);
    const second = await take(store, "b");
    await clock.advance(SKIPPED_MS - 1);
    await acquire(store, "c");
    assert.equal(await outcomeOf(store, "frozen"), "waiting");
    assert.deepEqual(await standing(store), { holds: ["b"], waits: ["frozen", "c"] });
    await store.locks.release(second);
    await take(store, "frozen");
  },

  "who was passed over and is not heard of has lost its ticket": async ({ store, clock }) => {
    const first = await take(store, "a", { leaseMs: HOUR_MS });
    for (const waiter of ["dead", "b"]) await acquire(store, waiter, { waiterTtlMs: HOUR_MS });
    await store.locks.release(first);
    await clock.advance(OFFER_MS);
    await take(store, "b", { leaseMs: HOUR_MS });
    await clock.advance(SKIPPED_MS);
    await acquire(store, "c");
    assert.equal(await outcomeOf(store, "dead"), "waiting");
    assert.deepEqual(await standing(store), { holds: ["b"], waits: ["c", "dead"] });
  },

  "who asks late for an offer that nobody saw lapse has it": async ({ store, clock }) => {
    const first = await take(store, "a");
    await acquire(store, "late");
    await acquire(store, "b");
    await store.locks.release(first);
    await clock.advance(OFFER_MS + 1);
    await take(store, "late");
    assert.deepEqual(await standing(store), { holds: ["late"], waits: ["b"] });
  },

  "several that are frozen cost an offer each, once": async ({ store, clock }) => {
    const first = await take(store, "a");
    for (const waiter of ["x", "y", "b"]) await acquire(store, waiter);
    await store.locks.release(first);
    await clock.advance(OFFER_MS);
    assert.equal(await outcomeOf(store, "b"), "waiting");
    assert.deepEqual((await standing(store)).holds, ["y"]);
    await clock.advance(OFFER_MS);
    const second = await take(store, "b");
    await acquire(store, "c");
    await store.locks.release(second);
    await take(store, "c");
  },

  "an offer that is left is not lost, nor are its followers": async ({ store }) => {
    const first = await take(store, "a");
    await acquire(store, "b");
    await acquire(store, "c");
    await store.locks.release(first);
    assert.equal(await store.locks.cancel("l", "b"), "cancelled");
    assert.deepEqual(await standing(store), { holds: ["c"], waits: [] });
  },

  "an offer that is fetched for no longer than it lasts is held": async ({ store }) => {
    const first = await take(store, "a");
    await acquire(store, "b");
    await store.locks.release(first);
    const second = await take(store, "b", { leaseMs: OFFER_MS });
    assert((second.fence ?? 0) > (first.fence ?? 0));
    assert.equal(await store.locks.release(second), "released");
  },

  "those behind an offer are told when it was fetched": async (harness) => {
    const { store } = harness;
    let heard: (payload: string) => void = () => undefined;
    const hearing = new Promise<string>((resolve) => (heard = resolve));
    await store.channel.subscribe("lock-fetched", (payload) => heard(payload));
    const first = await take(store, "a");
    await acquire(store, "b");
    await acquire(store, "c");
    await store.locks.release(first);
    await take(store, "b");
    assert.equal(await eventually(harness, hearing, 'a message on "lock-fetched"'), "b");
  },

  "when a lease ends, the first in line has the permit as soon as anybody asks": async ({ store, clock }) => {
    await take(store, "killed");
    await acquire(store, "b", { waiterTtlMs: LEASE_MS + 1 });
    await acquire(store, "c", { waiterTtlMs: LEASE_MS + 1 });
    await clock.advance(LEASE_MS);
    assert.equal(await outcomeOf(store, "c", { waiterTtlMs: LEASE_MS + 1 }), "waiting");
    assert.deepEqual(await standing(store), { holds: ["b"], waits: ["c"] });
  },

  "a waiter that leaves is not granted anything": async ({ store }) => {
    const first = await take(store, "a");
    await acquire(store, "b");
    await acquire(store, "c");
    assert.equal(await store.locks.cancel("l", "b"), "cancelled");
    assert.equal(await store.locks.cancel("l", "b"), "unknown");
    await store.locks.release(first);
    assert.deepEqual(await standing(store), { holds: ["c"], waits: [] });
  },

  "leaving when the permit was granted meanwhile gives it to the next": {
    because: "the cancellation and the grant cross on the way",
    async run({ store }) {
      const first = await take(store, "a");
      await acquire(store, "b");
      await acquire(store, "c");
      await store.locks.release(first);
      assert.equal(await store.locks.cancel("l", "b"), "cancelled");
      assert.deepEqual(await standing(store), { holds: ["c"], waits: [] });
    },
  },

  "nobody is left in line while a permit is free, whatever happens": async ({ store, clock }) => {
    for (const waiter of ["a", "b", "c"]) await acquire(store, waiter, { capacity: 2 });
    await store.locks.cancel("l", "a");
    assert.deepEqual(await standing(store), { holds: ["b", "c"], waits: [] });
    await acquire(store, "d", { capacity: 2 });
    await clock.advance(LEASE_MS);
    assert.deepEqual(await standing(store), { holds: [], waits: [] });
  },
});

export const permitCases = group("locks: permits", {
  "an extension counts from now": async ({ store, clock }) => {
    const permit = await take(store, "a");
    await clock.advance(LEASE_MS - 1);
    assert.equal(await store.locks.extend(permit, LEASE_MS), "extended");
    await clock.advance(LEASE_MS - 1);
    assert.equal(await outcomeOf(store, "b", { waiterTtlMs: null }), "busy");
    await clock.advance(1);
    assert.equal(await outcomeOf(store, "b", { waiterTtlMs: null }), "granted");
  },

  "a permit that has ended is not extended, even if nobody else has it": async ({ store, clock }) => {
    const permit = await take(store, "a");
    await clock.advance(LEASE_MS);
    assert.equal(await store.locks.extend(permit, LEASE_MS), "lost");
    assert.equal(await store.locks.release(permit), "lost");
    assert.equal(await store.lockInspection.inspect("l", 9), null);
  },

  "a permit that passed on belongs to the other alone": async ({ store, clock }) => {
    const old = await take(store, "a");
    await clock.advance(LEASE_MS);
    await take(store, "b");
    assert.equal(await store.locks.extend(old, LEASE_MS), "lost");
    assert.equal(await store.locks.release(old), "lost");
    assert.deepEqual(await standing(store), { holds: ["b"], waits: [] });
  },

  "a permit that ended is not the one that the same waiter has now": async ({ store, clock }) => {
    const old = await take(store, "a");
    await clock.advance(LEASE_MS);
    const now = await take(store, "a");
    assert.equal(await store.locks.extend(old, LEASE_MS), "lost");
    assert.equal(await store.locks.release(old), "lost");
    assert.equal(await store.locks.release(now), "released");
  },

  "giving back twice, with a foreign token, or another lock's, changes nothing": async ({ store }) => {
    const permit = await take(store, "a");
    await take(store, "b", { lock: "other" });
    assert.equal(await store.locks.release({ lock: "l", token: "foreign" }), "lost");
    assert.equal(await store.locks.release({ lock: "other", token: permit.token }), "lost");
    assert.equal(await store.locks.release({ lock: "nowhere", token: permit.token }), "lost");
    assert.equal(await store.locks.release(permit), "released");
    assert.equal(await store.locks.release(permit), "lost");
    assert.deepEqual(await standing(store, "other"), { holds: ["b"], waits: [] });
  },

  "fences only grow, also when nothing was held in between, and when the clock goes back": async ({
    store,
    clock,
  }) => {
    let last = 0;
    for (const jump of [0, 0, 60_000, -3_600_000, 1, -86_400_000]) {
      clock.jump(jump);
      const permit = await take(store, "a");
      assert(permit.fence > last, `${permit.fence} after ${last}`);
      last = permit.fence;
      assert.equal(await store.locks.release(permit), "released");
      assert.equal(await store.lockInspection.inspect("l", 9), null);
      await store.sweep(100);
    }
  },

  "a fence is not below the microseconds of the clock": {
    because: "those given before an older copy of the store was restored must be smaller",
    async run({ store, clock }) {
      assert((await take(store, "a")).fence >= clock.now() * 1_000);
    },
  },

  "fences are greater than those of an earlier process": {
    needs: "durable",
    async run({ store, reopen }) {
      const { fence } = await take(store, "a");
      const again = await reopen();
      assert(again);
      assert.deepEqual(await standing(again), { holds: ["a"], waits: [] });
      assert((await take(again, "b", { capacity: 2 })).fence > fence);
    },
  },

  "sweeping drops ended permits that nobody waits for": async ({ store, clock }) => {
    for (const lock of ["x", "y", "z"]) await take(store, "a", { lock });
    await clock.advance(LEASE_MS - 1);
    assert.equal(await store.sweep(100), 0);
    await clock.advance(1);
    assert.equal(await store.sweep(2), 2);
    assert.equal(await store.sweep(100), 1);
    assert.deepEqual(await store.lockInspection.list({ limit: 9 }), []);
  },
});

export const lockOperatorCases = group("locks: operator", {
  "inspecting shows holders and waiters in order, and what there is of each": async ({ store, clock }) => {
    const start = clock.now();
    const a = await take(store, "a", { capacity: 2 });
    await clock.advance(1_000);
    const b = await take(store, "b", { capacity: 2 });
    await acquire(store, "c", { capacity: 2 });
    await clock.advance(1_000);
    await acquire(store, "d", { capacity: 2 });
    const kind = "process";
    assert.deepEqual(await store.lockInspection.inspect("l", 9), {
      name: "l",
      capacity: 2,
      held: 2,
      waiting: 2,
      holders: [
        {
          token: a.token,
          kind,
          id: "a",
          label: "label of a",
          fence: a.fence,
          since: start,
          until: start + LEASE_MS,
        },
        {
          ...{ token: b.token, kind, id: "b", label: "label of b", fence: b.fence },
          ...{ since: start + 1_000, until: start + 1_000 + LEASE_MS },
        },
      ],
      waiters: [
        { kind, id: "c", label: "label of c", since: start + 1_000 },
        { kind, id: "d", label: "label of d", since: start + 2_000 },
      ],
    });
    const bounded = await store.lockInspection.inspect("l", 1);
    assert.deepEqual(
      [bounded?.holders.length, bounded?.waiters.length, bounded?.held, bounded?.waiting],
      [1, 1, 2, 2],
    );
  },

  "a lock that nobody holds or waits for is not there": async ({ store }) => {
    assert.equal(await store.lockInspection.inspect("l", 9), null);
    const permit = await take(store, "a");
    await store.locks.release(permit);
    assert.equal(await store.lockInspection.inspect("l", 9), null);
    assert.deepEqual(await store.lockInspection.list({ limit: 9 }), []);
  },

  "the list is in order of name, page by page": async ({ store }) => {
    for (const lock of ["b", "a", "c"]) await take(store, "w", { lock, capacity: 2 });
    await take(store, "v", { lock: "a", capacity: 2 });
    await acquire(store, "u", { lock: "a", capacity: 2 });
    const one = { capacity: 2, held: 1, waiting: 0 };
    assert.deepEqual(await store.lockInspection.list({ limit: 2 }), [
      { name: "a", capacity: 2, held: 2, waiting: 1 },
      { name: "b", ...one },
    ]);
    assert.deepEqual(await store.lockInspection.list({ after: "b", limit: 2 }), [{ name: "c", ...one }]);
  },

  "ended permits and waiters not alive are not shown": async ({ store, clock }) => {
    await take(store, "a");
    await acquire(store, "b");
    await clock.advance(ALIVE_MS);
    assert.deepEqual(await store.lockInspection.list({ limit: 9 }), [
      { name: "l", capacity: 1, held: 1, waiting: 0 },
    ]);
    await clock.advance(LEASE_MS);
    assert.deepEqual(await store.lockInspection.list({ limit: 9 }), []);
  },

  "breaking a permit gives it to the first in line, and its holder is told": async (harness) => {
    const { store } = harness;
    let heard: (payload: string) => void = () => undefined;
    const hearing = new Promise<string>((resolve) => (heard = resolve));
    const permit = await take(store, "a");
    await store.channel.subscribe("lock", (payload) => payload === '["a"]' && heard(payload));
    await acquire(store, "b");
    assert.equal(await store.lockInspection.break({ lock: "l", token: "foreign" }), "unknown");
    assert.equal(await store.lockInspection.break(permit), "broken");
    assert.equal(await eventually(harness, hearing, "a message to the holder"), '["a"]');
    assert.equal(await store.lockInspection.break(permit), "unknown");
    assert.equal(await store.locks.extend(permit, LEASE_MS), "lost");
    assert.deepEqual(await standing(store), { holds: ["b"], waits: [] });
  },
});
