/** What a store says of itself, and of the last success of an entry. */
import assert from "node:assert/strict";
import type { EpochMs } from "../../../src/core/clock.js";
import type { Settlement } from "../../../src/store/contracts/consumer.js";
import type { DeliveryRef } from "../../../src/store/contracts/delivery.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { entry, putAll, read } from "./entry-samples.js";
import { chainInstead } from "./graph-grow.js";
import { drain } from "./graph-samples.js";
import { group } from "./harness.js";
import { lead } from "./leases.js";
import { lock } from "./lock-tasks.js";
import { acquire, ALIVE_MS, take } from "./locks.js";
import { claim, claimOne, dead, done, finish, message, retry } from "./samples.js";

export const measureCases = group("store: measures", {
  "an empty store is led by nobody, and nobody waits": async ({ store, clock }) => {
    const { bytes, ...rest } = await store.measure();
    assert.deepEqual(rest, { now: clock.now(), isLed: false, lockWaiters: 0 });
    assert(bytes === null || bytes > 0);
  },

  "it is led while the lease of a beat holds, whoever watches": async ({ store, clock, peer }) => {
    const isLed = async () => (await (await peer()).measure()).isLed;
    await store.leases.elect({ id: "w", nonce: "n", host: "h", version: "1" }, 60_000, "watch");
    assert.equal(await isLed(), false);
    await lead(store);
    assert.equal(await isLed(), true);
    await clock.advance(14_999);
    assert.equal(await isLed(), true);
    await clock.advance(1);
    assert.equal(await isLed(), false);
  },

  "tasks and processes that wait for locks are counted, over all locks": async ({ store, clock }) => {
    const waiters = async () => (await store.measure()).lockWaiters;
    const held = await take(store, "first");
    assert.equal(await waiters(), 0);
    await acquire(store, "second");
    await acquire(store, "third");
    await store.sender.enqueue([
      message("task", { lock }),
      message("other", { lock: { ...lock, name: "m" } }),
    ]);
    assert.equal(await waiters(), 3);
    await store.locks.cancel("l", "third");
    assert.equal(await waiters(), 2);
    await store.locks.release(held);
    assert.equal(await waiters(), 1);
    await clock.advance(ALIVE_MS * 10);
    await claim(store, { max: 0 });
    await store.lockInspection.list({ limit: 10 });
    assert.equal(await waiters(), 0);
  },
});

/** Triggers a run of "e", and has it end so; when a run of it succeeded last. */
async function ended(
  store: Store,
  id: string,
  end: (ref: DeliveryRef) => Settlement,
): Promise<EpochMs | null> {
  await store.entries.trigger("e", message(id), null);
  const delivery = await claimOne(store);
  await store.consumer.settle([end(delivery)], null);
  return (await read(store, "e")).lastSuccessAt;
}

const succeeded = (ref: DeliveryRef, result = done(ref).result) =>
  ({ ...done(ref, result), succeeded: true }) as const;

