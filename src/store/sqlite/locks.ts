import type { EpochMs } from "../../core/clock.js";
import type { Logger } from "../../core/logger.js";
import { quote } from "../../core/quote.js";
import type {
  AcquireReply,
  AcquireRequest,
  AdmitReply,
  AdmitRequest,
  LockHolder,
  LockRecord,
  Locks,
  LockSummary,
  LockWaiter,
  PermitRef,
} from "../locks.js";
import { HELD_BY } from "./broker.js";
import type { Connection } from "./connection.js";
import { followUp } from "./follow-up.js";
import { handOver, isBusy, lineUpMessage, lineUpProcess } from "./line.js";
import { type Known, park } from "./messages.js";
import {
  CONTENDER,
  type Contender,
  endPermit,
  forsake,
  leave,
  lockOfMessage,
  setEnd,
  usePermit,
} from "./permits.js";
import { HOLDING, WAITING } from "./schema.js";
import { LIMIT, type Step } from "./step.js";

export function sqliteLocks(connection: Connection, logger: Logger): Locks {
  return {
    acquire: (request) =>
      connection.write((step) => {
        noteCapacity(step, logger, request.lock, request.capacity);
        return acquire(step, request);
      }),

    cancel: (lock, waiter) =>
      connection.write((step) => {
        handOver(step, lock);
        const contender = processOf(step, lock, waiter);
        if (!contender) return "unknown";
        leave(step, contender);
        followUp(step);
        return "cancelled";
      }),

    extend: (permit, leaseMs) =>
      connection.write((step) => {
        const holder = holderOf(step, permit);
        if (!holder) return "lost";
        setEnd(step, holder, step.now + leaseMs);
        followUp(step);
        return "extended";
      }),

    release: (permit) =>
      connection.write((step) => {
        const holder = holderOf(step, permit);
        if (!holder) return "lost";
        endPermit(step, holder, "released");
        followUp(step);
        return "released";
      }),

    admit: (requests) =>
      connection.writeEach(requests, (step, request) => {
        noteCapacity(step, logger, request.lock.name, request.lock.capacity);
        const reply = admit(step, request);
        followUp(step);
        return reply;
      }),

    list: ({ after, limit }) =>
      connection.read((step) => {
        const rows = step.all<LockSummary>(
          `SELECT name, capacity, ${HELD} AS held, ${IN_LINE} AS waiting FROM lock
             WHERE name > ? AND (held > 0 OR waiting > 0) ORDER BY name ${LIMIT}`,
          ...[step.now, step.now, after ?? "", limit],
        );
        return rows.map((row) => ({ ...row }));
      }),

    inspect: (name, limit) =>
      connection.read((step) => {
        const summary = step.get<LockSummary>(
          `SELECT name, capacity, ${HELD} AS held, ${IN_LINE} AS waiting FROM lock WHERE name = ?`,
          ...[step.now, step.now, name],
        );
        if (!summary || summary.held + summary.waiting === 0) return null;
        return { ...summary, holders: holders(step, name, limit), waiters: waiters(step, name, limit) };
      }),

    break: (permit) =>
      connection.write((step) => {
        const holder = holderOf(step, permit);
        if (!holder) return "unknown";
        endPermit(step, holder, "broken");
        if (holder.isTask === 0) step.publish("lock", holder.id);
        followUp(step);
        return "broken";
      }),

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

const HELD = `(SELECT count(*) FROM contender WHERE lock = name AND standing = ${HOLDING} AND until > ?)`;
const IN_LINE = `(SELECT count(*) FROM contender
  WHERE lock = name AND standing = ${WAITING} AND (is_task = 1 OR until > ?))`;

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
  const rows = step.all<Shown & { turn: number; token: string; fence: number | null; until: EpochMs }>(
    `SELECT turn, is_task AS isTask, id, label, since, token, fence, until FROM contender
       WHERE lock = ? AND standing = ${HOLDING} AND until > ?`,
    ...[name, step.now],
  );
  return rows
    .sort((a, b) => a.since - b.since || a.turn - b.turn)
    .slice(0, limit)
    .map((row) => {
      const { token, id, label, fence, since, until } = row;
      return { token, kind: kindOf(row), id, label, fence, since, until };
    });
}

function waiters(step: Step, name: string, limit: number): LockWaiter[] {
  const rows = step.all<Shown>(
    `SELECT is_task AS isTask, id, label, since FROM contender
       WHERE lock = ? AND standing = ${WAITING} AND (is_task = 1 OR until > ?) ORDER BY turn ${LIMIT}`,
    ...[name, step.now, limit],
  );
  return rows.map((row) => ({ kind: kindOf(row), id: row.id, label: row.label, since: row.since }));
}

function processOf(step: Step, lock: string, id: string): Contender | undefined {
  return step.get<Contender>(`${CONTENDER} WHERE id = ? AND is_task = 0 AND lock = ?`, id, lock);
}

function holderOf(step: Step, { lock, token }: PermitRef): Contender | undefined {
  handOver(step, lock);
  return step.get<Contender>(
    `${CONTENDER} WHERE lock = ? AND standing = ${HOLDING} AND token = ?`,
    ...[lock, token],
  );
}

/** Two programs that do not agree are a mistake that only shows here. */
function noteCapacity(step: Step, logger: Logger, name: string, capacity: number): void {
  const before = step.get<{ capacity: number }>("SELECT capacity FROM lock WHERE name = ?", name)?.capacity;
  if (before === undefined || before === capacity) return;
  logger.warn(`lock ${quote(name)}: its capacity is now ${capacity} and was ${before}`);
}

function acquire(step: Step, request: AcquireRequest): AcquireReply {
  const { lock, capacity, waiter: id, label, leaseMs, aliveMs } = request;
  const { now } = step;
  const busy = isBusy(step, lock, capacity);
  if (!processOf(step, lock, id)) {
    if (busy && aliveMs === null) return { outcome: "busy", now };
    lineUpProcess(step, { lock, capacity, id, label, grantMs: aliveMs ?? leaseMs });
  }
  const contender = processOf(step, lock, id)!;
  const { turn, token, fence, standing } = contender;
  if (standing === HOLDING) {
    setEnd(step, contender, now + leaseMs);
    followUp(step);
    return { outcome: "granted", permit: { lock, token: token!, fence: fence! }, now };
  }
  if (aliveMs !== null) step.run("UPDATE contender SET until = ? WHERE turn = ?", now + aliveMs, turn);
  const wakeAt = step.get<{ at: EpochMs }>("SELECT wake_at AS at FROM lock WHERE name = ?", lock)!.at;
  return { outcome: "waiting", nextLookAt: wakeAt, now };
}

interface Held extends Known {
  readonly task: string;
  readonly until: EpochMs;
}

function admit(step: Step, { id, token, lock, busy }: AdmitRequest): AdmitReply {
  const message = step.get<Held>(
    `${HELD_BY.replace(" FROM", ", task, lease_until AS until FROM")}`,
    ...[id, token],
  );
  if (!message) return { outcome: "lost" };
  const isSame = lockOfMessage(message)?.name === lock.name;
  const held = isSame ? usePermit(step, message, message.until) : null;
  if (held !== null) return { outcome: "admitted", fence: held };
  if (busy === "refuse" && isBusy(step, lock.name, lock.capacity)) return { outcome: "busy" };
  // The name follows from the task's code, which may be another one than before.
  if (!isSame) forsake(step, message);
  const spec = JSON.stringify(lock);
  step.run("UPDATE message SET lock = ? WHERE seq = ?", spec, message.seq);
  const lined = { ...message, lock: spec };
  lineUpMessage(step, lined, lock);
  const fence = usePermit(step, lined, message.until);
  if (fence !== null) return { outcome: "admitted", fence };
  park(step, id, 1);
  return { outcome: "blocked" };
}

/** Drops at most `limit` permits of processes that ended and that nobody waits for. */
export function sweepPermits(step: Step, limit: number): number {
  const ended = step.all<{ lock: string }>(
    `SELECT lock FROM contender WHERE standing = ${HOLDING} AND until <= ? ORDER BY until ${LIMIT}`,
    ...[step.now, limit],
  );
  for (const { lock } of ended) step.freed.add(lock);
  followUp(step);
  return ended.length;
}
