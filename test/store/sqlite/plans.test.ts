/** How SQLite runs our statements: every one is met in a walk through all verbs, and asked for its plan. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemRandom } from "../../../src/core/random.js";
import { sqliteConsumer } from "../../../src/store/sqlite/consumer.js";
import { sqliteDeadLetters } from "../../../src/store/sqlite/dead-letters.js";
import { sqliteLedger } from "../../../src/store/sqlite/ledger.js";
import { sqliteLockInspection } from "../../../src/store/sqlite/lock-inspection.js";
import { sqliteQueues } from "../../../src/store/sqlite/queues.js";
import { sqliteSender } from "../../../src/store/sqlite/sender.js";
import { signalsAfter } from "../../../src/store/sqlite/channel.js";
import { Connection } from "../../../src/store/sqlite/connection.js";
import { type Handle, loadDriver } from "../../../src/store/sqlite/driver.js";
import { sqliteEntries } from "../../../src/store/sqlite/entries.js";
import { sqliteGraphs } from "../../../src/store/sqlite/graphs.js";
import { Hub } from "../../../src/store/sqlite/hub.js";
import { FIRST_LANE, sweepLanes } from "../../../src/store/sqlite/lane-table.js";
import { sqliteLeases } from "../../../src/store/sqlite/leases.js";
import { Looks } from "../../../src/store/sqlite/looks.js";
import { sqliteLocks } from "../../../src/store/sqlite/locks.js";
import { sweepRevocations } from "../../../src/store/sqlite/message-table.js";
import { openFile } from "../../../src/store/sqlite/open.js";
import { OpenFiles } from "../../../src/store/sqlite/open-files.js";
import { resultsAfter, sweepResults } from "../../../src/store/sqlite/result-table.js";
import { sqliteResults } from "../../../src/store/sqlite/results.js";
import { sweepGraphs } from "../../../src/store/rules/graph-verbs.js";
import { sweepPauses } from "../../../src/store/rules/pause.js";
import { sweepPermits } from "../../../src/store/rules/locks.js";
import type { Overlap, TickItem } from "../../../src/store/contracts/entries.js";
import { UNIQUE_POLICIES, type UniquePolicy } from "../../../src/tasks/message.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { Lines, message, newFolder } from "./files.js";

interface Rig {
  readonly handle: Handle;
  readonly connection: Connection;
  readonly clock: ManualClock;
  readonly seen: Set<string>;
}

/** A connection that notes every statement it prepares. */
async function rig(): Promise<Rig> {
  const path = join(newFolder(), "store.db");
  const clock = new ManualClock();
  const context = { clock, random: systemRandom, logger: new Lines() };
  const { handle } = await openFile(await loadDriver(), path, context);
  const seen = new Set<string>();
  const recording: Handle = {
    exec: (sql) => handle.exec(sql),
    prepare: (sql) => {
      seen.add(sql);
      return handle.prepare(sql);
    },
    function: (name, options, body) => handle.function(name, options, body),
    close: () => handle.close(),
  };
  const options = { origin: "me", onCommit: () => undefined, onCorrupt: () => undefined };
  const files = new OpenFiles(path, path, true, clock);
  return { handle, connection: new Connection(recording, files, context, options), clock, seen };
}

const QUEUE_ONE: Overlap = { policy: "queue-one", timeoutMs: 5_000, graceMs: 0 };
const CANCEL: Overlap = { policy: "cancel-running", timeoutMs: null, graceMs: 1_000 };

