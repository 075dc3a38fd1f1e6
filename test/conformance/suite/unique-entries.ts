/** Unique keys of runs of entries: a run that meets another message of its key is skipped, and says so. */
import assert from "node:assert/strict";
import type { LedgerRecord } from "../../../src/store/contracts/ledger.js";
import {
  allow,
  cursor,
  entry,
  item,
  ledgerOf,
  putAll,
  queueOne,
  read,
  sendOf,
  tick,
  ticked,
} from "./entry-samples.js";
import { everySecond } from "./every-second.js";
import { group } from "./harness.js";
import { lead } from "./leases.js";
import { claimIds, claimOne, finish, HOUR_MS, message } from "./samples.js";
import { uniqueOf } from "./unique.js";

const JOIN = uniqueOf("join");
const QUEUE_ONE = uniqueOf("queue-one");

function fates(records: readonly LedgerRecord[]): unknown[] {
  return records.map((record) => record.kind === "row" && [record.fate, record.reason]);
}

export const uniqueEntryCases = group("unique: entries", {
  "a run that joins another is skipped, and not counted": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness, { message: { unique: JOIN } });
    assert.deepEqual([await a.tick(allow), await a.tick(allow)], ["sent", "not-unique"]);
    assert.deepEqual(fates(await ledgerOf(store, "a")), [
      ["sent", null],
      ["skipped", "not-unique"],
    ]);
    const { unfinished, runs } = await read(store, "a");
    assert.deepEqual({ unfinished, runs }, { unfinished: 1, runs: 1 });
    await finish(store, await claimOne(store));
    assert.equal(await a.tick(allow), "sent");
  },

  "so is one that is refused, and one whose body another takes": async (harness) => {
    const { store } = harness;
    await store.sender.enqueue([
      message("x", { unique: uniqueOf("join", { key: "x" }) }),
      message("y", { unique: uniqueOf("join", { key: "y" }) }),
    ]);
    const a = await everySecond(harness, { message: { unique: uniqueOf("refuse", { key: "x" }) } });
    assert.equal(await a.tick(allow), "not-unique");
    const due = harness.clock.now();
    await putAll(store, entry("b", due));
    const plan = [sendOf("b", due, allow, { unique: uniqueOf("replace", { key: "y" }), body: "newer" })];
    assert.deepEqual(await tick(store, a.term, item("b", due, { plan, next: cursor(due + 1_000) })), [
      ticked("not-unique"),
    ]);
    assert.deepEqual([(await claimOne(store)).body, (await claimOne(store)).body], ["body of x", "newer"]);
  },

  "one that waits for the key is sent, and unfinished": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness, { message: { unique: QUEUE_ONE } });
    const outcomes = [await a.tick(allow), await a.tick(allow), await a.tick(allow)];
    assert.deepEqual(outcomes, ["sent", "sent", "not-unique"]);
    const { unfinished, runs } = await read(store, "a");
    assert.deepEqual({ unfinished, runs }, { unfinished: 2, runs: 2 });
  },

  "two runs of one tick meet each other": async ({ store, clock }) => {
    const due = clock.now();
    await putAll(store, entry("a", due), entry("b", due));
    const term = await lead(store, undefined, HOUR_MS);
    const items = ["a", "b"].map((name) =>
      item(name, due, { plan: [sendOf(name, due, allow, { unique: JOIN })], next: cursor(due + 1_000) }),
    );
    assert.deepEqual(await tick(store, term, ...items), [ticked("sent"), ticked("not-unique")]);
  },

  "a run that its entry buffers takes its key when it is sent": async (harness) => {
    const { store } = harness;
    await putAll(store, entry("a", null));
    await store.entries.trigger("a", message("first"), queueOne);
    const first = await claimOne(store);
    assert.equal(await store.entries.trigger("a", message("second", { unique: JOIN }), queueOne), "buffered");
    assert.deepEqual(await store.sender.enqueue([message("probe", { unique: JOIN })]), ["queued"]);
    await finish(store, await claimOne(store));
    await finish(store, first);
    const probe = message("probe2", { unique: uniqueOf("refuse") });
    assert.deepEqual(await store.sender.enqueue([probe]), [{ refused: "second" }]);
    assert.deepEqual(await claimIds(store), ["second"]);
  },

  "and is skipped where another has it then": async (harness) => {
    const { store, clock } = harness;
    await putAll(store, entry("a", null));
    await store.entries.trigger("a", message("first"), queueOne);
    const first = await claimOne(store);
    clock.jump(1);
    await store.entries.trigger("a", message("second", { unique: JOIN }), queueOne);
    await store.sender.enqueue([message("other", { unique: JOIN })]);
    await finish(store, first);
    assert.deepEqual(await claimIds(store), ["other"]);
    const { unfinished, buffered } = await read(store, "a");
    assert.deepEqual({ unfinished, buffered }, { unfinished: 0, buffered: false });
    assert.deepEqual(fates(await ledgerOf(store, "a")).slice(1), [["skipped", "not-unique"]]);
    // Sent later, its id is known to nobody.
    assert.deepEqual(await store.results.get(["second"]), [null]);
  },

  "one of a tick that is skipped so does not count": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    const first = await claimOne(store, { leaseMs: HOUR_MS });
    assert.equal(await a.tick(queueOne, { unique: JOIN }), "buffered");
    await store.sender.enqueue([message("other", { unique: JOIN })]);
    await finish(store, first);
    assert.deepEqual(await claimIds(store), ["other"]);
    assert.equal((await read(store, "a")).runs, 1);
  },

  "a buffered run that is replaced or revoked leaves the key alone": async (harness) => {
    const { store } = harness;
    await putAll(store, entry("a", null));
    await store.entries.trigger("a", message("first"), queueOne);
    const first = await claimOne(store);
    for (const id of ["second", "third"]) {
      await store.entries.trigger("a", message(id, { unique: QUEUE_ONE }), queueOne);
    }
    await store.sender.enqueue([message("owner", { unique: QUEUE_ONE })]);
    await store.sender.revoke(["third"], { terminate: false, keepMs: 0 });
    await finish(store, first);
    const probe = message("probe", { unique: uniqueOf("refuse") });
    assert.deepEqual(await store.sender.enqueue([probe]), [{ refused: "owner" }]);
    assert.deepEqual(await claimIds(store), ["owner"]);
  },

  "a triggered run says so": async ({ store }) => {
    await putAll(store, entry("a", null));
    assert.equal(await store.entries.trigger("a", message("first", { unique: JOIN }), null), "sent");
    assert.equal(await store.entries.trigger("a", message("first", { unique: JOIN }), null), "sent");
    assert.equal(await store.entries.trigger("a", message("second", { unique: JOIN }), null), "not-unique");
    await finish(store, await claimOne(store));
    assert.equal(await store.entries.trigger("a", message("third", { unique: JOIN }), null), "sent");
  },
});
