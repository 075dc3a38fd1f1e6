/** Tick: the one step that sends, moves the cursor and writes the ledger. */
import assert from "node:assert/strict";
import type { TickItem } from "../../../src/store/contracts/entries.js";
import { claim, claimAllIds, claimIds, claimOne, finish, HOUR_MS, message } from "./samples.js";
import {
  cursor,
  entry,
  item,
  ledgerOf,
  putAll,
  read,
  runId,
  sendOf,
  sentRow,
  skippedRow,
  tick,
  ticked,
} from "./entry-samples.js";
import { group, type Harness } from "./harness.js";
import { lead } from "./leases.js";

/** An entry "a" due now, and a leader. */
async function dueNow({ store, clock }: Harness) {
  const now = clock.now();
  await putAll(store, entry("a", now));
  return { now, term: await lead(store), before: await read(store, "a") };
}

/** Nothing of a refused item was done. */
async function assertUntouched({ store }: Harness, before: Awaited<ReturnType<typeof read>>): Promise<void> {
  assert.deepEqual(await read(store, before.name), before);
  assert.deepEqual(await ledgerOf(store, before.name), []);
  assert.deepEqual(await store.queues.counts(), []);
}

export const tickCases = group("entries: tick", {
  "one step sends the message, moves the cursor, writes the row and counts the run": async (harness) => {
    const { store } = harness;
    const { now, term, before } = await dueNow(harness);
    const next = cursor(now + 60_000, now + 60_007);
    const plan = [sendOf("a", now, undefined, { priority: 3, body: "b", queue: "reports" })];
    assert.deepEqual(await store.entries.tick(term, [item("a", now, { plan, next })]), {
      outcome: "ticked",
      now,
      items: [ticked("sent")],
    });
    const after = await read(store, "a");
    assert.notEqual(after.etag, before.etag);
    const changed = { cursor: next, lastDue: now, runs: 1, unfinished: 1 };
    assert.deepEqual(after, { ...before, ...changed, etag: after.etag });
    assert.deepEqual(await ledgerOf(store, "a"), [sentRow("a", now, now, term)]);
    const { token, ...delivery } = await claimOne(store, { queues: ["reports"] });
    assert.deepEqual(
      [typeof token, delivery],
      [
        "string",
        {
          id: runId("a", now),
          task: "tasks.t",
          queue: "reports",
          priority: 3,
          eta: null,
          expires: null,
          maxDeliveries: 3,
          resultTtlMs: HOUR_MS,
          idTtlMs: 0,
          entry: "a",
          body: "b",
          retries: 0,
          deliveries: 1,
          enqueuedAt: now,
        },
      ],
    );
    assert.deepEqual((await store.entries.due(10)).nextAt, now + 60_007);
  },

  "a run is unfinished until it is settled, through retries and lost leases": async (harness) => {
    const { store, clock } = harness;
    const { now, term } = await dueNow(harness);
    await tick(store, term, item("a", now, { plan: [sendOf("a", now)], next: cursor(now + HOUR_MS) }));
    const unfinished = async () => (await read(store, "a")).unfinished;
    const first = await claimOne(store);
    assert.equal(await unfinished(), 1);
    await store.consumer.settle(
      [{ ...first, kind: "retry", delayMs: 5, result: null, resultTtlMs: 0 }],
      null,
    );
    assert.equal(await unfinished(), 1);
    await clock.advance(5);
    await claimOne(store);
    await clock.advance(30_000);
    const last = await claimOne(store);
    assert.equal(await unfinished(), 1);
    await finish(store, last);
    assert.equal(await unfinished(), 0);
    assert.equal((await read(store, "a")).runs, 1);
  },

  "a plan of several sends, skips and ranges is done in order": async (harness) => {
    const { store, clock } = harness;
    const { now, term } = await dueNow(harness);
    await clock.advance(6_000);
    const at = clock.now();
    const range = { from: now, to: now + 2_000, count: 3, reason: "too-late", schedule: '{"everyMs":1000}' };
    const plan: TickItem["plan"] = [
      { kind: "range", ...range },
      { kind: "skip", due: now + 3_000, reason: "coalesced" },
      sendOf("a", now + 4_000),
      sendOf("a", now + 5_000),
    ];
    const outcome = await tick(store, term, item("a", now, { plan, next: cursor(now + 7_000) }));
    assert.deepEqual(outcome, [ticked("skipped", "skipped", "sent", "sent")]);
    assert.deepEqual(await ledgerOf(store, "a"), [
      { kind: "range", entry: "a", ...range, at, term },
      skippedRow("a", now + 3_000, at, term, "coalesced"),
      sentRow("a", now + 4_000, at, term),
      sentRow("a", now + 5_000, at, term),
    ]);
    const { lastDue, runs } = await read(store, "a");
    assert.deepEqual([lastDue, runs], [now + 5_000, 2]);
    assert.deepEqual(await claimIds(store), [runId("a", now + 4_000), runId("a", now + 5_000)]);
  },

  "a range accounts for everything up to its end": async (harness) => {
    const { store, clock } = harness;
    const { now, term } = await dueNow(harness);
    await clock.advance(10);
    const range = {
      kind: "range",
      from: now,
      to: now + 10,
      count: 11,
      reason: "late",
      schedule: "{}",
    } as const;
    await tick(store, term, item("a", now, { plan: [range], next: cursor(now + 11) }));
    const { lastDue, runs, unfinished } = await read(store, "a");
    assert.deepEqual([lastDue, runs, unfinished], [now + 10, 0, 0]);
  },

  "an empty plan only moves the cursor": async (harness) => {
    const { store } = harness;
    const { now, term, before } = await dueNow(harness);
    assert.deepEqual(await tick(store, term, item("a", now, { next: cursor(now + 5) })), [ticked()]);
    const after = await read(store, "a");
    assert.deepEqual(after, { ...before, cursor: cursor(now + 5), etag: after.etag });
  },

  "messages sent by a tick obey their eta, counted from the step": async (harness) => {
    const { store, clock } = harness;
    const { now, term } = await dueNow(harness);
    await clock.advance(100);
    const plan = [sendOf("a", now, undefined, { eta: { inMs: 50 }, expires: { inMs: 1_000 } })];
    await tick(store, term, item("a", now, { plan, next: cursor(now + HOUR_MS) }));
    assert.equal((await claim(store)).nextWakeAt, now + 150);
    await clock.advance(50);
    const { eta, expires } = await claimOne(store);
    assert.deepEqual([eta, expires], [now + 150, now + 1_100]);
  },

  "a run that has expired when it is sent is in the ledger as sent, and its result says expired": async (
    harness,
  ) => {
    const { store } = harness;
    const { now, term } = await dueNow(harness);
    const plan = [sendOf("a", now, undefined, { expires: { at: now } })];
    assert.deepEqual(await tick(store, term, item("a", now, { plan, next: cursor(now + 5) })), [
      ticked("sent"),
    ]);
    assert.deepEqual(await ledgerOf(store, "a"), [sentRow("a", now, now, term)]);
    assert.equal((await store.results.get([runId("a", now)]))[0]?.reason, "expired");
    assert.equal((await read(store, "a")).unfinished, 0);
  },

  "a message id that is there already is not doubled": async (harness) => {
    const { store } = harness;
    const { now, term } = await dueNow(harness);
    await store.sender.enqueue([message(runId("a", now), { body: "first" })]);
    const plan = [sendOf("a", now, undefined, { body: "second" })];
    assert.deepEqual(await tick(store, term, item("a", now, { plan, next: cursor(now + 5) })), [
      ticked("sent"),
    ]);
    assert.deepEqual(
      (await claim(store)).deliveries.map(({ body }) => body),
      ["first"],
    );
  },

  "a tick wakes the consumers of its queues": async (harness) => {
    const { store } = harness;
    const { now, term } = await dueNow(harness);
    const arrivals = await store.consumer.listen(["q"]);
    await tick(store, term, item("a", now, { plan: [sendOf("a", now)], next: cursor(now + 5) }));
    await arrivals.wait(HOUR_MS, new AbortController().signal);
    await arrivals.close();
  },

  "without a next occurrence the entry is disabled with the reason": async (harness) => {
    const { store } = harness;
    const { now, term } = await dueNow(harness);
    await tick(store, term, item("a", now, { plan: [sendOf("a", now)], disable: "ended" }));
    const { cursor: at, disabled, disabledAt, runs } = await read(store, "a");
    assert.deepEqual([at, disabled, disabledAt, runs], [null, "ended", now, 1]);
    assert.deepEqual(await store.entries.due(10), { entries: [], nextAt: null, now });
  },

  "an entry that has run maxRuns times is disabled, and skipped runs do not count": async (harness) => {
    const { store, clock } = harness;
    const { now, term } = await dueNow(harness);
    await clock.advance(3);
    const skip = { kind: "skip", due: now + 1, reason: "late" } as const;
    await tick(store, term, item("a", now, { plan: [sendOf("a", now)], next: cursor(now + 1), maxRuns: 2 }));
    await tick(store, term, item("a", now + 1, { plan: [skip], next: cursor(now + 2), maxRuns: 2 }));
    assert.equal((await read(store, "a")).disabled, null);
    await tick(
      store,
      term,
      item("a", now + 2, { plan: [sendOf("a", now + 2)], next: cursor(now + 3), maxRuns: 2 }),
    );
    const { cursor: at, disabled, disabledAt, runs } = await read(store, "a");
    assert.deepEqual([at, disabled, disabledAt, runs], [null, "max-runs", clock.now(), 2]);
    assert.deepEqual(await store.entries.due(10), { entries: [], nextAt: null, now: clock.now() });
  },

  "the last occurrence of all is also the last that maxRuns allows: the tick's reason stays": async (
    harness,
  ) => {
    const { store } = harness;
    const { now, term } = await dueNow(harness);
    await tick(store, term, item("a", now, { plan: [sendOf("a", now)], disable: "ended", maxRuns: 1 }));
    const { disabled, disabledAt, runs } = await read(store, "a");
    assert.deepEqual([disabled, disabledAt, runs], ["ended", now, 1]);
  },

  "an entry without occurrences is sent once at start, and a repeated tick has moved": async ({
    store,
    clock,
  }) => {
    const now = clock.now();
    await putAll(store, entry("a", null));
    const term = await lead(store);
    const once = item("a", null, { plan: [sendOf("a", now)] });
    assert.deepEqual(await tick(store, term, once), [ticked("sent")]);
    assert.deepEqual(await tick(store, term, once), [{ outcome: "moved" }]);
    assert.equal((await ledgerOf(store, "a")).length, 1);
    const { disabled, cursor: at, runs } = await read(store, "a");
    assert.deepEqual([disabled, at, runs], [null, null, 1]);
    await clock.advance(1);
    assert.deepEqual(await tick(store, term, item("a", null, { plan: [sendOf("a", now + 1)] })), [
      ticked("sent"),
    ]);
  },
});