/** Every verb of the locks, and what the broker does with messages that have one. */
async function walkLocks(connection: Connection, clock: ManualClock): Promise<void> {
  const consumer = sqliteConsumer(connection, new Hub(clock, new Lines()), systemRandom, new Lines());
  const [sender, queues] = [sqliteSender(connection), sqliteQueues(connection)];
  const lockInspection = sqliteLockInspection(connection);
  const locks = sqliteLocks(connection, new Lines());
  const lock = { name: "l", capacity: 1, waitTimeoutMs: 5_000, reserveMs: 1_000 };
  const ask = (waiter: string, waiterTtlMs: number | null) =>
    locks.acquire({ lock: "l", capacity: 1, waiter, label: "w", leaseMs: 1_000, waiterTtlMs });
  const request = { queues: ["locked"], worker: "w", leaseMs: 1_000, max: 9 };
  const first = await ask("a", null);
  if (first.outcome !== "granted") throw new Error("not granted");
  await ask("b", 100);
  await ask("c", null);
  const queue = "locked";
  await sender.enqueue([message("l1", { queue, lock }), message("l2", { queue }), message("l3", { queue })]);
  const { deliveries } = await consumer.claim(request);
  await consumer.admit(deliveries.map(({ id, token }) => ({ id, token, lock, busy: "block" })));
  await lockInspection.list({ limit: 9 });
  await lockInspection.inspect("l", 9);
  await lockInspection.history({ lock: "l", limit: 9 });
  await locks.extend(first.permit, 1_000);
  await locks.cancel("l", "b");
  await locks.release(first.permit);
  const woken = (await consumer.claim(request)).deliveries;
  await consumer.heartbeat(woken, 1_000);
  await consumer.giveBack(woken);
  const [holder] = (await lockInspection.inspect("l", 1))?.holders ?? [];
  await lockInspection.break({ lock: "l", token: holder?.token ?? "" });
  await queues.purge(["nothing"]);
  await clock.advance(10_000);
  await consumer.claim({ ...request, max: 0 });
  const again = (await consumer.claim(request)).deliveries;
  await consumer.settle(
    again.map(({ id, token }) => ({ id, token, kind: "defer", delayMs: 0, result: null, resultTtlMs: 0 })),
    null,
  );
  await connection.write((step) => sweepPermits(step, 10));
}

/** Lanes, pauses and bounds. */
async function walkQueues(connection: Connection, clock: ManualClock): Promise<void> {
  const consumer = sqliteConsumer(connection, new Hub(clock, new Lines()), systemRandom, new Lines());
  const [sender, queues] = [sqliteSender(connection), sqliteQueues(connection)];
  const request = { queues: ["fair"], worker: "w", leaseMs: 1_000, max: 1 };
  const lane = { name: "l", weight: 2 };
  const messages = ["f1", "f2", "f3"].map((id) => message(id, { queue: "fair", lane }));
  await sender.enqueue(messages, { bounds: new Map([["fair", 2]]) });
  const { deliveries } = await consumer.claim(request);
  await consumer.settle(
    deliveries.map(({ id, token }) => ({ id, token, kind: "done", result: null, resultTtlMs: 0 })),
    null,
  );
  await queues.pause("fair", { by: "me", reason: null, forMs: 1 });
  await queues.paused();
  await queues.revoked({ limit: 2 });
  await queues.resume("fair");
  await queues.pause("fair", { by: "me", reason: null, forMs: 1 });
  await clock.advance(1);
  await connection.write((step) => {
    sweepPauses(step, 10);
    sweepLanes(step, { ...FIRST_LANE }, 10);
  });
}

