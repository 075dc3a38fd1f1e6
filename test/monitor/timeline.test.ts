import { describe, expect, test } from "vitest";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import type { HistoryRow } from "../../src/beat/history.js";
import { cellsOf, ticksOf, type TickFacts, type TimelineItem } from "../../src/monitor/timeline.js";
import { every } from "../../src/schedules/index.js";
import type { EntrySnapshot } from "../../src/store/contracts/entries.js";
import type { TaskRecord } from "../../src/store/contracts/history.js";

const HOUR = 3_600_000;
const DAY = Date.UTC(2027, 0, 1);
const hour = (n: number): number => DAY + n * HOUR;
const RANGE = { from: DAY, to: DAY + 24 * HOUR, lateAfterMs: 5_000, graceMs: 60_000, limit: 2_000 };

const sent = (n: number, lateMs = 0, taskId = `e@${hour(n)}`): HistoryRow => ({
  ...{ entry: "e", due: new Date(hour(n)), fate: "sent", taskId, at: new Date(hour(n) + lateMs), term: "1" },
});
const skipped = (n: number, reason: string): HistoryRow => ({
  ...{ entry: "e", due: new Date(hour(n)), fate: "skipped", reason, at: new Date(hour(n)), term: "1" },
});
const record = (n: number, state: TaskRecord["state"], rest: Partial<TaskRecord> = {}): TaskRecord => ({
  ...{ at: hour(n) + 500, id: `e@${hour(n)}`, task: "t", queue: "q", state, attempt: 1, deliveries: 1 },
  ...{
    worker: "w1@h",
    entry: "e",
    due: hour(n),
    waitMs: 3,
    runMs: 7,
    reason: null,
    root: null,
    error: null,
    args: null,
  },
  ...rest,
});
const result = (n: number, state: string, reason?: string): TickFacts["results"] =>
  new Map([[`e@${hour(n)}`, { state, at: hour(n), ...(reason !== undefined && { reason }) }]]);

function facts(given: Partial<TickFacts>, options: { readonly jitter?: string } = {}): TickFacts {
  return {
    ...{ names: ["e"], now: hour(12), rows: [], stored: null, results: new Map(), records: new Map() },
    entry: resolveEntry("e", { task: "t", schedule: every("1h"), ...options }, { timezone: "UTC" }),
    ...given,
  };
}

function stored(given: Partial<EntrySnapshot>): EntrySnapshot {
  return {
    ...{ name: "e", owner: "runtime", version: 0, definition: "{}", revision: "r", etag: 1, runs: 0 },
    ...{
      cursor: null,
      pausedAt: null,
      disabled: null,
      disabledAt: null,
      lastDue: null,
      unfinished: 0,
      buffered: false,
      lastSuccessAt: null,
    },
    ...given,
  };
}

const byId = (...records: TaskRecord[]): Map<string, TaskRecord[]> => {
  const map = new Map<string, TaskRecord[]>();
  for (const each of records) map.set(each.id, [...(map.get(each.id) ?? []), each]);
  return map;
};

const shown = (items: readonly TimelineItem[]): string[] =>
  items.map(({ due, fate, late, reason, state }) =>
    [(due.getTime() - DAY) / HOUR, fate, ...(late ? ["late"] : []), reason, state]
      .filter((x) => x !== null)
      .join(" "),
  );

describe("what becomes of one tick that was sent", () => {
  test.each<[string, Partial<TickFacts>, string]>([
    ["1 succeeded SUCCESS", { records: byId(record(1, "success")) }, "its record says so"],
    [
      "1 succeeded SUCCESS",
      { results: result(1, "SUCCESS") },
      "its result says so, where there is no record",
    ],
    ["1 succeeded IGNORED", { records: byId(record(1, "ignored")) }, "it ended without a result"],
    [
      "1 failed FAILURE",
      { records: byId(record(1, "retry"), record(1, "failure")) },
      "the last attempt counts",
    ],
    [
      "1 failed deliveries-exhausted FAILURE",
      { records: byId(record(1, "dead", { reason: "deliveries-exhausted" })) },
      "a dead letter",
    ],
    [
      "1 retrying RETRY",
      { records: byId(record(1, "retry")), results: result(1, "RETRY") },
      "it waits for its next try",
    ],
    [
      "1 retrying PENDING",
      { records: byId(record(1, "retry")), results: result(1, "PENDING") },
      "it waits, and was tried",
    ],
    [
      "1 running STARTED",
      { records: byId(record(1, "retry")), results: result(1, "STARTED") },
      "the second try runs",
    ],
    ["1 running RECEIVED", { results: result(1, "RECEIVED") }, "a worker has it"],
    ["1 running IMPORTING", { results: result(1, "IMPORTING") }, "a state of its own"],
    ["1 waiting PENDING", { results: result(1, "PENDING") }, "no worker has it"],
    [
      "1 revoked expired REVOKED",
      { records: byId(record(1, "expired", { reason: "expired" })) },
      "it expired",
    ],
    ["1 revoked revoked REVOKED", { results: result(1, "REVOKED", "revoked") }, "somebody revoked it"],
    ["1 skipped SKIPPED", { records: byId(record(1, "skipped")) }, "its lock was busy"],
    ["1 unknown", {}, "nothing of it is kept"],
    [
      "1 succeeded SUCCESS",
      { records: byId(record(1, "success")), results: result(1, "STARTED") },
      "a record is an end",
    ],
  ])("%s: %j %s", (expected, given) => {
    expect(shown(ticksOf(facts({ rows: [sent(1)], ...given }), RANGE))).toEqual([expected]);
  });

  test("what the record tells is shown", () => {
    const records = byId(
      record(1, "retry", { error: "E: a" }),
      record(1, "failure", { attempt: 2, error: "E: b" }),
    );
    const [item] = ticksOf(facts({ rows: [sent(1, 40)], records }), RANGE);
    expect(item).toEqual({
      ...{ due: new Date(hour(1)), at: new Date(hour(1) + 40), lateMs: 40, late: false, fate: "failed" },
      ...{ reason: null, taskId: `e@${hour(1)}`, state: "FAILURE", waitMs: 3, runMs: 7, worker: "w1@h" },
      ...{ attempts: 2, term: "1", error: "E: b", count: 1, until: null },
    });
  });
});

