/** Reading the ledger and keeping it bounded. */
import assert from "node:assert/strict";
import type { LedgerQuery, LedgerRecord } from "../../../src/store/contracts/ledger.js";
import type { PlannedOccurrence } from "../../../src/store/contracts/entries.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { cursor, entry, item, ledgerOf, putAll, tick } from "./entry-samples.js";
import { group, type Harness } from "./harness.js";
import { lead } from "./leases.js";

/** Writes skipped rows at these instants after `start`, and ranges for pairs of instants. */
async function fill(
  { store, clock }: Harness,
  name: string,
  ...at: (number | [number, number])[]
): Promise<number> {
  const start = clock.now() - 1_000;
  await putAll(store, entry(name, start));
  const plan = at.map((each): PlannedOccurrence => {
    if (typeof each === "number") return { kind: "skip", due: start + each, reason: "late" };
    const [from, to] = [start + each[0], start + each[1]];
    return { kind: "range", from, to, count: to - from + 1, reason: "cap", schedule: "{}" };
  });
  await tick(store, await lead(store), item(name, start, { plan, next: cursor(start + 2_000) }));
  return start;
}

function beginOf(record: LedgerRecord): number {
  return record.kind === "row" ? record.due : record.from;
}

async function begins(
  store: Store,
  start: number,
  query: Partial<LedgerQuery> = {},
  name = "a",
): Promise<number[]> {
  const records = await store.ledger.rows(name, { limit: 100, keep: "oldest", ...query });
  return records.map((record) => beginOf(record) - start);
}

