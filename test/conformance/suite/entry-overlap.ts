/** Overlap: what happens to a run that is due while earlier runs of its entry are unfinished; and trigger. */
import assert from "node:assert/strict";
import type { LedgerRecord } from "../../../src/store/contracts/ledger.js";
import type { Overlap } from "../../../src/store/contracts/entries.js";
import type { Store } from "../../../src/store/contracts/store.js";
import {
  claim,
  claimIds,
  claimOne,
  dead,
  eventually,
  finish,
  HOUR_MS,
  LEASE_MS,
  message,
  retry,
} from "./samples.js";
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
  sendOf,
  sentRow,
  skipOverlap,
  skippedRow,
  tick,
} from "./entry-samples.js";
import { everySecond } from "./every-second.js";
import { group } from "./harness.js";
import { lead } from "./leases.js";

const never = new AbortController().signal;

function fates(records: readonly LedgerRecord[]): unknown[] {
  return records.map((record) => record.kind === "row" && [record.fate, record.reason, record.taskId]);
}

async function standing(store: Store) {
  const { unfinished, buffered, runs } = await read(store, "a");
  return { unfinished, buffered, runs };
}

export const overlapCases = group("entries: overlap", {
  "allow sends all the same": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    assert.deepEqual([await a.tick(allow), await a.tick(allow)], ["sent", "sent"]);
    assert.deepEqual(await standing(store), { unfinished: 2, buffered: false, runs: 2 });
  },

  "skip records the run as skipped while another is unfinished, and not after": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    assert.deepEqual([await a.tick(skipOverlap), await a.tick(skipOverlap)], ["sent", "overlap"]);
    assert.deepEqual(await standing(store), { unfinished: 1, buffered: false, runs: 1 });
    assert.equal((await read(store, "a")).lastDue, a.due(1));
    await finish(store, await claimOne(store));
    assert.equal(await a.tick(skipOverlap), "sent");
    assert.deepEqual(await ledgerOf(store, "a"), [
      sentRow("a", a.due(0), a.due(0), a.term),
      skippedRow("a", a.due(1), a.due(1), a.term, "overlap"),
      sentRow("a", a.due(2), a.due(2), a.term),
    ]);
  },

  "the runs of one plan overlap each other": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", now - 2));
    const plan = [now - 2, now - 1, now].map((due) => sendOf("a", due, skipOverlap));
    const [outcome] = await tick(
      store,
      await lead(store),
      item("a", now - 2, { plan, next: cursor(now + 5) }),
    );
    assert.deepEqual(outcome, { outcome: "ticked", occurrences: ["sent", "overlap", "overlap"] });
  },

  "the runs of other entries do not count": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", now), entry("b", now));
    const items = ["a", "b"].map((name) =>
      item(name, now, { plan: [sendOf(name, now, skipOverlap)], next: cursor(now + 5) }),
    );
    const outcomes = await tick(store, await lead(store), ...items);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.outcome === "ticked" && outcome.occurrences),
      [["sent"], ["sent"]],
    );
  },

  "runs sent longer ago than the timeout count as ended": async (harness) => {
    const a = await everySecond(harness);
    const impatient = { ...skipOverlap, timeoutMs: 2_000 };
    assert.deepEqual(
      [await a.tick(impatient), await a.tick(impatient), await a.tick(impatient)],
      ["sent", "overlap", "sent"],
    );
  },

  "queue-one holds the run: no message, no row, not counted": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    assert.deepEqual([await a.tick(queueOne), await a.tick(queueOne)], ["sent", "buffered"]);
    assert.deepEqual(await standing(store), { unfinished: 1, buffered: true, runs: 1 });
    assert.equal((await read(store, "a")).lastDue, a.due(1));
    assert.equal((await ledgerOf(store, "a")).length, 1);
    assert.deepEqual(await claimIds(store), [a.id(0)]);
    assert.deepEqual(await store.sender.enqueue([message(a.id(1))]), ["duplicate"]);
    assert.equal((await store.results.get([a.id(1)]))[0]?.state, "PENDING");
  },

  "a buffered run is sent when the running one is done, with its own id and due instant": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne, { body: "held", priority: 2 });
    await clock.advance(500);
    await finish(store, await claimOne(store));
    assert.deepEqual(await standing(store), { unfinished: 1, buffered: false, runs: 2 });
    assert.deepEqual(await ledgerOf(store, "a"), [
      sentRow("a", a.due(0), a.due(0), a.term),
      sentRow("a", a.due(1), clock.now(), a.term),
    ]);
    const { id, body, priority, entry: name, enqueuedAt } = await claimOne(store);
    assert.deepEqual([id, body, priority, name, enqueuedAt], [a.id(1), "held", 2, "a", clock.now()]);
  },

  "a settlement that releases a buffered run can claim it in the same step": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    const running = await claimOne(store);
    await a.tick(queueOne);
    const request = { queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 1 };
    const settlement = { ...running, kind: "done", result: null, resultTtlMs: 0 } as const;
    const { claimed } = await store.consumer.settle([settlement], request);
    assert.deepEqual(
      claimed?.deliveries.map(({ id }) => id),
      [a.id(1)],
    );
  },

  "a buffered run is sent when the last of several runs ends": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(allow);
    await a.tick(allow);
    await a.tick(queueOne);
    const [first, second] = (await claim(store)).deliveries;
    assert(first && second);
    await finish(store, second);
    assert.equal((await read(store, "a")).buffered, true);
    await finish(store, first);
    assert.deepEqual(await claimIds(store), [a.id(2)]);
  },

  "a retry of the running one releases nothing": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne);
    await store.consumer.settle([retry(await claimOne(store), HOUR_MS)], null);
    assert.deepEqual(await standing(store), { unfinished: 1, buffered: true, runs: 1 });
  },

  "a buffered run is sent when the running one is dead": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne);
    await store.consumer.settle([dead(await claimOne(store))], null);
    assert.deepEqual(await claimIds(store), [a.id(1)]);
  },

  "a buffered run is sent when the waiting one is revoked": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne);
    await store.sender.revoke([a.id(0)], { terminate: false, keepMs: 0 });
    assert.deepEqual(await claimIds(store), [a.id(1)]);
  },

  "a buffered run is sent when the waiting one is purged": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne);
    assert.equal(await store.queues.purge(["q"]), 1);
    assert.deepEqual(await claimIds(store), [a.id(1)]);
  },

  "a buffered run is sent when the waiting one expires": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne, { expires: { inMs: 1_500 } });
    await a.tick(queueOne);
    await clock.advance(500);
    await claimIds(store, { max: 1 });
    assert.deepEqual(await standing(store), { unfinished: 1, buffered: false, runs: 2 });
  },

  "a buffered run is sent when the running one has no deliveries left": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne, { maxDeliveries: 1 });
    await claimOne(store);
    await a.tick(queueOne);
    await clock.advance(LEASE_MS);
    assert.deepEqual(await claimIds(store), [a.id(1)]);
  },

  "a lost lease with deliveries left releases nothing": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne, { maxDeliveries: 2 });
    await claimOne(store);
    await a.tick(queueOne);
    await clock.advance(LEASE_MS);
    assert.deepEqual(await claimIds(store), [a.id(0)]);
    assert.equal((await read(store, "a")).buffered, true);
  },

  "of runs that would be held the newest is, and the others were replaced": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    const outcomes = [
      await a.tick(queueOne),
      await a.tick(queueOne),
      await a.tick(queueOne),
      await a.tick(queueOne),
    ];
    assert.deepEqual(outcomes, ["sent", "buffered", "buffered", "buffered"]);
    assert.deepEqual(await ledgerOf(store, "a"), [
      sentRow("a", a.due(0), a.due(0), a.term),
      skippedRow("a", a.due(1), a.due(2), a.term, "replaced"),
      skippedRow("a", a.due(2), a.due(3), a.term, "replaced"),
    ]);
    assert.deepEqual(await store.results.get([a.id(1)]), [null]);
    await finish(store, await claimOne(store));
    assert.deepEqual(await claimIds(store), [a.id(3)]);
  },

  "a buffered run counts towards maxRuns when it is sent": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness, { maxRuns: 2 });
    await a.tick(queueOne);
    await a.tick(queueOne);
    assert.equal((await read(store, "a")).disabled, null);
    await finish(store, await claimOne(store));
    const { disabled, cursor: at, runs } = await read(store, "a");
    assert.deepEqual([disabled, at, runs], ["max-runs", null, 2]);
    assert.equal((await store.entries.due(0)).nextAt, null);
  },

  "of maxRuns a buffered run that goes first is one: what is due then is skipped, not sent and not held":
    async (harness) => {
      const { store, clock } = harness;
      const a = await everySecond(harness, { maxRuns: 2 });
      const overlap: Overlap = { ...queueOne, timeoutMs: 1_500 };
      assert.deepEqual([await a.tick(overlap), await a.tick(overlap)], ["sent", "buffered"]);
      // The first counts as ended, and no claim has seen that the held one may go.
      await clock.advance(1_500);
      assert.equal(await a.tick(overlap), "skipped");
      const { disabled, cursor: at, runs, buffered } = await read(store, "a");
      assert.deepEqual([disabled, at, runs, buffered], ["max-runs", null, 2, false]);
      assert.deepEqual(fates(await ledgerOf(store, "a")), [
        ["sent", null, a.id(0)],
        ["sent", null, a.id(1)],
        ["skipped", "max-runs", null],
      ]);
    },

  "a buffered run that has expired when its turn comes ends at once, and the next one is free to run": async (
    harness,
  ) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne, { expires: { inMs: 5_000 } });
    const running = await claimOne(store);
    await clock.advance(5_000);
    await finish(store, running);
    const [counts] = await store.queues.counts();
    assert.equal(counts?.ready ?? 0, 0);
    assert.deepEqual(await standing(store), { unfinished: 0, buffered: false, runs: 2 });
    const [result] = await store.results.get([a.id(1)]);
    assert.deepEqual([result?.state, result?.reason], ["REVOKED", "expired"]);
    assert.equal(await a.tick(queueOne), "sent");
  },

  "a buffered run whose id has got a result meanwhile is a duplicate when its turn comes": async (
    harness,
  ) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne);
    await store.results.put(a.id(1), { state: "SUCCESS", payload: "1" }, HOUR_MS);
    await finish(store, await claimOne(store));
    assert.deepEqual(await claimIds(store), []);
    assert.deepEqual(await standing(store), { unfinished: 0, buffered: false, runs: 2 });
  },

  "a buffered run that is the last of maxRuns leaves a disabled entry its reason": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness, { maxRuns: 2 });
    await a.tick(queueOne);
    await a.tick(queueOne);
    const { etag } = await read(store, "a");
    const leftAt = clock.now();
    await putAll(store, { ...entry("a", null), expect: etag, disabled: "left-code" });
    await clock.advance(1_000);
    await finish(store, await claimOne(store));
    const { disabled, disabledAt, runs } = await read(store, "a");
    assert.deepEqual([disabled, disabledAt, runs], ["left-code", leftAt, 2]);
  },

  "a buffered run does not end an entry that was given another maxRuns meanwhile: the next tick decides":
    async (harness) => {
      const { store, clock } = harness;
      const a = await everySecond(harness, { maxRuns: 2 });
      await a.tick(queueOne);
      await a.tick(queueOne);
      const { etag } = await read(store, "a");
      const next = cursor(a.due(2));
      await putAll(store, entry("a", null, { expect: etag, revision: "r2", cursor: next }));
      await clock.advance(500);
      await finish(store, await claimOne(store));
      const { disabled, cursor: at, runs, buffered } = await read(store, "a");
      assert.deepEqual([disabled, at, runs, buffered], [null, next, 2, false]);
    },

  "a buffered run still ends an entry that was written without a change": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness, { maxRuns: 2 });
    await a.tick(queueOne);
    await a.tick(queueOne);
    const { etag } = await read(store, "a");
    await putAll(store, entry("a", null, { expect: etag, version: 2, cursor: cursor(a.due(2)) }));
    await finish(store, await claimOne(store));
    const { disabled, cursor: at, runs } = await read(store, "a");
    assert.deepEqual([disabled, at, runs], ["max-runs", null, 2]);
  },

  "a buffered run is released by a claim when the timeout has passed, and not before": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    const impatient = { ...queueOne, timeoutMs: 10_000 };
    await a.tick(impatient);
    const running = await claimOne(store, { leaseMs: HOUR_MS });
    await a.tick(impatient);
    const releaseAt = a.due(0) + 10_000;
    assert.deepEqual(await claim(store), { deliveries: [], now: clock.now(), nextWakeAt: releaseAt });
    await clock.advance(releaseAt - 1 - clock.now());
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimIds(store), [a.id(1)]);
    await finish(store, running);
  },

  "a run held beyond its timeout goes before the one that is due": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    const impatient = { ...queueOne, timeoutMs: 1_500 };
    assert.deepEqual([await a.tick(impatient), await a.tick(impatient)], ["sent", "buffered"]);
    await clock.advance(999);
    assert.equal(await a.tick(impatient), "buffered");
    assert.deepEqual(fates(await ledgerOf(store, "a")), [
      ["sent", null, a.id(0)],
      ["sent", null, a.id(1)],
    ]);
  },

  "a buffered run's eta and expires count from when it was held": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne, { expires: { inMs: 60_000 } });
    const heldAt = clock.now();
    await clock.advance(5_000);
    await finish(store, await claimOne(store));
    assert.equal((await claimOne(store)).expires, heldAt + 60_000);
  },

  "a buffered run that was revoked is skipped": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne);
    await store.sender.revoke([a.id(1)], { terminate: false, keepMs: 0 });
    assert.deepEqual(await standing(store), { unfinished: 1, buffered: false, runs: 1 });
    assert.deepEqual(
      (await ledgerOf(store, "a"))[1],
      skippedRow("a", a.due(1), clock.now(), a.term, "revoked"),
    );
    assert.deepEqual(await store.results.get([a.id(1)]), [
      { id: a.id(1), state: "REVOKED", payload: null, reason: "revoked", at: clock.now() },
    ]);
    await finish(store, await claimOne(store));
    assert.deepEqual(await claimIds(store), []);
  },

  "a buffered run goes with its entry, and the ledger says so": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne);
    assert.equal(await store.entries.remove("a", (await read(store, "a")).etag), "removed");
    assert.deepEqual(
      (await ledgerOf(store, "a"))[1],
      skippedRow("a", a.due(1), clock.now(), a.term, "removed"),
    );
    await finish(store, await claimOne(store));
    assert.deepEqual(await claimIds(store), []);
    assert.deepEqual(await store.sender.enqueue([message(a.id(1))]), ["queued"]);
  },

  "a put leaves a buffered run held": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    await a.tick(queueOne);
    await a.tick(queueOne);
    await putAll(store, entry("a", a.due(2), { expect: (await read(store, "a")).etag, revision: "r2" }));
    assert.equal((await read(store, "a")).buffered, true);
    await finish(store, await claimOne(store));
    assert.deepEqual(await claimIds(store), [a.id(1)]);
  },

  "cancel-running drops a run that only waits and sends the new one": async (harness) => {
    const { store } = harness;
    const a = await everySecond(harness);
    assert.deepEqual([await a.tick(cancelRunning), await a.tick(cancelRunning)], ["sent", "sent"]);
    assert.equal((await store.results.get([a.id(0)]))[0]?.reason, "revoked");
    assert.deepEqual(await claimIds(store), [a.id(1)]);
  },

  "cancel-running asks a run at work to stop and holds the new one until it has": async (harness) => {
    const { store } = harness;
    const heard: string[] = [];
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    await (
      await harness.peer()
    ).channel.subscribe("revoke", (payload) => {
      heard.push(payload);
      tell();
    });
    const a = await everySecond(harness);
    await a.tick(cancelRunning);
    const running = await claimOne(store);
    assert.equal(await a.tick(cancelRunning), "buffered");
    assert.deepEqual(await store.consumer.heartbeat([running], LEASE_MS), ["revoked"]);
    await eventually(harness, told, 'a message on "revoke"');
    assert.deepEqual(
      heard.map((payload) => JSON.parse(payload) as unknown),
      [[a.id(0)]],
    );
    assert.deepEqual(await claimIds(store), []);
    await finish(store, running);
    assert.deepEqual(await claimIds(store), [a.id(1)]);
  },

  "an idle consumer hears of a run that is held, and goes out before it would look": async (harness) => {
    const { store, clock } = harness;
    const overlap = { ...cancelRunning, graceMs: LEASE_MS / 2 };
    const a = await everySecond(harness);
    await a.tick(overlap);
    await claimOne(store);
    const arrivals = await store.consumer.listen(["other"]);
    await claim(store, { queues: ["other"] });
    await eventually(harness, arrivals.wait(100, never), "the end of what was latched");
    assert.equal(await a.tick(overlap), "buffered");
    const end = clock.now() + overlap.graceMs;
    await eventually(harness, arrivals.wait(HOUR_MS, never), "the news of a run that is held");
    const { nextWakeAt } = await claim(store, { queues: ["other"] });
    assert.deepEqual([nextWakeAt, clock.now() < end], [end, true]);
    await arrivals.close();
  },

  "cancel-running waits no longer than the grace": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(cancelRunning);
    await claimOne(store, { leaseMs: HOUR_MS });
    await a.tick(cancelRunning);
    const releaseAt = clock.now() + cancelRunning.graceMs;
    assert.equal((await claim(store)).nextWakeAt, releaseAt);
    await clock.advance(cancelRunning.graceMs - 1);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimIds(store), [a.id(1)]);
  },

  "an entry due more often than its grace does not push the grace ahead": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(cancelRunning);
    await claimOne(store, { leaseMs: HOUR_MS });
    for (let n = 1; n <= 5; n++) assert.equal(await a.tick(cancelRunning), "buffered");
    await clock.advance(1_000);
    assert.equal(clock.now(), a.due(6));
    assert.deepEqual(await claimIds(store), [a.id(5)]);
  },
});