test.each([
  [5_000, {}, false, "five seconds are not late"],
  [5_001, {}, true, "more are"],
  [60_000, { jitter: "10m" }, false, "jitter is no delay"],
] as const)("sent %d ms after it was due with %j: late %j, since %s", (lateMs, options, late, _) => {
  const [item] = ticksOf(facts({ rows: [sent(1, lateMs)] }, options), RANGE);
  expect(item!.late).toBe(late);
});

describe("ticks without a row", () => {
  const cursor = { due: hour(10), dispatchAt: hour(10) };
  test.each<[string[], Partial<EntrySnapshot>, Partial<TickFacts>, string]>([
    [["10 missed", "11 missed"], { cursor }, {}, "nobody has come to them; the one of noon has its grace"],
    [["10 missed", "11 missed", "12 missed"], { cursor }, { now: hour(12) + 60_001 }, "its grace is over"],
    [
      ["10 skipped paused", "11 skipped paused"],
      { cursor, pausedAt: hour(9) },
      { now: hour(11.5) },
      "it is paused",
    ],
    [[], { cursor, disabled: "ended" }, {}, "it is disabled"],
    [[], { cursor: { due: hour(13), dispatchAt: hour(13) } }, {}, "they are to come"],
    [["9 buffered"], { lastDue: hour(9), buffered: true }, {}, "it waits for the run before it"],
    [[], { lastDue: hour(9) }, {}, "its row is gone"],
    [[], { cursor }, { entry: null }, "its schedule is not known here"],
  ])("%j with %j %j: %s", (expected, snapshot, given) => {
    expect(shown(ticksOf(facts({ stored: stored(snapshot), ...given }), RANGE))).toEqual(expected);
  });

  test("of a buffered run that was sent there is a row", () => {
    const items = ticksOf(
      facts({ rows: [sent(9)], stored: stored({ lastDue: hour(9), buffered: true }) }),
      RANGE,
    );
    expect(shown(items)).toEqual(["9 unknown"]);
  });
});

describe("runs by hand", () => {
  const byHand = { ...sent(3.5, 0, "e!uuid"), reason: "triggered" };
  test("stand between the ticks", () => {
    const records = byId(record(3, "success", { id: "e!uuid" }));
    expect(shown(ticksOf(facts({ rows: [sent(3), byHand, sent(4)], records }), RANGE))).toEqual([
      ...["3 unknown", "3.5 triggered SUCCESS", "4 unknown"],
    ]);
  });

  test("of a tick that was skipped stand beside it, wherever their row is", () => {
    const id = `e!${hour(2)}`;
    const row = { ...sent(30, 0, id), reason: "triggered" };
    const rows = [skipped(2, "paused")];
    const expected = ["2 skipped paused", "2 triggered SUCCESS"];
    const records = byId(record(2, "success", { id }));
    expect(shown(ticksOf(facts({ rows, records }), RANGE))).toEqual(expected);
    expect(shown(ticksOf(facts({ rows: [...rows, row], records }), RANGE))).toEqual(expected);
  });

  test("of another range are left out", () => {
    const records = byId(record(2, "success", { id: `e!${hour(50)}` }));
    expect(ticksOf(facts({ records }), RANGE)).toEqual([]);
  });
});

test("a range of a schedule that only code knows is one item of many", () => {
  const row = { ...skipped(1, "too-late"), until: new Date(hour(4)), count: 4 };
  expect(ticksOf(facts({ rows: [row] }), RANGE)).toMatchObject([
    { fate: "skipped", reason: "too-late", count: 4, until: new Date(hour(4)) },
  ]);
});

test("of more than the limit the newest are given", () => {
  const rows = Array.from({ length: 10 }, (_, n) => sent(n));
  expect(shown(ticksOf(facts({ rows }), { ...RANGE, limit: 2 }))).toEqual(["8 unknown", "9 unknown"]);
});

test("cells count fates; the worst one gives the colour", () => {
  const records = byId(record(0, "success"), record(1, "success"), record(2, "failure"));
  const items = ticksOf(
    facts({ rows: [sent(0), sent(1, 9_000), sent(2), skipped(20, "overlap")], records }),
    RANGE,
  );
  const cells = cellsOf(items, { from: DAY, to: hour(24) - 1 }, 4);
  expect(cells.map(({ counts, late, worst }) => [counts, late, worst])).toEqual([
    [{ succeeded: 2, failed: 1 }, 1, "failed"],
    [{}, 0, null],
    [{}, 0, null],
    [{ skipped: 1 }, 0, "skipped"],
  ]);
  expect(cells[0]).toMatchObject({ from: new Date(DAY), to: new Date(hour(6)) });
});
