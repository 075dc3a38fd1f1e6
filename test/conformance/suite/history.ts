/** Records of ended attempts: one for each end, in the step that brings it about. */
import assert from "node:assert/strict";
import type { Settlement } from "../../../src/store/contracts/consumer.js";
import type { DeliveryRef } from "../../../src/store/contracts/delivery.js";
import type { RecordQuery, RecordState, TaskRecord } from "../../../src/store/contracts/history.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { noteText, type NoteFields } from "../../../src/tasks/note.js";
import { chainOf, open } from "./graph-samples.js";
import { queueOne } from "./entry-samples.js";
import { everySecond } from "./every-second.js";
import { group } from "./harness.js";
import {
  claim,
  claimOne,
  dead,
  done,
  HOUR_MS,
  LEASE_MS,
  lost,
  message,
  retry,
  sendAndClaim,
} from "./samples.js";

const DAY_MS = 24 * HOUR_MS;

function note(changes: Partial<NoteFields> = {}): string {
  return noteText({
    ...{ task: "tasks.t", queue: "q", state: "success", attempt: 1, deliveries: 1, worker: "w", entry: null },
    ...{ due: null, waitMs: 3, runMs: 42, reason: null, root: null, error: null, args: '["a",1]' },
    ...changes,
  });
}

const noted = (settlement: Settlement, changes: Partial<NoteFields> = {}): Settlement => ({
  ...settlement,
  note: note(changes),
});

const settle = async (store: Store, ...settlements: Settlement[]): Promise<string[]> => [
  ...(await store.consumer.settle(settlements, null)).outcomes,
];

/** All that a query means, page after page. */
export async function search(
  store: Store,
  query: Partial<RecordQuery> = {},
  rows = 100,
): Promise<TaskRecord[]> {
  const found: TaskRecord[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 1_000; pages++) {
    const page = await store.history.records({ limit: 50, ...query, ...(cursor && { cursor }) }, { rows });
    found.push(...page.rows);
    if (page.next === null) return found;
    cursor = page.next;
  }
  throw new assert.AssertionError({ message: "a search does not end" });
}

const ids = (records: readonly TaskRecord[]): string[] => records.map(({ id }) => id);

/** What a store writes of one that it ends itself. */
const own = (state: RecordState, reason: string, changes: Partial<TaskRecord> = {}): Partial<TaskRecord> => ({
  ...{ task: "tasks.t", queue: "q", state, attempt: 1, deliveries: 0, worker: null, runMs: null },
  ...{ reason, error: null, args: null, ...changes },
});

async function ended(store: Store, id: string): Promise<Partial<TaskRecord>[]> {
  return (await store.history.recordsOf(id)).map((record) => ({
    ...{ task: record.task, queue: record.queue, state: record.state, attempt: record.attempt },
    ...{ deliveries: record.deliveries, worker: record.worker, runMs: record.runMs, reason: record.reason },
    ...{ error: record.error, args: record.args },
  }));
}