/** Messages with unique keys: each policy, what waits, a buffered run, and the sweep. */
async function walkUnique(connection: Connection, clock: ManualClock): Promise<void> {
  const consumer = sqliteConsumer(connection, new Hub(clock, new Lines()), systemRandom, new Lines());
  const [sender, entries] = [sqliteSender(connection), sqliteEntries(connection)];
  const request = { queues: ["u"], worker: "w", leaseMs: 1_000, max: 1 };
  const of = (id: string, onConflict: UniquePolicy, ttlMs: number | null = null) => {
    const unique = { key: "k", ttlMs, until: "finished", onConflict, maxWaitMs: 1_000 } as const;
    return message(id, { queue: "u", unique, eta: { inMs: 0 } });
  };
  await sender.enqueue(UNIQUE_POLICIES.map((policy) => of(`u ${policy}`, policy)));
  await sender.enqueue([of("u again", "queue-one"), { ...of("u late", "replace"), eta: { inMs: 50 } }]);
  await entries.trigger("a", of("u run", "join"), QUEUE_ONE);
  await entries.trigger("a", of("u buffered", "join"), QUEUE_ONE);
  for (let turn = 0; turn < 6; turn++) {
    const { deliveries } = await consumer.claim(request);
    const ends = deliveries.map(
      ({ id, token }) => ({ id, token, kind: "done", result: null, resultTtlMs: 0 }) as const,
    );
    await consumer.settle(ends, null);
    await clock.advance(100);
  }
  await connection.write((step) => step.uniques.sweep(10));
}

/** Every verb of graphs. */
async function walkGraphs(connection: Connection, clock: ManualClock): Promise<void> {
  const consumer = sqliteConsumer(connection, new Hub(clock, new Lines()), systemRandom, new Lines());
  const graphs = sqliteGraphs(connection);
  const request = { queues: ["g"], worker: "w", leaseMs: 1_000, max: 9 };
  const none = { value: null, pending: 0, inputs: null, takers: 1, message: null };
  const one = (number: number, list: string | null) => {
    const id = `g:${number}`;
    return { ...none, id, list, message: message(id, { queue: "g" }), pending: number };
  };
  const lists = [
    { key: "a", edges: [{ to: "g:1", kind: "success" as const }], cancels: [{ from: 0, to: 2 }] },
  ];
  const portion = {
    id: "g",
    name: "chain",
    output: "g:1",
    keepMs: 10,
    parts: [one(0, "a"), one(1, null)],
    lists,
  };
  await graphs.open({ ...portion, seal: true });
  const settle = async (state: string, added: readonly string[]) => {
    const grow = { parts: [], lists: [], output: null, added: { list: "a", outputs: [], values: added } };
    const result = { state, payload: null };
    const [delivery] = (await consumer.claim(request)).deliveries;
    if (!delivery) throw new Error("nothing was claimed");
    await consumer.settle([{ ...delivery, kind: "done", result, resultTtlMs: 9, grow }], null);
  };
  await settle("FAILURE", []);
  await graphs.resume("g");
  await settle("SUCCESS", ["1"]);
  await graphs.save("g", "name");
  await graphs.get(["g"]);
  await graphs.parts("g", { limit: 9 });
  await graphs.list({ limit: 9 });
  await graphs.list({ limit: 9, after: "g" });
  await graphs.outputs(["g:0"]);
  await graphs.added("g", "a");
  await settle("SUCCESS", []);
  await graphs.cancel("g", { terminate: true });
  await graphs.forget("g");
  await graphs.open({ ...portion, seal: false });
  await connection.write((step) => sweepGraphs(step, 10));
  await graphs.cancel("g", { terminate: false });
  await consumer.claim(request);
}

