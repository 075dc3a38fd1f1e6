/** Results: what is told of a task, to whom, and for how long. */
import assert from "node:assert/strict";
import {
  claimOne,
  done,
  eventually,
  finish,
  HOUR_MS,
  isPending,
  message,
  sendAndClaim,
  success,
} from "./samples.js";
import { group } from "./harness.js";

const never = new AbortController().signal;
const started = { state: "STARTED", payload: null, worker: "w" };

export const resultCases = group("results", {
  "without a record the state follows from where the message is": async ({ store, clock }) => {
    const at = clock.now();
    await store.sender.enqueue([message("held", { priority: 1 })]);
    await claimOne(store);
    await store.sender.enqueue([message("ready"), message("delayed", { eta: { inMs: 5 } })]);
    assert.deepEqual(await store.results.get(["held", "ready", "unknown", "delayed"]), [
      { id: "held", state: "RECEIVED", payload: null, at },
      { id: "ready", state: "PENDING", payload: null, at },
      null,
      { id: "delayed", state: "PENDING", payload: null, at },
    ]);
    assert.deepEqual(await store.results.get([]), []);
  },

  "an update is the stored record until the next": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    assert.equal(await store.results.update(delivery, started, HOUR_MS), "updated");
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", ...started, at: clock.now() }]);
    await clock.advance(10);
    const progress = { state: "PROGRESS", payload: '{"done":1}', reason: "custom" };
    assert.equal(await store.results.update(delivery, progress, HOUR_MS), "updated");
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", ...progress, at: clock.now() }]);
  },

  "an update with a token that is not current is lost": async ({ store }) => {
    const delivery = await sendAndClaim(store, "a");
    assert.equal(await store.results.update({ id: "a", token: "old" }, started, HOUR_MS), "lost");
    assert.equal(await store.results.update({ id: "x", token: delivery.token }, started, HOUR_MS), "lost");
    assert.deepEqual(
      (await store.results.get(["a", "x"])).map((record) => record?.state),
      ["RECEIVED", undefined],
    );
    await finish(store, delivery);
    assert.equal(await store.results.update(delivery, started, HOUR_MS), "lost");
    assert.equal((await store.results.get(["a"]))[0]?.state, "SUCCESS");
  },

  "an update never overwrites a final record": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await store.results.put("a", success, HOUR_MS);
    await store.results.update(delivery, started, HOUR_MS);
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", ...success, at: clock.now() }]);
  },

  "put writes a result without a delivery": async ({ store, clock }) => {
    await store.results.put("a", started, HOUR_MS);
    await store.results.put("a", success, HOUR_MS);
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", ...success, at: clock.now() }]);
  },

  "put never overwrites a final record": async ({ store, clock }) => {
    const failure = { state: "FAILURE", payload: "first" };
    await store.results.put("a", failure, HOUR_MS);
    await store.results.put("a", success, HOUR_MS);
    await store.results.put("a", started, HOUR_MS);
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", ...failure, at: clock.now() }]);
  },

  "a custom state that looks like a final one is not final": async ({ store }) => {
    await store.results.put("a", { state: "success", payload: null }, HOUR_MS);
    await store.results.put("a", success, HOUR_MS);
    assert.equal((await store.results.get(["a"]))[0]?.state, "SUCCESS");
  },

  "a record is kept for its time, to the millisecond": async ({ store, clock }) => {
    await store.results.put("a", success, 1_000);
    await clock.advance(999);
    assert.equal((await store.results.get(["a"]))[0]?.state, "SUCCESS");
    await clock.advance(1);
    assert.deepEqual(await store.results.get(["a"]), [null]);
    await store.results.put("a", started, 1_000);
    assert.equal((await store.results.get(["a"]))[0]?.state, "STARTED");
  },

  "a result that is to be kept for no time is not kept": async ({ store }) => {
    const delivery = await sendAndClaim(store, "a");
    await store.consumer.settle([{ ...done(delivery), resultTtlMs: 0 }], null);
    assert.deepEqual(await store.results.get(["a"]), [null]);
  },

  "when the record's time is over, the message speaks again": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await store.results.update(delivery, started, 1_000);
    await clock.advance(1_000);
    assert.equal((await store.results.get(["a"]))[0]?.state, "RECEIVED");
  },

  "sweep drops what is over, at most so many, and says how many": async ({ store, clock }) => {
    for (const id of ["a", "b", "c"]) await store.results.put(id, success, 1_000);
    await store.results.put("d", success, 2_000);
    await store.sender.revoke(["r"], { terminate: false, keepMs: 1_000 });
    assert.equal(await store.sweep(10), 0);
    await clock.advance(1_000);
    assert.equal(await store.sweep(0), 0);
    const counts = [await store.sweep(3), await store.sweep(10), await store.sweep(10)];
    assert.deepEqual(counts, [3, 1, 0]);
    assert.deepEqual(
      (await store.results.get(["a", "d"])).map((record) => record?.state),
      [undefined, "SUCCESS"],
    );
  },

  "forget drops records and nothing else": async ({ store }) => {
    const delivery = await sendAndClaim(store, "a");
    await store.results.update(delivery, started, HOUR_MS);
    await store.results.put("b", success, HOUR_MS);
    await store.results.forget(["a", "b", "unknown"]);
    assert.deepEqual(
      (await store.results.get(["a", "b"])).map((record) => record?.state),
      ["RECEIVED", undefined],
    );
    assert.deepEqual(await store.sender.enqueue([message("b")]), ["queued"]);
    await finish(store, delivery);
  },

  "a result already there is given at once": async (harness) => {
    const { store, clock } = harness;
    await store.results.put("a", success, HOUR_MS);
    const stored = { id: "a", ...success, at: clock.now() };
    assert.deepEqual(
      await eventually(harness, store.results.wait("a", never), "a result that is there"),
      stored,
    );
    assert.deepEqual(
      await eventually(harness, store.results.wait("a", AbortSignal.abort()), "the same"),
      stored,
    );
  },

  "a wait gives the record that settles the task, to everybody who waits": async (harness) => {
    const { store } = harness;
    const other = await harness.peer();
    await store.sender.enqueue([message("a")]);
    const waits = [
      store.results.wait("a", never),
      store.results.wait("a", never),
      other.results.wait("a", never),
    ];
    const delivery = await claimOne(store);
    await store.results.update(delivery, started, HOUR_MS);
    assert.equal(await isPending(harness, Promise.race(waits)), true);
    await finish(store, delivery);
    for (const wait of waits) {
      const record = await eventually(harness, wait, "the result");
      assert.deepEqual([record?.id, record?.state, record?.payload], ["a", "SUCCESS", success.payload]);
    }
  },

  "a wait is ended by results the store writes itself": async (harness) => {
    const { store } = harness;
    await store.sender.enqueue([message("a")]);
    const wait = store.results.wait("a", never);
    await store.sender.revoke(["a"], { terminate: false, keepMs: 0 });
    const record = await eventually(harness, wait, "the result of a revoked task");
    assert.deepEqual([record?.state, record?.reason], ["REVOKED", "revoked"]);
  },

  "a wait for an unknown id waits for it to come": async (harness) => {
    const wait = harness.store.results.wait("a", never);
    assert.equal(await isPending(harness, wait), true);
    await harness.store.results.put("a", success, HOUR_MS);
    assert.equal((await eventually(harness, wait, "the result"))?.state, "SUCCESS");
  },

  "a wait gives null when its signal aborts, before or after it began": async (harness) => {
    const { results } = harness.store;
    const controller = new AbortController();
    const wait = results.wait("a", controller.signal);
    controller.abort();
    assert.equal(await eventually(harness, wait, "the end of an aborted wait"), null);
    assert.equal(await eventually(harness, results.wait("a", controller.signal), "the same"), null);
  },
});