export const fenceCases = group("entries: tick, refused", {
  "a wrong term is fenced and nothing at all is done": async (harness) => {
    const { store } = harness;
    const { now, term, before } = await dueNow(harness);
    const items = [item("a", now, { plan: [sendOf("a", now)], next: cursor(now + 5) })];
    for (const wrong of ["", "0:a1", `${term}x`, term.replace(":a1", ":b1")]) {
      assert.deepEqual(await store.entries.tick(wrong, items), { outcome: "fenced", now });
    }
    await assertUntouched(harness, before);
  },

  "a term whose lease has ended is fenced, at the very millisecond": async (harness) => {
    const { store, clock } = harness;
    const { now, term, before } = await dueNow(harness);
    await clock.advance(14_999);
    assert.equal((await store.entries.tick(term, [])).outcome, "ticked");
    await clock.advance(1);
    const items = [item("a", now, { plan: [sendOf("a", now)], next: cursor(now + 5) })];
    assert.deepEqual(await store.entries.tick(term, items), { outcome: "fenced", now: clock.now() });
    await assertUntouched(harness, before);
  },

  "the term before a take-over, a resignation or a renewal too late is fenced": async (harness) => {
    const { store, clock } = harness;
    const { term } = await dueNow(harness);
    await store.leases.resign({ id: "a", nonce: "a1" });
    assert.equal((await store.entries.tick(term, [])).outcome, "fenced");
    const second = await lead(store, { id: "b", nonce: "b1", host: "h", version: "1" });
    assert.equal((await store.entries.tick(term, [])).outcome, "fenced");
    assert.equal((await store.entries.tick(second, [])).outcome, "ticked");
    await clock.advance(15_000);
    const third = await lead(store, { id: "b", nonce: "b1", host: "h", version: "1" });
    assert.equal((await store.entries.tick(second, [])).outcome, "fenced");
    assert.equal((await store.entries.tick(third, [])).outcome, "ticked");
  },

  "the same tick sent again has moved and doubles nothing": async (harness) => {
    const { store } = harness;
    const { now, term } = await dueNow(harness);
    const once = item("a", now, { plan: [sendOf("a", now)], next: cursor(now + 5) });
    assert.deepEqual(await tick(store, term, once), [ticked("sent")]);
    const after = await read(store, "a");
    assert.deepEqual(await tick(store, term, once, once), [{ outcome: "moved" }, { outcome: "moved" }]);
    assert.deepEqual(await read(store, "a"), after);
    assert.equal((await ledgerOf(store, "a")).length, 1);
    await finish(store, await claimOne(store));
    assert.deepEqual(await tick(store, term, once), [{ outcome: "moved" }]);
    assert.deepEqual(await claimIds(store), []);
  },

  "the last tick of an entry sent again has moved as well": async (harness) => {
    const { store } = harness;
    const { now, term } = await dueNow(harness);
    const last = item("a", now, { plan: [sendOf("a", now)], disable: "ended" });
    assert.deepEqual(await tick(store, term, last, last), [ticked("sent"), { outcome: "moved" }]);
  },

  "another revision is stale": async (harness) => {
    const { store } = harness;
    const { now, term, before } = await dueNow(harness);
    const stale = item("a", now, { revision: "r0", plan: [sendOf("a", now)], next: cursor(now + 5) });
    assert.deepEqual(await tick(store, term, stale), [{ outcome: "stale" }]);
    await assertUntouched(harness, before);
  },

  "another cursor has moved": async (harness) => {
    const { store } = harness;
    const { now, term, before } = await dueNow(harness);
    for (const expect of [now - 1, now + 1, null]) {
      const moved = item("a", expect, { plan: [sendOf("a", now)], next: cursor(now + 5) });
      assert.deepEqual(await tick(store, term, moved), [{ outcome: "moved" }]);
    }
    await assertUntouched(harness, before);
  },

  "the cursor is compared by its due instant, whatever its jitter": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", null, { cursor: cursor(now, now + 3) }));
    await clock.advance(3);
    const outcome = await tick(
      store,
      await lead(store),
      item("a", now, { plan: [sendOf("a", now)], next: cursor(now + 5) }),
    );
    assert.deepEqual(outcome, [ticked("sent")]);
  },

  "a due time in the store's future is early, be it a send, a skip or a range": async (harness) => {
    const { store } = harness;
    const { now, term, before } = await dueNow(harness);
    const future = now + 1;
    const plans: TickItem["plan"][] = [
      [sendOf("a", now), sendOf("a", future)],
      [{ kind: "skip", due: future, reason: "late" }],
      [{ kind: "range", from: now, to: future, count: 2, reason: "late", schedule: "{}" }],
    ];
    for (const plan of plans) {
      assert.deepEqual(await tick(store, term, item("a", now, { plan, next: cursor(now + 5) })), [
        { outcome: "early" },
      ]);
    }
    await assertUntouched(harness, before);
  },

  "a paused or a disabled entry is paused": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("p", now, { pausedAt: now }), entry("d", now, { disabled: "left-code" }));
    const term = await lead(store);
    const outcomes = await tick(
      store,
      term,
      item("p", now, { plan: [sendOf("p", now)], next: cursor(now + 5) }),
      item("d", now, { plan: [sendOf("d", now)], next: cursor(now + 5) }),
    );
    assert.deepEqual(outcomes, [{ outcome: "paused" }, { outcome: "paused" }]);
    assert.deepEqual([await ledgerOf(store, "p"), await ledgerOf(store, "d")], [[], []]);
    assert.deepEqual(await store.queues.counts(), []);
  },

  "an entry that does not exist is gone": async (harness) => {
    const { store } = harness;
    const { now, term } = await dueNow(harness);
    assert.deepEqual(await tick(store, term, item("x", now, { plan: [sendOf("x", now)] })), [
      { outcome: "gone" },
    ]);
    assert.deepEqual(await ledgerOf(store, "x"), []);
    assert.deepEqual(await store.queues.counts(), []);
  },

  "where several refusals apply, stale comes before moved, moved before early, early before paused": async ({
    store,
    clock,
  }) => {
    const now = clock.now();
    await putAll(store, entry("a", now, { pausedAt: now }));
    const plan = [sendOf("a", now + 1)];
    const outcomes = await tick(
      store,
      await lead(store),
      item("a", now + 1, { revision: "r0", plan }),
      item("a", now + 1, { plan }),
      item("a", now, { plan }),
      item("a", now),
    );
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ["stale", "moved", "early", "paused"],
    );
  },

  "a refused item does not keep the others of its batch from being done": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(
      store,
      entry("a", now),
      entry("b", now),
      entry("c", now, { pausedAt: now }),
      entry("d", now),
    );
    const send = (name: string, changes: Partial<TickItem> = {}) =>
      item(name, now, { plan: [sendOf(name, now)], next: cursor(now + 5), ...changes });
    const outcomes = await tick(
      store,
      await lead(store),
      send("gone"),
      send("a"),
      send("b", { revision: "r0" }),
      send("c"),
      send("a"),
      send("d"),
    );
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ["gone", "ticked", "stale", "paused", "moved", "ticked"],
    );
    assert.deepEqual(await claimIds(store), [runId("a", now), runId("d", now)]);
  },

  "of two handles that tick the same occurrence at once, one does": async (harness) => {
    const { store } = harness;
    const { now, term } = await dueNow(harness);
    const other = await harness.peer();
    const once = item("a", now, { plan: [sendOf("a", now)], next: cursor(now + 5) });
    const outcomes = await Promise.all([store, other, store, other].map((each) => tick(each, term, once)));
    assert.deepEqual(
      outcomes
        .flat()
        .map(({ outcome }) => outcome)
        .sort(),
      ["moved", "moved", "moved", "ticked"],
    );
    assert.equal((await ledgerOf(store, "a")).length, 1);
  },

  "an item is done whole in a batch of a thousand": async ({ store, clock }) => {
    const now = clock.now();
    const names = Array.from({ length: 1_000 }, (_, index) => `e${index}`);
    await putAll(store, ...names.map((name) => entry(name, now)));
    const items = names.map((name) => item(name, now, { plan: [sendOf(name, now)], next: cursor(now + 5) }));
    const outcomes = await tick(store, await lead(store), ...items);
    assert(outcomes.every(({ outcome }) => outcome === "ticked"));
    assert.deepEqual(await store.entries.due(0), { entries: [], nextAt: now + 5, now });
    assert.equal((await claimAllIds(store)).length, 1_000);
  },
});