export const ledgerCases = group("entries: ledger", {
  "the ledger of an unknown entry is empty": async ({ store }) => {
    assert.deepEqual(await ledgerOf(store, "a"), []);
  },

  "records come in order of due, whichever end the limit keeps": async (harness) => {
    const { store } = harness;
    const start = await fill(harness, "a", 1, 2, [3, 5], 6, 7);
    assert.deepEqual(await begins(store, start), [1, 2, 3, 6, 7]);
    assert.deepEqual(await begins(store, start, { limit: 2 }), [1, 2]);
    assert.deepEqual(await begins(store, start, { limit: 2, keep: "newest" }), [6, 7]);
    assert.deepEqual(await begins(store, start, { limit: 0, keep: "newest" }), []);
    assert.deepEqual(await begins(store, start, { keep: "newest" }), [1, 2, 3, 6, 7]);
  },

  "after: only what reaches past the instant": async (harness) => {
    const { store } = harness;
    const start = await fill(harness, "a", 1, [2, 5], 6);
    const after = (ms: number) => begins(store, start, { after: start + ms });
    assert.deepEqual(await after(0), [1, 2, 6]);
    assert.deepEqual(await after(1), [2, 6]);
    assert.deepEqual(await after(4), [2, 6]);
    assert.deepEqual(await after(5), [6]);
    assert.deepEqual(await after(6), []);
  },

  "before: only what begins before the instant": async (harness) => {
    const { store } = harness;
    const start = await fill(harness, "a", 1, [2, 5], 6);
    const before = (ms: number) => begins(store, start, { before: start + ms });
    assert.deepEqual(await before(1), []);
    assert.deepEqual(await before(2), [1]);
    assert.deepEqual(await before(3), [1, 2]);
    assert.deepEqual(await before(7), [1, 2, 6]);
  },

  "after, before and limit work together": async (harness) => {
    const { store } = harness;
    const start = await fill(harness, "a", 1, 2, 3, 4, 5);
    const window = { after: start + 1, before: start + 5 };
    assert.deepEqual(await begins(store, start, window), [2, 3, 4]);
    assert.deepEqual(await begins(store, start, { ...window, limit: 1 }), [2]);
    assert.deepEqual(await begins(store, start, { ...window, limit: 1, keep: "newest" }), [4]);
  },

  "a row written late stands at its due time": async (harness) => {
    const { store } = harness;
    const start = await fill(harness, "a", 5, 6);
    const [before] = await store.entries.get(["a"]);
    const range = { from: start + 1, to: start + 2, count: 2, reason: "paused", schedule: "{}" };
    await putAll(store, entry("a", start + 2_000, { expect: before?.etag ?? null, ledger: [range] }));
    assert.deepEqual(await begins(store, start), [1, 5, 6]);
  },

  "the ledgers of two entries are apart": async (harness) => {
    const { store } = harness;
    const start = await fill(harness, "a", 1);
    await fill(harness, "b", 2);
    assert.deepEqual([await begins(store, start), await begins(store, start, {}, "b")], [[1], [2]]);
  },

  "trim drops what was written longer ago than the age": {
    because: "a range over a year that was written today must be readable today",
    async run(harness) {
      const { store, clock } = harness;
      const start = await fill(harness, "a", 1, [2, 900]);
      const retention = { maxAgeMs: 60_000, maxRowsPerEntry: 100 };
      await clock.advance(60_000);
      assert.equal(await store.ledger.trim(retention, 100), 0);
      await clock.advance(1);
      await fill(harness, "b", 3);
      assert.equal(await store.ledger.trim(retention, 100), 2);
      assert.deepEqual(
        [await begins(store, start), await ledgerOf(store, "b").then(({ length }) => length)],
        [[], 1],
      );
    },
  },

  "trim drops what is old also behind records of a time when the clock was ahead, which stay": async (
    harness,
  ) => {
    const { store, clock } = harness;
    const start = await fill(harness, "a", 1);
    const ahead = 3_600_000;
    clock.jump(ahead);
    await fill(harness, "b", 1, 2, 3);
    clock.jump(-ahead);
    await fill(harness, "c", 1, 2);
    const retention = { maxAgeMs: 60_000, maxRowsPerEntry: 100 };
    await clock.advance(60_001);
    let dropped = 0;
    for (let call = 0; call < 5; call++) dropped += await store.ledger.trim(retention, 2);
    const left = async (name: string): Promise<number> => (await ledgerOf(store, name)).length;
    assert.deepEqual([dropped, await begins(store, start), await left("b"), await left("c")], [3, [], 3, 0]);
  },

  "trim drops the oldest by due when an entry has too many": async (harness) => {
    const { store } = harness;
    const start = await fill(harness, "a", 1, [2, 3], 4, 5);
    await fill(harness, "b", 1, 2);
    assert.equal(await store.ledger.trim({ maxAgeMs: 60_000, maxRowsPerEntry: 2 }, 100), 2);
    assert.deepEqual(
      [await begins(store, start), await begins(store, start, {}, "b")],
      [
        [4, 5],
        [1, 2],
      ],
    );
  },

  "trim drops no more than its limit and goes on where it stopped": async (harness) => {
    const { store } = harness;
    const start = await fill(harness, "a", 1, 2, 3, 4, 5);
    await fill(harness, "b", 1, 2, 3, 4, 5);
    const retention = { maxAgeMs: 60_000, maxRowsPerEntry: 1 };
    let dropped = 0;
    // A bounded step may find nothing where it looks and still have more to do elsewhere.
    for (let call = 0; call < 20; call++) {
      const step = await store.ledger.trim(retention, 3);
      assert(step <= 3);
      dropped += step;
    }
    assert.equal(dropped, 8);
    assert.deepEqual([await begins(store, start), await begins(store, start, {}, "b")], [[5], [5]]);
  },

  "trim that stops inside an entry goes on there, however often it is called": {
    because: "an entry that is only begun each time grows without end beside others that are finished",
    async run(harness) {
      const { store } = harness;
      const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
      const retention = { maxAgeMs: 3_600_000, maxRowsPerEntry: 2 };
      const limit = 10;
      const left: number[][] = [];
      for (let round = 0; round < 4; round++) {
        for (const name of names) await append(harness, name, 7);
        // As whoever tidies does it: at once again while a call finds as much as it may take.
        let dropped: number;
        do dropped = await store.ledger.trim(retention, limit);
        while (dropped >= limit);
        left.push(await Promise.all(names.map(async (name) => (await ledgerOf(store, name)).length)));
      }
      const kept = names.map(() => retention.maxRowsPerEntry);
      assert.deepEqual(left, [kept, kept, kept, kept]);
    },
  },
});

/** Writes so many skipped rows, due now one millisecond after the other. */
async function append({ store, clock }: Harness, name: string, rows: number): Promise<void> {
  const [before] = await store.entries.get([name]);
  const start = before?.cursor?.due ?? clock.now();
  if (!before) await putAll(store, entry(name, start));
  await clock.advance(rows + 1);
  const plan = Array.from({ length: rows }, (_, at): PlannedOccurrence => {
    return { kind: "skip", due: start + at, reason: "late" };
  });
  await tick(store, await lead(store), item(name, start, { plan, next: cursor(start + rows) }));
}