export const entrySuccessCases = group("entries: last success", {
  "it is when a run succeeded, by the store's clock, with a result or without": async ({
    store,
    clock,
    peer,
  }) => {
    await putAll(store, entry("e", null), entry("f", null));
    assert.equal((await read(store, "e")).lastSuccessAt, null);
    for (const [id, settlement] of [
      ["a", (ref: DeliveryRef) => succeeded(ref)],
      ["b", (ref: DeliveryRef) => succeeded(ref, null)],
      ["c", (ref: DeliveryRef) => ({ ...succeeded(ref, null), idTtlMs: 1_000 })],
    ] as const) {
      await clock.advance(1_000);
      assert.equal(await ended(store, id, settlement), clock.now());
    }
    const found = await (await peer()).entries.list({ limit: 10 });
    assert.deepEqual(
      found.map(({ name, lastSuccessAt }) => [name, lastSuccessAt]),
      [
        ["e", clock.now()],
        ["f", null],
      ],
    );
  },

  "no other end is a success": async ({ store, clock }) => {
    await putAll(store, entry("e", null));
    const at = await ended(store, "a", (ref) => succeeded(ref));
    await clock.advance(1_000);
    const failure = { state: "FAILURE", payload: null };
    assert.equal(await ended(store, "b", (ref) => done(ref, failure)), at);
    assert.equal(await ended(store, "c", (ref) => done(ref, null)), at);
    assert.equal(await ended(store, "d", (ref) => ({ ...done(ref, failure), keepMs: 1_000 })), at);
    assert.equal(await ended(store, "e", (ref) => dead(ref)), at);
    assert.equal(await ended(store, "f", (ref) => retry(ref, 10_000)), at);
    assert.equal(await ended(store, "g", (ref) => ({ ...succeeded(ref), token: "another" })), at);
  },

  "many runs of many entries are told of in one call": async ({ store, clock }) => {
    const names = Array.from({ length: 30 }, (_, index) => `e${10 + index}`);
    await putAll(store, ...names.map((name) => entry(name, null)));
    for (const name of names) await store.entries.trigger(name, message(`run-${name}`), null);
    await store.sender.enqueue([message("plain")]);
    const { deliveries } = await claim(store, { max: 100 });
    assert.equal(deliveries.length, 31);
    await clock.advance(500);
    const ends = deliveries.map((ref) =>
      Number(ref.entry?.slice(1)) % 2 === 0 ? succeeded(ref) : done(ref),
    );
    await store.consumer.settle(ends, null);
    const snapshots = await store.entries.get(names);
    assert.deepEqual(
      snapshots.map((snapshot) => snapshot?.lastSuccessAt),
      names.map((name) => (Number(name.slice(1)) % 2 === 0 ? clock.now() : null)),
    );
  },

  "it changes no etag, and a put keeps it": async ({ store, clock }) => {
    await putAll(store, entry("e", null));
    await store.entries.trigger("e", message("a"), null);
    const before = await read(store, "e");
    await finish(store, await claimOne(store));
    await ended(store, "b", (ref) => succeeded(ref));
    const { etag, lastSuccessAt } = await read(store, "e");
    assert.equal(lastSuccessAt, clock.now());
    assert.equal(before.lastSuccessAt, null);
    await putAll(store, entry("e", null, { expect: etag, revision: "r2" }));
    assert.equal((await read(store, "e")).lastSuccessAt, clock.now());
  },

  "an entry that was removed keeps none, nor does one that is removed while it runs": async ({ store }) => {
    await putAll(store, entry("e", null));
    await ended(store, "a", (ref) => succeeded(ref));
    const again = async (): Promise<EpochMs | null> => {
      await store.entries.remove("e", (await read(store, "e")).etag);
      await putAll(store, entry("e", null));
      return (await read(store, "e")).lastSuccessAt;
    };
    assert.equal(await again(), null);
    await store.entries.trigger("e", message("b"), null);
    const late = await claimOne(store);
    await store.entries.remove("e", (await read(store, "e")).etag);
    await store.consumer.settle([succeeded(late)], null);
    await putAll(store, entry("e", null));
    assert.equal((await read(store, "e")).lastSuccessAt, null);
  },

  "a run that became a graph succeeds when the graph has": async ({ store, clock }) => {
    await putAll(store, entry("e", null));
    const become = (id: string) => (ref: DeliveryRef) =>
      ({ ...done(ref, null), kind: "replaced", grow: chainInstead("", id) }) as const;
    assert.equal(await ended(store, "good", become("good")), null);
    await clock.advance(1_000);
    await drain(store);
    assert.equal((await read(store, "e")).lastSuccessAt, clock.now());
    const at = await ended(store, "bad", become("bad"));
    await clock.advance(1_000);
    await drain(store, { "bad:0": "fail" });
    assert.equal((await read(store, "e")).lastSuccessAt, at);
  },

  "it survives": {
    needs: "durable",
    async run({ store, clock, reopen }) {
      await putAll(store, entry("e", null));
      await ended(store, "a", (ref) => succeeded(ref));
      assert.equal((await read((await reopen())!, "e")).lastSuccessAt, clock.now());
    },
  },
});