export const recordCases = group("history: records", {
  "an end leaves its record, by the store's clock": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    await clock.advance(1_234);
    await settle(store, noted(done(delivery), { error: "Error: no é", reason: "because", root: "r" }));
    assert.deepEqual(await store.history.recordsOf("a"), [
      {
        ...{ at: clock.now(), id: "a", task: "tasks.t", queue: "q", state: "success", attempt: 1 },
        ...{ deliveries: 1, worker: "w", entry: null, due: null, waitMs: 3, runMs: 42 },
        ...{ reason: "because", root: "r", error: "Error: no é", args: '["a",1]' },
      },
    ]);
  },

  "an end without a note leaves none": {
    because: "an older worker beside a newer one writes none",
    run: async ({ store }) => {
      const first = await sendAndClaim(store, "a");
      const second = await sendAndClaim(store, "b");
      await settle(store, done(first), { ...done(second), note: null });
      assert.deepEqual(await search(store), []);
    },
  },

  "each way in which a worker ends an attempt leaves its record, once": async ({ store }) => {
    const ends: [string, (ref: DeliveryRef) => Settlement, string][] = [
      ["done", (ref) => done(ref), "success"],
      ["without-result", (ref) => done(ref, null), "ignored"],
      ["tried-again", (ref) => retry(ref, 1_000), "retry"],
      ["dead", (ref) => dead(ref), "rejected"],
    ];
    for (const [id, end, state] of ends) {
      await settle(store, noted(end(await sendAndClaim(store, id)), { state }));
    }
    const found = await search(store);
    assert.deepEqual(
      found.map(({ id, state }) => [id, state]),
      ends.map(([id, , state]) => [id, state]).reverse(),
    );
  },

  "a settlement that is lost leaves none, beside others that do": async ({ store, clock }) => {
    const first = await sendAndClaim(store, "a");
    const second = await sendAndClaim(store, "b");
    const third = await sendAndClaim(store, "c");
    await clock.advance(LEASE_MS + 1);
    const again = await claimOne(store);
    assert.equal(again.id, "a");
    const outcomes = await settle(
      store,
      noted(done(first)),
      noted(done({ ...second, token: "x" })),
      noted(done(again)),
    );
    assert.deepEqual(outcomes, ["lost", "lost", "settled"]);
    assert.deepEqual(ids(await search(store)), ["a"]);
    await settle(store, noted(done(third)), noted(done(again)));
    assert.deepEqual(ids(await search(store)), ["a"]);
  },

  "a settlement that is repeated leaves one": async ({ store }) => {
    const delivery = await sendAndClaim(store, "a");
    await settle(store, noted(done(delivery)));
    assert.deepEqual(await settle(store, noted(done(delivery))), ["lost"]);
    assert.equal((await search(store)).length, 1);
  },

  "a run that was lost leaves none while it comes again, and one at its last delivery": async ({ store }) => {
    const first = await sendAndClaim(store, "a", { maxDeliveries: 2 });
    await settle(store, noted(lost(first), { state: "dead" }));
    assert.deepEqual(await search(store), []);
    await settle(store, noted(lost(await claimOne(store)), { state: "dead", deliveries: 2 }));
    assert.deepEqual(
      (await search(store)).map(({ id, state, deliveries }) => [id, state, deliveries]),
      [["a", "dead", 2]],
    );
  },

  "a delivery that is put off leaves none unless its note says so": async ({ store }) => {
    const { id, token } = await sendAndClaim(store, "a");
    await settle(store, { id, token, kind: "defer", delayMs: 0, result: null, resultTtlMs: 0 });
    assert.deepEqual(await search(store), []);
  },

  "what expires while it waits leaves a record when a claim drops it": async ({ store, clock }) => {
    await store.sender.enqueue([message("a", { expires: { inMs: 1_000 } })]);
    await clock.advance(2_500);
    await claim(store);
    assert.deepEqual(await ended(store, "a"), [own("expired", "expired")]);
    assert.equal((await store.history.recordsOf("a"))[0]?.waitMs, 2_500);
  },

  "what is worthless when it is sent leaves a record": async ({ store, clock }) => {
    const expires = { at: clock.now() - 1 };
    assert.deepEqual(await store.sender.enqueue([message("a", { expires })]), ["expired"]);
    assert.deepEqual(await ended(store, "a"), [own("expired", "expired")]);
  },

  "what is revoked while it waits leaves a record, and what runs does not": async ({ store }) => {
    const running = await sendAndClaim(store, "running");
    await store.sender.enqueue([message("a"), message("later", { eta: { inMs: 1_000 } })]);
    await store.sender.revoke(["a", "later", "running", "unknown"], { terminate: false, keepMs: 1_000 });
    assert.deepEqual(await ended(store, "a"), [own("revoked", "revoked")]);
    assert.deepEqual(await ended(store, "later"), [own("revoked", "revoked")]);
    assert.deepEqual(await ended(store, "running"), []);
    await settle(store, noted(done(running, { state: "REVOKED", payload: null }), { state: "revoked" }));
    assert.equal((await ended(store, "running")).length, 1);
  },

  "an id that was revoked before it was sent leaves a record when a claim drops it": async ({ store }) => {
    await store.sender.revoke(["a"], { terminate: false, keepMs: 10_000 });
    await store.sender.enqueue([message("a")]);
    await claim(store);
    assert.deepEqual(await ended(store, "a"), [own("revoked", "revoked")]);
  },

  "deliveries that are exhausted leave a record": async ({ store, clock }) => {
    await sendAndClaim(store, "a", { maxDeliveries: 1, entry: "e" });
    await clock.advance(LEASE_MS + 1);
    await claim(store);
    assert.deepEqual(await ended(store, "a"), [own("dead", "deliveries-exhausted", { deliveries: 1 })]);
    assert.deepEqual(ids([...(await store.history.runsOf("e", { limit: 5 }))]), ["a"]);
  },

  "what waits too long for its lock leaves a record": async ({ store, clock }) => {
    const lock = { name: "l", capacity: 1, waitTimeoutMs: 1_000, reserveMs: 1_000 };
    await store.sender.enqueue([message("first", { lock }), message("a", { lock })]);
    await claim(store);
    await clock.advance(1_001);
    await claim(store);
    assert.deepEqual(await ended(store, "a"), [own("failure", "lock-timeout")]);
  },

  "what is purged leaves a record each": async ({ store }) => {
    await store.sender.enqueue([message("a"), message("b"), message("c", { eta: { inMs: 5_000 } })]);
    assert.equal(await store.queues.purge(["q"]), 3);
    assert.deepEqual(ids(await search(store)).sort(), ["a", "b", "c"]);
    assert.deepEqual(await ended(store, "c"), [own("revoked", "purged")]);
  },

  "a part that never ran leaves a record of its own": async ({ store }) => {
    await open(store, ...chainOf(3), 2);
    const first = await claimOne(store);
    await settle(store, noted(done(first, { state: "FAILURE", payload: null }), { state: "failure" }));
    assert.deepEqual(
      (await search(store)).map(({ id, state }) => [id, state]),
      [
        ["g:2", "upstream"],
        ["g:1", "upstream"],
        ["g:0", "failure"],
      ],
    );
  },

  "a part that is revoked where it waits leaves a record": async ({ store }) => {
    await open(store, ...chainOf(3), 2);
    await store.sender.revoke(["g:0"], { terminate: false, keepMs: 1_000 });
    assert.deepEqual(await ended(store, "g:0"), [own("revoked", "revoked")]);
  },

  "a part that is purged leaves a record": async ({ store }) => {
    await open(store, ...chainOf(3), 2);
    assert.equal(await store.queues.purge(["q"]), 1);
    assert.deepEqual(
      (await ended(store, "g:0")).map(({ state }) => state),
      ["revoked"],
    );
  },

  "what waited to be sent waits from its eta on": async ({ store, clock }) => {
    await store.sender.enqueue([
      message("a", { eta: { inMs: 1_000 }, expires: { inMs: 3_000 } }),
      message("later", { eta: { inMs: 9_000 } }),
    ]);
    await clock.advance(3_500);
    await claim(store);
    assert.equal((await store.history.recordsOf("a"))[0]?.waitMs, 2_500);
    await store.sender.revoke(["later"], { terminate: false, keepMs: 0 });
    assert.equal((await store.history.recordsOf("later"))[0]?.waitMs, 0);
  },

  "a run that its entry keeps back leaves a record when it is revoked, and none when another takes its place":
    async (harness) => {
      const { store } = harness;
      const a = await everySecond(harness);
      await a.tick(queueOne);
      assert.deepEqual([await a.tick(queueOne), await a.tick(queueOne)], ["buffered", "buffered"]);
      assert.deepEqual(await ended(store, a.id(1)), []);
      await store.sender.revoke([a.id(2)], { terminate: false, keepMs: 1_000 });
      assert.deepEqual(
        (await ended(store, a.id(2))).map(({ state, reason }) => [state, reason]),
        [["revoked", "revoked"]],
      );
    },

  "attempts of one task are told oldest first": async ({ store, clock }) => {
    await settle(store, noted(retry(await sendAndClaim(store, "a"), 0), { state: "retry" }));
    await clock.advance(10);
    await settle(store, noted(retry(await claimOne(store), 0), { state: "retry", attempt: 2 }));
    await settle(store, noted(done(await claimOne(store)), { attempt: 3 }));
    assert.deepEqual(
      (await store.history.recordsOf("a")).map(({ state, attempt }) => [state, attempt]),
      [
        ["retry", 1],
        ["retry", 2],
        ["success", 3],
      ],
    );
    assert.deepEqual(await store.history.recordsOf("nothing"), []);
  },

  "ids and names may be any text": async ({ store }) => {
    const id = "a b\t%20+\n\u0001é\ud800";
    const queue = "q u+,é";
    await settle(store, noted(done(await sendAndClaim(store, id, { queue })), { queue }));
    assert.equal((await store.history.recordsOf(id))[0]?.queue, queue);
    await store.sender.enqueue([message(`${id}2`, { queue, task: "t ask" })]);
    await store.sender.revoke([`${id}2`], { terminate: false, keepMs: 0 });
    const [record] = await store.history.recordsOf(`${id}2`);
    assert.deepEqual([record?.id, record?.task, record?.queue], [`${id}2`, "t ask", queue]);
  },

  "records survive": {
    needs: "durable",
    run: async ({ store, reopen }) => {
      await settle(store, noted(done(await sendAndClaim(store, "a"))));
      const again = await reopen()!;
      assert.deepEqual(ids([...(await again.history.recordsOf("a"))]), ["a"]);
    },
  },
});

