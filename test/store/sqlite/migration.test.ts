/** A file of schema 5 (fixtures/make-schema-5.mjs tells what is in it) opened by this version. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type Handle, loadDriver } from "../../../src/store/sqlite/driver.js";
import { pragma } from "../../../src/store/sqlite/pragmas.js";
import { SCHEMA_VERSION } from "../../../src/store/sqlite/schema.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { message, newFolder, openStore } from "./files.js";

const HOUR_MS = 3_600_000;

function oldFile(): string {
  const path = join(newFolder(), "store.db");
  const packed = readFileSync(new URL("./fixtures/schema-5.db.gz", import.meta.url));
  writeFileSync(path, gunzipSync(packed), { mode: 0o600 });
  return path;
}

/** What the file was made at. */
const clockThen = (): ManualClock => {
  const clock = new ManualClock();
  clock.jump(10);
  return clock;
};

async function opened(clock = clockThen()) {
  const path = oldFile();
  return { path, clock, store: await openStore(path, {}, { clock }) };
}

test("messages of all states are where they were", async () => {
  const { store } = await opened();
  const none = { ready: 0, scheduled: 0, leased: 0, dead: 0 };
  expect(await store.queues.counts()).toEqual([
    { ...none, queue: "locked", ready: 1, blocked: 2 },
    { ...none, queue: "past", scheduled: 1, dead: 1 },
    { ...none, queue: "q", ready: 2, scheduled: 1 },
    { ...none, queue: "runs", ready: 1 },
    { ...none, queue: "work", leased: 2 },
  ]);
  const ids = [
    "done",
    "marked",
    "dead",
    "retried",
    "leased",
    "stopped",
    "ready",
    "scheduled",
    "blocked",
    "buffered",
  ];
  const states = await store.results.get([...ids, "custom", "nobody"]);
  expect(states.map((each) => each?.state ?? null)).toEqual([
    ...["SUCCESS", null, null, "PENDING", "RECEIVED", "RECEIVED", "PENDING", "PENDING", "PENDING", "PENDING"],
    ...["PROGRESS", null],
  ]);
  expect((await store.deadLetters.list({ limit: 9 })).letters).toMatchObject([
    { id: "dead", reason: "poison" },
  ]);
});

test("an id that was known is known, by its message, its result or its mark", async () => {
  const { store } = await opened();
  const known = ["done", "marked", "dead", "leased", "ready", "scheduled", "blocked", "buffered"];
  const outcomes = await store.sender.enqueue([...known, "new"].map((id) => message(id)));
  expect(outcomes).toEqual([...known.map(() => "duplicate"), "queued"]);
});

test("what is claimed has the order, the body and the counts that it was sent with", async () => {
  const { store, clock } = await opened();
  const claim = (queue: string) =>
    store.consumer.claim({ queues: [queue], worker: "w", leaseMs: HOUR_MS, max: 9 });
  expect((await claim("q")).deliveries).toMatchObject([
    { id: "ready", priority: 5, deliveries: 1 },
    { id: "text", body: "null \0 in a body", resultTtlMs: 0, idTtlMs: HOUR_MS },
  ]);
  clock.jump(HOUR_MS);
  expect((await claim("past")).deliveries).toMatchObject([{ id: "retried", retries: 1, deliveries: 1 }]);
  const { deliveries } = await claim("work");
  expect(deliveries).toMatchObject([{ id: "leased", deliveries: 2 }]);
  const [stopped] = await store.results.get(["stopped"]);
  expect(stopped).toMatchObject({ state: "REVOKED", reason: "revoked" });
});

test("a revocation of an id that nobody knew is remembered", async () => {
  const { store } = await opened();
  await store.sender.enqueue([message("unknown", { queue: "late" })]);
  const request = { queues: ["late"], worker: "w", leaseMs: HOUR_MS, max: 1 };
  expect((await store.consumer.claim(request)).deliveries).toEqual([]);
});

