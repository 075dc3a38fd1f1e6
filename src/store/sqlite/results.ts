import type { EpochMs } from "../../core/clock.js";
import { isFinal } from "../../tasks/states.js";
import type { ResultRecord, Results, StoredResult } from "../contracts/results.js";
import type { Connection } from "./connection.js";
import { endOf, PERISHABLE, type Perishable } from "./ends.js";
import type { Hub } from "./hub.js";
import type { Looks } from "./looks.js";
import { DEAD, LEASED, MARK } from "./schema.js";
import { LIMIT, type Step } from "./step.js";

interface ResultRow {
  readonly id: string;
  readonly state: string;
  readonly payload: string | null;
  readonly reason: string | null;
  readonly worker: string | null;
  readonly at: EpochMs;
}

const COLUMNS = "id, state, payload, reason, worker, at";

function stored(row: ResultRow): StoredResult {
  return {
    id: row.id,
    state: row.state,
    payload: row.payload,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.worker === null ? {} : { worker: row.worker }),
    at: row.at,
  };
}

/** Stores a record over whatever was there; a final one is news even when it is not kept. */
export function keepResult(step: Step, id: string, record: ResultRecord, ttlMs: number): void {
  const { state, payload, reason = null, worker = null } = record;
  if (ttlMs > 0) {
    step.run(
      "INSERT OR REPLACE INTO result (id, state, payload, reason, worker, at, until) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...[id, state, payload, reason, worker, step.now, step.now + ttlMs],
    );
  } else {
    dropResult(step, id);
  }
  if (isFinal(state)) step.results.push({ ...record, id, at: step.now });
}

/** Leaves a mark in place of a result, unless an end is kept: a message of this id is a duplicate until it goes. */
export function remember(step: Step, id: string, ttlMs: number): void {
  if (ttlMs <= 0 || isFinal(keptResult(step, id)?.state ?? "")) return;
  keepResult(step, id, { state: MARK, payload: null }, ttlMs);
  // Who waits for a result need not any more.
  step.movesMessages = true;
}

/** For how long the result of a message is kept, or else its id. */
export interface Keeping {
  readonly id: string;
  readonly resultTtl: number;
  readonly idTtl: number;
}

/** The result of a task that the store itself ended. */
export function keepOwnResult(
  step: Step,
  { id, resultTtl, idTtl }: Keeping,
  state: "REVOKED" | "FAILURE",
  reason: string,
): void {
  if (resultTtl > 0) keepResult(step, id, { state, payload: null, reason }, resultTtl);
  else remember(step, id, idTtl);
}

/** Whether a record, or a mark, is kept. */
export function isKept(step: Step, id: string): boolean {
  return step.get("SELECT 1 FROM result WHERE id = ? AND until > ?", id, step.now) !== undefined;
}

export function keptResult(step: Step, id: string): StoredResult | null {
  const row = step.get<ResultRow>(
    `SELECT ${COLUMNS} FROM result WHERE id = ? AND until > ? AND state <> ?`,
    ...[id, step.now, MARK],
  );
  return row ? stored(row) : null;
}

/** The result of a task that has ended, in whatever way; null: it has not, or its result is not kept any more. */
export function finalResult(step: Step, id: string): StoredResult | null {
  const kept = keptResult(step, id);
  return kept && isFinal(kept.state) ? kept : null;
}

export function dropResult(step: Step, id: string): void {
  step.run("DELETE FROM result WHERE id = ?", id);
}

export interface ResultsFound {
  readonly results: readonly StoredResult[];
  /** Number of the last one read. */
  readonly seq: number;
  readonly isComplete: boolean;
}

export function lastResult(step: Step): number {
  return step.get<{ seq: number | null }>("SELECT max(seq) AS seq FROM result")?.seq ?? 0;
}

/** The final results written after the one numbered `seq`, oldest first. */
export function resultsAfter(step: Step, seq: number, limit: number): ResultsFound {
  const rows = step.all<ResultRow & { readonly seq: number }>(
    `SELECT seq, ${COLUMNS} FROM result WHERE seq > ? ORDER BY seq ${LIMIT}`,
    ...[seq, limit],
  );
  return {
    results: rows.filter((row) => isFinal(row.state)).map(stored),
    seq: rows.at(-1)?.seq ?? seq,
    isComplete: rows.length < limit,
  };
}

/** Drops at most `limit` results whose time is over. */
export function sweepResults(step: Step, limit: number): number {
  return step.run(
    `DELETE FROM result WHERE seq IN (SELECT seq FROM result WHERE until <= ? ORDER BY until ${LIMIT})`,
    ...[step.now, limit],
  );
}

export interface Told {
  readonly record: StoredResult | null;
  /** The record is final, or there will be none: a mark tells that the task has ended. */
  readonly isOver: boolean;
  /** When a message that waits ends by itself; null: never, or nobody knows. */
  readonly expires: EpochMs | null;
  readonly now: EpochMs;
}

/** What is told of an id: a message that will not run any more has ended, though no claim has dropped it yet. */
export function told(step: Step, id: string): Told {
  const { now } = step;
  const kept = keptResult(step, id);
  if (kept && isFinal(kept.state)) return { record: kept, isOver: true, expires: null, now };
  const message = step.get<Perishable>(`SELECT ${PERISHABLE} FROM message WHERE id = ?`, id);
  if (!message || message.state === DEAD) {
    return { record: kept, isOver: kept === null && isKept(step, id), expires: null, now };
  }
  const reason = endOf(message, now);
  if (reason) {
    const at = (reason === "expired" ? message.expires : null) ?? now;
    const record = { id, state: "REVOKED", payload: null, reason, at };
    return { record, isOver: true, expires: null, now };
  }
  const isHeld = message.state === LEASED;
  const derived = { id, state: isHeld ? "RECEIVED" : "PENDING", payload: null, at: now };
  return { record: kept ?? derived, isOver: false, expires: isHeld ? null : message.expires, now };
}

/** Whether a record other than a final one may be written. */
function isOpen(step: Step, id: string): boolean {
  return finalResult(step, id) === null;
}

export function sqliteResults(connection: Connection, hub: Hub, looks: Looks): Results {
  return {
    get: (ids) => connection.read((step) => ids.map((id) => told(step, id).record)),

    async wait(id, signal) {
      // Waiting begins before the look, so a result that comes between the two is not missed.
      const waiting = hub.awaitResult(id, signal);
      try {
        const { moves } = looks;
        const first = await connection.read((step) => told(step, id));
        if (first.isOver) return first.record;
        const looking = looks.begin(first, moves, () => connection.read((step) => told(step, id)));
        try {
          return await Promise.race([looking.ended, waiting.outcome]);
        } finally {
          looking.end();
        }
      } finally {
        waiting.end();
      }
    },

    update: (ref, record, ttlMs) =>
      connection.write((step) => {
        const held = step.get("SELECT 1 FROM message WHERE id = ? AND token = ?", ref.id, ref.token);
        if (!held) return "lost";
        if (isOpen(step, ref.id)) keepResult(step, ref.id, record, ttlMs);
        return "updated";
      }),

    put: (id, record, ttlMs) =>
      connection.write((step) => {
        if (isOpen(step, id)) keepResult(step, id, record, ttlMs);
      }),

    async forget(ids) {
      await connection.writeEach(ids, dropResult);
    },
  };
}