/** Twelve records, a second apart, of which each filter below means some. */
async function filled(store: Store, clock: { advance(ms: number): Promise<void> }): Promise<void> {
  for (let number = 0; number < 12; number++) {
    const delivery = await sendAndClaim(store, `id-${number}`, number === 5 ? { entry: "night" } : {});
    await settle(
      store,
      noted(done(delivery), {
        task: number % 2 === 0 ? "mail.send" : "report.make",
        state: number % 3 === 0 ? "failure" : "success",
        queue: number % 4 === 0 ? "fast" : "slow",
        worker: `w${number % 2}@host`,
        entry: number === 5 ? "night" : null,
        root: number > 9 ? "id-1" : null,
        runMs: number * 100,
        error: number % 3 === 0 ? `Error: Connection refused ${number}` : null,
        args: `["user ${number}%_"]`,
      }),
    );
    await clock.advance(1_000);
  }
}

const numbers = (records: readonly TaskRecord[]): number[] => records.map(({ id }) => Number(id.slice(3)));

const FILTERS: readonly [query: Partial<RecordQuery>, means: readonly number[]][] = [
  [{}, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
  [{ task: ["mail.send"] }, [10, 8, 6, 4, 2, 0]],
  [{ task: ["mail.*"] }, [10, 8, 6, 4, 2, 0]],
  [{ task: ["{mail,report}.m*"] }, [11, 9, 7, 5, 3, 1]],
  [{ task: ["mail.sen"] }, []],
  [{ state: ["failure"] }, [9, 6, 3, 0]],
  [{ state: ["failure", "success"] }, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
  [{ state: ["dead"] }, []],
  [{ queue: ["fast"] }, [8, 4, 0]],
  [{ worker: ["w1@*"] }, [11, 9, 7, 5, 3, 1]],
  [{ entry: ["night"] }, [5]],
  [{ root: ["id-1"] }, [11, 10, 1]],
  [{ id: ["id-1"] }, [11, 10, 1]],
  [{ id: ["id-7", "id-3"] }, [7, 3]],
  [{ id: ["d-1"] }, []],
  [{ minRunMs: 900 }, [11, 10, 9]],
  [{ text: "CONNECTION refused" }, [9, 6, 3, 0]],
  [{ text: "user 1" }, [11, 10, 1]],
  [{ text: "%_" }, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
  [{ text: "mail.send" }, []],
  [{ text: "id-4" }, [4]],
  [{ task: ["mail.*"], state: ["failure"] }, [6, 0]],
  [{ task: ["mail.*"], state: ["failure"], text: "refused 6" }, [6]],
];

export const recordQueryCases = group("history: queries", {
  ...Object.fromEntries(
    FILTERS.map(([query, means]) => [
      `a search for ${JSON.stringify(query)} finds what it means, newest first, whatever the pages`,
      async ({ store, clock }: Parameters<ReturnType<typeof group>[number]["run"]>[0]) => {
        await filled(store, clock);
        assert.deepEqual(numbers(await search(store, query)), means);
        assert.deepEqual(numbers(await search(store, { ...query, limit: 1 })), means);
        assert.deepEqual(numbers(await search(store, { ...query, limit: 2 }, 1)), means);
      },
    ]),
  ),

  "a state is meant, and not a reason of its name": async ({ store }) => {
    await settle(store, noted(done(await sendAndClaim(store, "a")), { state: "failure", reason: "dead" }));
    assert.deepEqual(ids(await search(store, { state: ["dead"] })), []);
    assert.deepEqual(ids(await search(store, { state: ["failure"] })), ["a"]);
  },

  "after and before are instants of ends, the first is meant and the second is not": async ({
    store,
    clock,
  }) => {
    const from = clock.now();
    await filled(store, clock);
    const range = { after: from + 3_000, before: from + 6_000 };
    assert.deepEqual(numbers(await search(store, range)), [5, 4, 3]);
    assert.deepEqual(numbers(await search(store, { ...range, limit: 1 }, 1)), [5, 4, 3]);
    assert.deepEqual(numbers(await search(store, { after: from + 11_000 })), [11]);
    assert.deepEqual(numbers(await search(store, { before: from })), []);
  },

  "a page tells how far it came, and a step looks at no more than it may": async ({ store, clock }) => {
    const from = clock.now();
    await filled(store, clock);
    const { rows, next, scanned, reached } = await store.history.records(
      { text: "user 0", limit: 50 },
      { rows: 5 },
    );
    assert.deepEqual([rows.length, scanned <= 12, next !== null], [0, true, scanned < 12]);
    assert.equal(reached, from + (12 - scanned) * 1_000);
  },

  "a search goes on where it was, whatever ends meanwhile": async ({ store, clock }) => {
    await filled(store, clock);
    const first = await store.history.records({ limit: 5 }, { rows: 100 });
    await settle(store, noted(done(await sendAndClaim(store, "new"))));
    const rest = await search(store, { cursor: first.next! });
    assert.deepEqual(numbers([...first.rows, ...rest]), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  },

  "a cursor that nobody gave begins at the newest": async ({ store, clock }) => {
    await filled(store, clock);
    assert.equal((await store.history.records({ limit: 1, cursor: "nonsense" }, { rows: 9 })).rows.length, 1);
  },

  "runs of an entry are told newest first, by their ends": async ({ store, clock }) => {
    const from = clock.now();
    for (const id of ["a", "b", "c", "d"]) {
      const entry = id === "c" ? "other" : "e";
      await settle(store, noted(done(await sendAndClaim(store, id, { entry })), { entry, due: 5 }));
      await clock.advance(1_000);
    }
    const runs = (range: { after?: number; before?: number; limit: number }) =>
      store.history.runsOf("e", range);
    assert.deepEqual(ids([...(await runs({ limit: 9 }))]), ["d", "b", "a"]);
    assert.deepEqual(ids([...(await runs({ limit: 2 }))]), ["d", "b"]);
    assert.deepEqual(ids([...(await runs({ after: from + 1_000, before: from + 3_000, limit: 9 }))]), ["b"]);
    assert.equal((await runs({ limit: 1 }))[0]?.due, 5);
  },
});

/** Ends so many tasks in calls of some hundreds. */
export async function endMany(
  store: Store,
  count: number,
  changes: (number: number) => Partial<NoteFields> = () => ({}),
) {
  for (let from = 0; from < count; from += 500) {
    const size = Math.min(500, count - from);
    await store.sender.enqueue(Array.from({ length: size }, (_, index) => message(`id-${from + index}`)));
    const settlements: Settlement[] = [];
    while (settlements.length < size) {
      for (const delivery of (await claim(store, { max: size })).deliveries) {
        settlements.push(noted(done(delivery, null), changes(Number(delivery.id.slice(3)))));
      }
    }
    await store.consumer.settle(settlements, null);
  }
}

export const recordKeepingCases = group("history: keeping", {
  "records past their age are dropped, oldest first, so many at a time": async ({ store, clock }) => {
    await endMany(store, 10);
    await clock.advance(DAY_MS);
    await endMany(store, 10);
    const keep = { maxAgeMs: DAY_MS - 1, maxRows: 1_000 };
    let dropped = 0;
    for (let step = 1; step > 0; dropped += step) step = await store.history.trimRecords(keep, 4);
    assert.equal(dropped, 10);
    assert.equal((await search(store)).length, 10);
    assert.equal(await store.history.trimRecords(keep, 4), 0);
  },

  "records beyond their number are dropped": async ({ store }) => {
    for (const id of ["a", "b", "c", "d"]) await settle(store, noted(done(await sendAndClaim(store, id))));
    const keep = { maxAgeMs: DAY_MS, maxRows: 2 };
    assert.equal(await store.history.trimRecords(keep, 1), 1);
    assert.deepEqual(ids(await search(store)), ["d", "c", "b"]);
    assert.equal(await store.history.trimRecords(keep, 100), 1);
    assert.deepEqual(ids(await search(store)), ["d", "c"]);
    assert.equal(await store.history.trimRecords(keep, 100), 0);
  },

  "trimming an empty history drops nothing": async ({ store }) => {
    assert.equal(await store.history.trimRecords({ maxAgeMs: 1, maxRows: 0 }, 10), 0);
  },

  "what is sealed by two at once is there once, for every filter": async (harness) => {
    const { store, clock } = harness;
    const from = clock.now();
    await endMany(store, 24_000, (number) =>
      number % 1_000 === 7 ? { task: "rare", args: `["needle ${number}"]` } : {},
    );
    const other = await harness.peer();
    const cursor = (await store.history.records({ limit: 100 }, { rows: 1_000 })).next!;
    const sealed = await Promise.all([store.history.seal(10_000), other.history.seal(10_000)]);
    while ((await store.history.seal(10_000)) > 0);
    const rare = await search(store, { task: ["rare"] }, 20_000);
    const all = Array.from({ length: 24 }, (_, index) => (23 - index) * 1_000 + 7);
    if (store.label.startsWith("memory")) return;
    assert.deepEqual(numbers(rare), all);
    assert.deepEqual(numbers(await search(other, { text: "NEEDLE 2007" }, 20_000)), [2_007]);
    assert.deepEqual(ids([...(await other.history.recordsOf("id-7"))]), ["id-7"]);
    assert.deepEqual(numbers(await search(store, { task: ["rare"], after: from }, 20_000)), all);
    assert.equal((await search(store, { cursor, limit: 500 }, 20_000)).length, 24_000 - 100);
    await store.history.trimRecords({ maxAgeMs: DAY_MS, maxRows: 22_000 }, 100_000);
    const left = (await search(store, { limit: 500 }, 20_000)).length;
    assert.ok(left >= 22_000 && left < 24_000, `${left} are left, and ${sealed.join(" and ")} were sealed`);
  },
});