export const triggerCases = group("entries: trigger", {
  "a triggered run is sent now; cursor and runs stay": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", now + HOUR_MS));
    const before = await read(store, "a");
    assert.equal(await store.entries.trigger("a", message("a!1", { entry: "a" }), allow), "sent");
    const { cursor: at, runs, lastDue, unfinished } = await read(store, "a");
    assert.deepEqual([at, runs, lastDue, unfinished], [before.cursor, 0, null, 1]);
    assert.deepEqual(await ledgerOf(store, "a"), [
      sentRow("a", now, now, null, { reason: "triggered", taskId: "a!1" }),
    ]);
    assert.deepEqual(await claimIds(store), ["a!1"]);
  },

  "triggering twice with one message id sends it once": async ({ store }) => {
    await putAll(store, entry("a", null));
    const run = message("a!1", { entry: "a" });
    assert.deepEqual(
      [await store.entries.trigger("a", run, allow), await store.entries.trigger("a", run, allow)],
      ["sent", "sent"],
    );
    assert.equal((await ledgerOf(store, "a")).length, 1);
    assert.deepEqual(await claimIds(store), ["a!1"]);
  },

  "an entry that does not exist is gone": async ({ store }) => {
    assert.equal(await store.entries.trigger("a", message("a!1", { entry: "a" }), null), "gone");
    assert.deepEqual([await ledgerOf(store, "a"), await store.queues.counts()], [[], []]);
  },

  "a paused or disabled entry can be triggered": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("p", now, { pausedAt: now }), entry("d", now, { disabled: "ended" }));
    assert.equal(await store.entries.trigger("p", message("p!1", { entry: "p" }), skipOverlap), "sent");
    assert.equal(await store.entries.trigger("d", message("d!1", { entry: "d" }), skipOverlap), "sent");
  },

  "trigger obeys overlap, unless it is forced": async (harness) => {
    const { store, clock } = harness;
    const a = await everySecond(harness);
    await a.tick(allow);
    const trigger = (id: string, overlap: Overlap | null) =>
      store.entries.trigger("a", message(id, { entry: "a" }), overlap);
    assert.equal(await trigger("a!1", skipOverlap), "overlap");
    assert.equal(await trigger("a!2", null), "sent");
    assert.equal(await trigger("a!3", queueOne), "buffered");
    assert.equal(await trigger("a!3", queueOne), "buffered");
    assert.deepEqual(await standing(store), { unfinished: 2, buffered: true, runs: 1 });
    const triggeredAt = clock.now();
    await clock.advance(100);
    for (const delivery of (await claim(store)).deliveries) await finish(store, delivery);
    assert.deepEqual(await standing(store), { unfinished: 1, buffered: false, runs: 1 });
    const rows = await ledgerOf(store, "a");
    const byTask = (left: LedgerRecord, right: LedgerRecord): number =>
      JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
    assert.deepEqual(
      [...rows].sort(byTask),
      [
        sentRow("a", a.due(0), a.due(0), a.term),
        skippedRow("a", triggeredAt, triggeredAt, null, "overlap"),
        sentRow("a", triggeredAt, triggeredAt, null, { reason: "triggered", taskId: "a!2" }),
        sentRow("a", triggeredAt, clock.now(), null, { reason: "triggered", taskId: "a!3" }),
      ].sort(byTask),
    );
  },

  "trigger publishes the entry's name and wakes the consumers": async (harness) => {
    const { store } = harness;
    await putAll(store, entry("a", null));
    let tell: (name: string) => void = () => undefined;
    const told = new Promise<string>((resolve) => (tell = resolve));
    await (await harness.peer()).channel.subscribe("entries", (name) => tell(name));
    const arrivals = await store.consumer.listen(["q"]);
    await store.entries.trigger("a", message("a!1", { entry: "a" }), null);
    assert.equal(await eventually(harness, told, 'a message on "entries"'), "a");
    await eventually(harness, arrivals.wait(HOUR_MS, new AbortController().signal), "the arrival");
    await arrivals.close();
  },
});
