/**
 * A run that is due although its id is known: the cursor was set back, a backup was put in place, or somebody sent it by
 * its id. It is no new run, whatever the overlap policy.
 */
import assert from "node:assert/strict";
import type { Overlap } from "../../../src/store/contracts/entries.js";
import {
  cancelRunning,
  entry,
  ledgerOf,
  putAll,
  queueOne,
  read,
  sentRow,
  skipOverlap,
} from "./entry-samples.js";
import { everySecond, type EverySecond } from "./every-second.js";
import { group, type Harness } from "./harness.js";
import { claimIds, claimOne, done, finish, LEASE_MS, message } from "./samples.js";

/** Sets the cursor back to the `n`th occurrence, as an edit may. */
async function setBack({ store }: Harness, a: EverySecond, n: number): Promise<void> {
  const { etag } = await read(store, "a");
  await putAll(store, entry("a", a.due(n), { expect: etag }));
}

const POLICIES: readonly (readonly [name: string, overlap: Overlap])[] = [
  ["skip", skipOverlap],
  ["queue-one", queueOne],
  ["cancel-running", cancelRunning],
];

const sentAtOnce = POLICIES.map(([name, overlap]) => {
  const work = async (harness: Harness): Promise<void> => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(overlap);
    const running = await claimOne(store);
    await store.sender.enqueue([message(a.id(1))]);
    assert.equal(await a.tick(overlap), "sent");
    assert.deepEqual(await store.consumer.heartbeat([running], LEASE_MS), ["extended"]);
    assert.equal((await read(store, "a")).buffered, false);
    assert.deepEqual(await ledgerOf(store, "a"), [
      sentRow("a", a.due(0), a.due(0), a.term),
      sentRow("a", a.due(1), a.due(1), a.term),
    ]);
    assert.deepEqual(await claimIds(store), [a.id(1)]);
  };
  return [`${name}: a run that is on its way already counts as sent, and stops none`, work] as const;
});

export const knownRunCases = group("entries: runs that are known", {
  ...Object.fromEntries(sentAtOnce),

  "a run that has ended is neither buffered nor sent again": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await store.sender.enqueue([message(a.id(1))]);
    await store.consumer.settle([done(await claimOne(store))], null);
    await a.tick(queueOne);
    assert.equal(await a.tick(queueOne), "sent");
    assert.deepEqual(await claimIds(store), [a.id(0)]);
  },

  "a buffered run is not replaced by one that is known": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    const running = await claimOne(store);
    await a.tick(queueOne);
    await store.sender.enqueue([message(a.id(2))]);
    assert.equal(await a.tick(queueOne), "sent");
    await finish(store, running);
    assert.deepEqual((await claimIds(store)).sort(), [a.id(1), a.id(2)]);
  },

  "a buffered run that is due again waits on, and is accounted for once": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    const running = await claimOne(store);
    await a.tick(queueOne);
    await setBack(harness, a, 1);
    assert.equal(await a.again(1, queueOne), "buffered");
    assert.equal((await ledgerOf(store, "a")).length, 1);
    await finish(store, running);
    assert.deepEqual(await ledgerOf(store, "a"), [
      sentRow("a", a.due(0), a.due(0), a.term),
      sentRow("a", a.due(1), clock.now(), a.term),
    ]);
    assert.deepEqual(await claimIds(store), [a.id(1)]);
  },

  "a buffered run that is due again once its wait is over is sent": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    const impatient = { ...queueOne, timeoutMs: 2_000 };
    await a.tick(impatient);
    await a.tick(impatient);
    await setBack(harness, a, 1);
    await clock.advance(2_000);
    assert.equal(await a.again(1, impatient), "sent");
    assert.equal((await read(store, "a")).buffered, false);
    assert.deepEqual(await claimIds(store), [a.id(0), a.id(1)]);
  },
});
