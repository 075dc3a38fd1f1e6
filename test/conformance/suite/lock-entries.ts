/** Locks of entries: taken when the run is sent; overlap decides when they are busy. */
import assert from "node:assert/strict";
import type { Overlap } from "../../../src/store/contracts/entries.js";
import {
  allow,
  cancelRunning,
  cursor,
  entry,
  item,
  ledgerOf,
  putAll,
  queueOne,
  read,
  runId,
  sendOf,
  sentRow,
  skipOverlap,
  skippedRow,
  tick,
  ticked,
} from "./entry-samples.js";
import { everySecond } from "./every-second.js";
import { group, type Harness } from "./harness.js";
import { lead } from "./leases.js";
import { lock } from "./lock-tasks.js";
import { acquire, standing, take } from "./locks.js";
import { claimIds, claimOne, finish, HOUR_MS, message } from "./samples.js";

/** Entries "a" and "b", whose runs need lock "l"; `send` ticks one of them. */
async function two(harness: Harness) {
  const a = await everySecond(harness, { name: "a", message: { lock } });
  const b = await everySecond(harness, { name: "b", message: { lock }, term: a.term });
  const send = (name: "a" | "b", overlap: Overlap): Promise<string> => (name === "a" ? a : b).tick(overlap);
  return { term: a.term, due: a.due(0), send };
}

export const entryLockCases = group("locks: entries", {
  "a run takes its permit in the tick, and holds it to its end": async (harness) => {
    const { store } = harness;
    const { send, due } = await two(harness);
    assert.equal(await send("a", allow), "sent");
    assert.deepEqual(await standing(store), { holds: [runId("a", due)], waits: [] });
    const delivery = await claimOne(store);
    assert(delivery.lock?.fence);
    assert.equal((await acquire(store, "p", { waiterTtlMs: null })).outcome, "busy");
    await finish(store, delivery);
    await take(store, "p", { waiterTtlMs: null });
  },

  "a released run whose lock is busy waits for it, and stands in no queue": async ({ store }) => {
    await store.sender.enqueue([message("holder", { lock, queue: "other" })]);
    const holder = await claimOne(store, { queues: ["other"] });
    await putAll(store, entry("a", null));
    await store.entries.trigger("a", message("running"), queueOne);
    const running = await claimOne(store);
    assert.equal(await store.entries.trigger("a", message("next", { lock }), queueOne), "buffered");
    await finish(store, running);
    assert.deepEqual(await claimIds(store), []);
    await finish(store, holder);
    assert.deepEqual(await claimIds(store), ["next"]);
  },

  "two runs of one tick do not both take it": async ({ store, clock }) => {
    const due = clock.now();
    await putAll(store, entry("a", due), entry("b", due));
    const term = await lead(store, undefined, HOUR_MS);
    const items = ["a", "b"].map((name) =>
      item(name, due, { plan: [sendOf(name, due, skipOverlap, { lock })], next: cursor(due + 1_000) }),
    );
    assert.deepEqual(await tick(store, term, ...items), [ticked("sent"), ticked("locked")]);
  },

  "cancel-running: the permit of a run that the tick drops passes on in the tick": async (harness) => {
    const { store } = harness;
    const locked = await everySecond(harness, { name: "a", message: { lock } });
    await locked.tick(allow);
    await store.sender.enqueue([message("waits", { lock })]);
    const due = locked.due(1);
    await harness.clock.advance(1_000);
    const plan = [sendOf("a", due, cancelRunning)];
    const planned = item("a", due, { plan, next: cursor(due + 1_000) });
    assert.deepEqual(await tick(store, locked.term, planned), [ticked("sent")]);
    assert.deepEqual((await claimIds(store)).sort(), [runId("a", due), "waits"]);
  },

  "skip: busy means that the run is skipped as locked": async (harness) => {
    const { store, clock } = harness;
    const { send, due, term } = await two(harness);
    await send("a", skipOverlap);
    assert.equal(await send("b", skipOverlap), "locked");
    assert.deepEqual(await ledgerOf(store, "b"), [skippedRow("b", due, clock.now(), term, "locked")]);
    assert.deepEqual((await read(store, "b")).runs, 0);
    await finish(store, await claimOne(store));
    assert.equal(await send("b", skipOverlap), "sent");
  },

  "skip: who waits in line goes first": async (harness) => {
    const { store } = harness;
    const { send } = await two(harness);
    const permit = await take(store, "p");
    await acquire(store, "r");
    await store.locks.release(permit);
    assert.equal(await send("a", skipOverlap), "locked");
  },

  "skip: an unfinished run of the entry counts first": async (harness) => {
    const { send } = await two(harness);
    await send("a", skipOverlap);
    assert.equal(await send("a", skipOverlap), "overlap");
  },

  "allow: busy means that the run waits in line": async (harness) => {
    const { store, clock } = harness;
    const { send, due, term } = await two(harness);
    await send("a", allow);
    assert.equal(await send("b", allow), "sent");
    assert.deepEqual(await ledgerOf(store, "b"), [sentRow("b", due, clock.now(), term)]);
    assert.deepEqual(await standing(store), { holds: [runId("a", due)], waits: [runId("b", due)] });
    assert.equal((await read(store, "b")).unfinished, 1);
    await finish(store, await claimOne(store));
    assert.equal((await claimOne(store)).id, runId("b", due));
  },

  "queue-one: the run in line counts as the running one, and one more is held": async (harness) => {
    const { store } = harness;
    const { send, due } = await two(harness);
    await take(store, "p");
    assert.equal(await send("a", queueOne), "sent");
    assert.equal(await send("a", queueOne), "buffered");
    assert.equal(await send("a", queueOne), "buffered");
    assert.deepEqual((await standing(store)).waits, [runId("a", due)]);
    await store.locks.cancel("l", "p");
    await finish(store, await claimOne(store));
    const last = await claimOne(store);
    assert.equal(last.id, runId("a", due + 2_000));
    assert(last.lock?.fence);
  },

  "cancel-running: a run in line is dropped for the new one": async (harness) => {
    const { store } = harness;
    const { send, due } = await two(harness);
    await take(store, "p");
    await send("a", cancelRunning);
    assert.equal(await send("a", cancelRunning), "sent");
    assert.deepEqual((await standing(store)).waits, [runId("a", due + 1_000)]);
  },

  "cancel-running: the new one takes the permit of the old when that has ended": async (harness) => {
    const { store } = harness;
    const { send, due } = await two(harness);
    await send("a", cancelRunning);
    const first = await claimOne(store);
    assert.equal(await send("a", cancelRunning), "buffered");
    await finish(store, first);
    assert.deepEqual(await standing(store), { holds: [runId("a", due + 1_000)], waits: [] });
  },

  "a run sent by hand obeys the lock, also when it is forced": async (harness) => {
    const { store } = harness;
    await two(harness);
    await take(store, "p");
    assert.equal(await store.entries.trigger("a", message("t1", { lock }), skipOverlap), "locked");
    assert.equal(await store.entries.trigger("a", message("t2", { lock }), null), "sent");
    assert.deepEqual((await standing(store)).waits, ["t2"]);
  },
});