/** Every verb once, in a state in which it has something to do. */
async function walk({ connection, clock }: Rig): Promise<void> {
  const hub = new Hub(clock, new Lines());
  const consumer = sqliteConsumer(connection, hub, systemRandom, new Lines());
  const [sender, queues] = [sqliteSender(connection), sqliteQueues(connection)];
  const [deadLetters, ledger] = [sqliteDeadLetters(connection, {} as never), sqliteLedger(connection)];
  const results = sqliteResults(connection, hub, new Looks(clock, true));
  const leases = sqliteLeases(connection, new Lines());
  const entries = sqliteEntries(connection);
  const request = { queues: ["q", "other"], worker: "w", leaseMs: 1_000, max: 2 };
  const record = { state: "SUCCESS", payload: null };

  await sender.enqueue(["a", "b", "c", "d"].map((id) => message(id)));
  await sender.enqueue([message("later", { eta: { inMs: 100 } }), message("e", { expires: { inMs: 0 } })]);
  const { deliveries } = await consumer.claim(request);
  await consumer.heartbeat(deliveries, 1_000);
  const [first, second] = deliveries;
  if (!first || !second) throw new Error("nothing was claimed");
  await results.update(first, { state: "STARTED", payload: null }, 1_000);
  const retried = { ...first, kind: "retry", delayMs: 5, result: record, resultTtlMs: 9 } as const;
  const died = { ...second, kind: "dead", reason: "why", result: null, resultTtlMs: 9 } as const;
  await consumer.settle([retried, died], { ...request, max: 1 });
  await deadLetters.list({ limit: 1 });
  await deadLetters.list({ limit: 1, queue: "q" });
  await deadLetters.list({ limit: 1, task: "t", reason: "why", after: "9" });
  await deadLetters.list({ limit: 1, failed: true, queue: "q", task: "t" });
  await deadLetters.get(["unknown"]);
  await deadLetters.redrive([second.id]);
  await deadLetters.delete([second.id]);
  await clock.advance(2_000);
  await consumer.giveBack((await consumer.claim(request)).deliveries);
  await sender.revoke(["unknown", first.id], { terminate: true, keepMs: 10 });
  await results.put("p", record, 10);
  await results.get(["p", "c", "nobody"]);
  await results.forget(["p"]);
  await leases.leader();
  const elected = await leases.elect({ id: "b", nonce: "n", host: "h", version: "1" }, 10_000);
  if (elected.outcome !== "leading") throw new Error("not leading");
  await leases.elect({ id: "b", nonce: "n", host: "h", version: "1" }, 10_000);

  const now = clock.now();
  const at = (due: number) => ({ due, dispatchAt: due });
  const definition = { owner: "runtime", version: 1, definition: "{}", revision: "r" };
  const range = { from: 1, to: 2, count: 2, reason: "paused", schedule: "{}" };
  const entry = { name: "e", ...definition, expect: null, cursor: at(now), pausedAt: null, disabled: null };
  await entries.put([{ ...entry, ledger: [range] }]);
  await entries.due(10);
  const item = (id: string, expect: number, overlap: Overlap): TickItem => ({
    ...{ entry: "e", revision: "r", expect, disable: null, maxRuns: 9, next: at(expect + 1) },
    plan: [
      { kind: "send", due: expect, message: message(id), overlap },
      { kind: "skip", due: expect, reason: "why" },
      { kind: "range", ...range },
    ],
  });
  await entries.tick(elected.term, [item("r1", now, QUEUE_ONE)]);
  await clock.advance(10);
  await entries.tick(elected.term, [item("r2", now + 1, QUEUE_ONE)]);
  await entries.tick(elected.term, [item("r3", now + 2, QUEUE_ONE)]);
  await sender.revoke(["r3"], { terminate: false, keepMs: 10 });
  await consumer.claim({ ...request, max: 100 });
  await entries.tick(elected.term, [item("r4", now + 3, CANCEL)]);
  await entries.tick(elected.term, [{ ...item("r5", now + 4, QUEUE_ONE), next: null, disable: "ended" }]);
  await clock.advance(60_000);
  await consumer.claim(request);
  await entries.trigger("e", message("t"), null);
  const runs = (await consumer.claim({ ...request, max: 100 })).deliveries;
  const succeeded = runs.map((run) => ({ ...run, kind: "done", result: record, succeeded: true }) as const);
  await consumer.settle(
    succeeded.map((each) => ({ ...each, resultTtlMs: 9 })),
    null,
  );
  await entries.list({ limit: 10 });
  await entries.list({ after: "a", limit: 10 });
  await ledger.rows("e", { limit: 2, keep: "oldest" });
  await ledger.rows("e", { limit: 2, keep: "newest", after: 1, before: 9 });
  await ledger.trim({ maxAgeMs: 1, maxRowsPerEntry: 1 }, 2);
  const [left] = await entries.get(["e"]);
  await entries.remove("e", left?.etag ?? 0);
  await leases.resign({ id: "b", nonce: "n" });
  await walkLocks(connection, clock);
  await walkGraphs(connection, clock);
  await walkQueues(connection, clock);
  await walkUnique(connection, clock);
  await connection.write((step) => {
    sweepResults(step, 10);
    sweepRevocations(step, 10);
    resultsAfter(step, 0, 10);
    signalsAfter(step, 0, "me", 10);
  });
  await queues.purge(["q"]);
}

