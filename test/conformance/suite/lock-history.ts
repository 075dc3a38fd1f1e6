/** The history of locks: one row for each thing that happens, written in its step. */
import assert from "node:assert/strict";
import type { LockRecord } from "../../../src/store/contracts/lock-inspection.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { group } from "./harness.js";
import { ALIVE_MS, acquire, LEASE_MS, take } from "./locks.js";
import { claimOne, done, HOUR_MS, LEASE_MS as DELIVERY_MS, message, retry } from "./samples.js";

type Told = Pick<LockRecord, "event" | "id"> & { readonly ms: number | null };

/** All rows, oldest first: what happened, to whom, and how long that took. */
async function told(store: Store): Promise<Told[]> {
  const rows = await store.lockInspection.history({ limit: 1_000 });
  return rows.map(({ event, id, waitedMs, heldMs }) => ({ event, id, ms: waitedMs ?? heldMs })).reverse();
}

const row = (event: LockRecord["event"], id: string, ms: number | null): Told => ({ event, id, ms });
const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 20_000 };

export const lockHistoryCases = group("locks: history", {
  "a permit that nobody waited for is two rows": async ({ store, clock, peer }) => {
    const at = clock.now();
    const { token, fence } = await take(store, "a");
    await clock.advance(700);
    await store.locks.release({ lock: "l", token });
    const rows = await (await peer()).lockInspection.history({ limit: 9 });
    const who = { lock: "l", kind: "process", id: "a", label: "label of a", fence } as const;
    assert.deepEqual(
      rows.map(({ row: _, ...rest }) => rest),
      [
        { ...who, event: "released", at: at + 700, waitedMs: null, heldMs: 700 },
        { ...who, event: "acquired", at, waitedMs: 0, heldMs: null },
      ],
    );
  },

  "who waits is told of when it begins to, and of how long it did": async ({ store, clock }) => {
    const first = await take(store, "a");
    await acquire(store, "b");
    await clock.advance(400);
    await acquire(store, "b");
    await store.locks.release(first);
    await clock.advance(50);
    const second = await take(store, "b");
    await clock.advance(100);
    await store.locks.release(second);
    assert.deepEqual(await told(store), [
      row("acquired", "a", 0),
      row("waiting", "b", null),
      row("released", "a", 400),
      row("acquired", "b", 450),
      row("released", "b", 100),
    ]);
    const [, , , waiting] = await store.lockInspection.history({ limit: 9 });
    assert.deepEqual(waiting && [waiting.event, waiting.fence], ["waiting", null]);
  },

  "a lease that ends is lost, when it is noticed; the next one holds it in the same step": async ({
    store,
    clock,
  }) => {
    await take(store, "killed");
    await acquire(store, "b", { waiterTtlMs: LEASE_MS * 2 });
    await clock.advance(LEASE_MS);
    await take(store, "b");
    assert.deepEqual((await told(store)).slice(2), [
      row("lost", "killed", LEASE_MS),
      row("acquired", "b", LEASE_MS),
    ]);
  },

  "what was lost is not given back": async ({ store, clock }) => {
    const permit = await take(store, "a");
    await clock.advance(LEASE_MS);
    assert.equal(await store.locks.release(permit), "lost");
    assert.deepEqual(await told(store), [row("acquired", "a", 0), row("lost", "a", LEASE_MS)]);
  },

  "a sweep that drops ended permits tells of each": async ({ store, clock }) => {
    await take(store, "a");
    await clock.advance(LEASE_MS + 5);
    await store.sweep(100);
    assert.deepEqual(await told(store), [row("acquired", "a", 0), row("lost", "a", LEASE_MS + 5)]);
  },

  "a broken permit, and who leaves the line, are told apart": async ({ store, clock }) => {
    const permit = await take(store, "a");
    for (const waiter of ["b", "c", "dead"]) await acquire(store, waiter, { waiterTtlMs: ALIVE_MS });
    await clock.advance(ALIVE_MS - 1);
    await store.locks.cancel("l", "b");
    await acquire(store, "c");
    await clock.advance(1);
    await store.lockInspection.break(permit);
    await take(store, "c");
    await store.locks.cancel("l", "c");
    assert.deepEqual((await told(store)).slice(4), [
      row("gave-up", "b", ALIVE_MS - 1),
      row("broken", "a", ALIVE_MS),
      row("acquired", "c", ALIVE_MS),
      row("released", "c", 0),
      row("gave-up", "dead", ALIVE_MS),
    ]);
  },

  "asking again, extending, and being busy leave no row": async ({ store }) => {
    const permit = await take(store, "a");
    await take(store, "a");
    await store.locks.extend(permit, LEASE_MS);
    await acquire(store, "b", { waiterTtlMs: null });
    assert.deepEqual(await told(store), [row("acquired", "a", 0)]);
  },

  "tasks are told of where they are blocked, made ready and settled": async ({ store, clock }) => {
    await store.sender.enqueue([message("a"), message("b")]);
    const a = await claimOne(store);
    const [admitted] = await store.consumer.admit([{ ...a, lock, busy: "block" }]);
    assert(admitted?.outcome === "admitted");
    const b = await claimOne(store);
    await store.consumer.admit([{ ...b, lock, busy: "block" }]);
    await clock.advance(300);
    await store.consumer.settle([done(a)], null);
    await clock.advance(50);
    await store.consumer.settle([done(await claimOne(store))], null);
    assert.deepEqual(await told(store), [
      row("acquired", "a", 0),
      row("waiting", "b", null),
      row("released", "a", 300),
      row("acquired", "b", 300),
      row("released", "b", 50),
    ]);
    const rows = await store.lockInspection.history({ limit: 9 });
    const { row: _, ...released } = rows[2]!;
    assert.deepEqual(released, {
      ...{ lock: "l", event: "released", kind: "task", id: "a", label: "tasks.t" },
      ...{ fence: admitted.fence, at: clock.now() - 50, waitedMs: null, heldMs: 300 },
    });
  },

  "a task whose worker fell silent has lost it, one that is retried has given it back": async ({
    store,
    clock,
  }) => {
    await store.sender.enqueue([message("a", { lock, maxDeliveries: 9 })]);
    await claimOne(store);
    await clock.advance(DELIVERY_MS);
    const again = await claimOne(store);
    const [reply] = await store.consumer.admit([{ ...again, lock, busy: "block" }]);
    assert.equal(reply?.outcome, "admitted");
    await store.consumer.settle([retry(again, 10)], null);
    assert.deepEqual(
      (await told(store)).map(({ event }) => event),
      ["acquired", "lost", "acquired", "released"],
    );
  },

  "a task that is dead-lettered with its last worker has lost it, and not given it back": async ({
    store,
    clock,
  }) => {
    await store.sender.enqueue([message("a", { lock, maxDeliveries: 1 })]);
    await claimOne(store);
    await clock.advance(DELIVERY_MS);
    await store.consumer.claim({ queues: ["q"], worker: "w", leaseMs: DELIVERY_MS, max: 1 });
    assert.deepEqual(await told(store), [row("acquired", "a", 0), row("lost", "a", DELIVERY_MS)]);
  },

  "a blocked task that waited too long gave up": async ({ store, clock }) => {
    await take(store, "holder", { leaseMs: HOUR_MS });
    await store.sender.enqueue([message("a", { lock: { ...lock, waitTimeoutMs: 2_000 } })]);
    await clock.advance(2_000);
    await store.consumer.claim({ queues: ["q"], worker: "w", leaseMs: DELIVERY_MS, max: 1 });
    assert.deepEqual((await told(store)).slice(1), [row("waiting", "a", null), row("gave-up", "a", 2_000)]);
  },

  "rows come newest first, of one lock or of all, page by page": async ({ store }) => {
    for (const name of ["x", "y", "x", "a b"]) {
      const permit = await take(store, `by ${name}`, { lock: name });
      await store.locks.release(permit);
    }
    const all = await store.lockInspection.history({ limit: 100 });
    assert.deepEqual(
      all.map((each) => `${each.lock} ${each.event}`),
      ["a b", "x", "y", "x"].flatMap((name) => [`${name} released`, `${name} acquired`]),
    );
    const pages: LockRecord[] = [];
    for (;;) {
      const before = pages.at(-1)?.row;
      const page = await store.lockInspection.history({ limit: 3, ...(before !== undefined && { before }) });
      pages.push(...page);
      if (page.length < 3) break;
    }
    assert.deepEqual(pages, all);
    const ofOne = all.filter((each) => each.lock === "x");
    assert.deepEqual(await store.lockInspection.history({ lock: "x", limit: 9 }), ofOne);
    assert.deepEqual(
      await store.lockInspection.history({ lock: "x", before: ofOne[0]!.row, limit: 2 }),
      ofOne.slice(1, 3),
    );
    assert.deepEqual(await store.lockInspection.history({ lock: "nowhere", limit: 9 }), []);
  },

  "a thousand rows of others do not hide the one that is asked for": async ({ store }) => {
    await take(store, "a", { lock: "rare" });
    for (let part = 0; part < 12; part++) {
      await Promise.all(
        Array.from({ length: 100 }, (_, index) => take(store, "b", { lock: `often ${part}-${index}` })),
      );
    }
    assert.deepEqual(
      (await store.lockInspection.history({ lock: "rare", limit: 2 })).map(({ id }) => id),
      ["a"],
    );
  },

  "the history outlives the processes": {
    needs: "durable",
    async run({ store, reopen }) {
      await take(store, "a");
      const before = await store.lockInspection.history({ limit: 9 });
      const again = await reopen();
      assert(again);
      assert.deepEqual(await again.lockInspection.history({ limit: 9 }), before);
      assert.equal(before.length, 1);
    },
  },
});