test("locks keep their holders and their waiters, in order, and pass on", async () => {
  const { store } = await opened();
  const held = await store.lockInspection.inspect("db", 9);
  expect(held).toMatchObject({
    capacity: 1,
    holders: [{ id: "p1", kind: "process" }],
    waiters: [{ id: "p2" }, { id: "blocked" }, { id: "impatient" }],
  });
  expect((await store.lockInspection.inspect("cpu", 9))?.holders).toMatchObject([
    { id: "holder", kind: "task" },
  ]);
  const [holder] = held?.holders ?? [];
  await store.locks.release({ lock: "db", token: holder?.token ?? "" });
  await store.locks.cancel("db", "p2");
  const after = await store.lockInspection.inspect("db", 9);
  expect(after).toMatchObject({ holders: [{ id: "blocked" }], waiters: [{ id: "impatient" }] });
  const history = await store.lockInspection.history({ lock: "db", limit: 99 });
  expect(history.map(({ event, id }) => `${id} ${event}`).reverse()).toEqual([
    ...["p1 acquired", "p2 waiting", "blocked waiting", "impatient waiting"],
    ...["p1 released", "p2 gave-up", "blocked acquired"],
  ]);
});

test("a task that waits only so long ends then", async () => {
  const { store, clock } = await opened();
  clock.jump(2 * HOUR_MS);
  await store.consumer.claim({ queues: ["none"], worker: "w", leaseMs: 1, max: 0 });
  const states = await store.results.get(["impatient"]);
  expect(states[0]).toMatchObject({ state: "FAILURE", reason: "lock-timeout" });
});

test("entries keep cursor, etag and counts, and a buffered run is sent when the running one ends", async () => {
  const { store, clock } = await opened();
  const due = clock.now() - 10;
  expect(await store.entries.get(["nightly", "over", "paused"])).toMatchObject([
    { cursor: { due: due + 2 }, lastDue: due + 1, runs: 1, unfinished: 1, buffered: true, disabled: null },
    { cursor: null, disabled: "ended" },
    { cursor: { due }, pausedAt: due },
  ]);
  const claimed = await store.consumer.claim({ queues: ["runs"], worker: "w", leaseMs: HOUR_MS, max: 9 });
  const settlements = claimed.deliveries.map((ref) => {
    return { ...ref, kind: "done", result: null, resultTtlMs: 0 } as const;
  });
  expect(settlements.map(({ id }) => id)).toEqual(["run"]);
  const again = { queues: ["runs"], worker: "w", leaseMs: HOUR_MS, max: 9 };
  const { claimed: next } = await store.consumer.settle(settlements, again);
  expect(next?.deliveries.map(({ id }) => id)).toEqual(["buffered"]);
  expect(await store.ledger.rows("nightly", { limit: 9, keep: "oldest" })).toMatchObject([
    { kind: "range", reason: "paused" },
    { due, fate: "sent", taskId: "run" },
    { due: due + 1, fate: "sent", taskId: "buffered" },
  ]);
});

test("the term of the leader holds on", async () => {
  const { store } = await opened();
  const reply = await store.leases.elect({ id: "beat", nonce: "n", host: "h", version: "2" }, HOUR_MS);
  expect(reply).toMatchObject({
    outcome: "leading",
    term: expect.stringMatching(/^1798761600000000:n$/) as string,
  });
});

/** Tables and indexes as SQLite knows them, without the history of how they came to be. */
function shapeOf(handle: Handle): unknown[] {
  const tables = handle.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  return (tables as { name: string }[]).map(({ name }) => ({
    name,
    columns: handle.prepare(`SELECT name, type, "notnull", pk FROM pragma_table_info('${name}')`).all(),
    indexes: handle
      .prepare(`SELECT name, "unique", partial FROM pragma_index_list('${name}') ORDER BY name`)
      .all(),
  }));
}

test("the tables and indexes are those of a new file, and no word of the old ones is left", async () => {
  const { path, store } = await opened();
  await store.close();
  const fresh = join(newFolder(), "store.db");
  await (await openStore(fresh)).close();
  const driver = await loadDriver();
  const [old, made] = [driver.open(path), driver.open(fresh)];
  expect(pragma(old, "user_version")).toBe(SCHEMA_VERSION);
  expect(pragma(old, "integrity_check")).toBe("ok");
  expect(shapeOf(old)).toEqual(shapeOf(made));
  const left = JSON.stringify(shapeOf(old)).match(
    /contender|held_run|stamp|nominal|standing|parked|delayed|place/g,
  );
  expect(left).toBe(null);
  old.close();
  made.close();
});