function planOf(handle: Handle, sql: string): string[] {
  const parameters = Array.from(sql.matchAll(/\?/g), () => 1);
  const rows = handle.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
  return rows.map((row) => row.detail);
}

function isWasteful(step: string): boolean {
  // A constant row, and an index or table walked from its end as far as the limit goes, cost what they give.
  return step.includes("TEMP B-TREE") || (step.startsWith("SCAN") && step !== "SCAN CONSTANT ROW");
}

/** Statements that may walk, and why. */
const WALKS: readonly RegExp[] = [
  // From the oldest row on, as far as the limit goes.
  /^DELETE FROM signal WHERE seq IN \(SELECT seq FROM signal ORDER BY seq LIMIT/,
  // The same, but for those of a time when the clock was ahead.
  /^DELETE FROM ledger WHERE seq IN \(SELECT seq FROM ledger WHERE at <= \? ORDER BY seq LIMIT/,
  // In order of name, as far as the limit goes.
  /FROM entry ORDER BY name LIMIT/,
  // One row, if any.
  /^SELECT 1 FROM (fair_queue|rate_message) LIMIT 1$/,
  /^SELECT EXISTS \(SELECT 1 FROM rate_limit\)/,
  // Counted once, in an index alone; a trigger keeps the number.
  /^INSERT INTO queue_length/,
  // Those that are paused.
  /FROM paused_queue ORDER BY queue$/,
  // One row.
  /^(SELECT|UPDATE) .*leader/,
  // An operator's purge looks through all that is delayed.
  /^SELECT seq, id, queue, .* WHERE state = 1 AND queue = \?/,
];

test("no statement of any verb reads a table from end to end, or sorts", async () => {
  const walked = await rig();
  await walk(walked);
  const statements = [...walked.seen].filter((sql) => !/^(BEGIN|COMMIT|ROLLBACK|PRAGMA)/.test(sql));
  expect(statements.length).toBeGreaterThan(60);
  const wasteful = statements
    .filter((sql) => !WALKS.some((walk) => walk.test(sql)))
    .map((sql) => ({ sql, steps: planOf(walked.handle, sql).filter(isWasteful) }))
    .filter(({ steps }) => steps.length > 0);
  expect(wasteful).toEqual([]);
  walked.connection.close();
});

test("counting the queues reads indexes only, never a body", async () => {
  const { handle, connection, seen } = await rig();
  await sqliteQueues(connection).counts();
  const plans = [...seen].filter((sql) => sql.includes("GROUP BY")).map((sql) => planOf(handle, sql)[0]);
  expect(plans).toEqual([
    "SCAN message USING COVERING INDEX message_ready",
    "SCAN message USING COVERING INDEX message_scheduled",
    "SCAN message USING COVERING INDEX message_leased",
    "SCAN message USING COVERING INDEX message_dead_queue",
    "SEARCH message USING COVERING INDEX message_blocked (blocker=?)",
    "SCAN failed_message USING COVERING INDEX failed_message_queue",
  ]);
  connection.close();
});

test("no statement has a bare limit, for which SQLite would compile it at every call", async () => {
  const walked = await rig();
  await walk(walked);
  expect([...walked.seen].filter((sql) => /(LIMIT|OFFSET) \?(?! \+ 0)/.test(sql))).toEqual([]);
  walked.connection.close();
});
