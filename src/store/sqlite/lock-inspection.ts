import type { EpochMs } from "../../core/clock.js";
import type {
  LockHolder,
  LockInspection,
  LockRecord,
  LockSummary,
  LockWaiter,
} from "../contracts/lock-inspection.js";
import { breakPermit } from "../rules/locks.js";
import type { Connection } from "./connection.js";
import { HOLDING, WAITING } from "./schema.js";
import type { Step } from "./step.js";
import { LIMIT } from "./transaction.js";

export function sqliteLockInspection(connection: Connection): LockInspection {
  return {
    list: ({ after, limit }) =>
      connection.read((step) => {
        const rows = step.all<LockSummary>(
          `SELECT name, capacity, ${HELD} AS held, ${IN_QUEUE} AS waiting FROM lock
             WHERE name > ? AND (held > 0 OR waiting > 0) ORDER BY name ${LIMIT}`,
          ...[step.now, step.now, after ?? "", limit],
        );
        return rows.map((row) => ({ ...row }));
      }),

    inspect: (name, limit) =>
      connection.read((step) => {
        const summary = step.get<LockSummary>(
          `SELECT name, capacity, ${HELD} AS held, ${IN_QUEUE} AS waiting FROM lock WHERE name = ?`,
          ...[step.now, step.now, name],
        );
        if (!summary || summary.held + summary.waiting === 0) return null;
        return { ...summary, holders: holders(step, name, limit), waiters: waiters(step, name, limit) };
      }),

    break: (permit) => connection.write((step) => breakPermit(step, permit)),

    history: ({ lock, before, limit }) =>
      connection.read((step) =>
        step
          .all<HistoryRow>(
            `SELECT seq, lock, event, is_task AS isTask, id, label, fence, at, took_ms AS took FROM lock_history
               WHERE seq < ? AND (? IS NULL OR lock = ?) ORDER BY seq DESC ${LIMIT}`,
            ...[
              before === undefined ? Number.MAX_SAFE_INTEGER : Number(before),
              lock ?? null,
              lock ?? null,
              limit,
            ],
          )
          .map(readRow),
      ),
  };
}

const HELD = `(SELECT count(*) FROM lock_request WHERE lock = name AND status = ${HOLDING} AND until > ?)`;
const IN_QUEUE = `(SELECT count(*) FROM lock_request
  WHERE lock = name AND status = ${WAITING} AND (is_task = 1 OR until > ?))`;

interface Shown {
  readonly isTask: number;
  readonly id: string;
  readonly label: string;
  readonly since: EpochMs;
}

interface HistoryRow extends Omit<LockRecord, "row" | "kind" | "waitedMs" | "heldMs"> {
  readonly seq: number;
  readonly isTask: number;
  readonly took: number | null;
}

function readRow({ seq, isTask, took, ...row }: HistoryRow): LockRecord {
  const isWait = row.event === "acquired" || row.event === "gave-up";
  return {
    ...row,
    row: String(seq),
    kind: kindOf({ isTask }),
    waitedMs: isWait ? took : null,
    heldMs: isWait ? null : took,
  };
}

const kindOf = ({ isTask }: Pick<Shown, "isTask">): "task" | "process" => (isTask === 1 ? "task" : "process");

function holders(step: Step, name: string, limit: number): LockHolder[] {
  const rows = step.all<Shown & { ticket: number; token: string; fence: number | null; until: EpochMs }>(
    `SELECT ticket, is_task AS isTask, id, label, since, token, fence, until FROM lock_request
       WHERE lock = ? AND status = ${HOLDING} AND until > ?`,
    ...[name, step.now],
  );
  return rows
    .sort((a, b) => a.since - b.since || a.ticket - b.ticket)
    .slice(0, limit)
    .map((row) => {
      const { token, id, label, fence, since, until } = row;
      return { token, kind: kindOf(row), id, label, fence, since, until };
    });
}

function waiters(step: Step, name: string, limit: number): LockWaiter[] {
  const rows = step.all<Shown>(
    `SELECT is_task AS isTask, id, label, since FROM lock_request
       WHERE lock = ? AND status = ${WAITING} AND (is_task = 1 OR until > ?) ORDER BY ticket ${LIMIT}`,
    ...[name, step.now, limit],
  );
  return rows.map((row) => ({ kind: kindOf(row), id: row.id, label: row.label, since: row.since }));
}
