import type { EpochMs } from "../../core/clock.js";
import type { Logger } from "../../core/logger.js";
import type { AcquireReply, AcquireRequest, LockStore } from "../contracts/locks.js";
import { noteCapacity } from "../rules/capacity.js";
import type { Connection } from "./connection.js";
import { followUp } from "./follow-up.js";
import { capacityOf, handOver, holderOf, isBusy, requestForProcess } from "./waiters.js";
import { LOCK_REQUEST, type LockRequest, endPermit, leave, setEnd } from "./permits.js";
import { HOLDING } from "./schema.js";
import { LIMIT, type Step } from "./step.js";

export function sqliteLocks(connection: Connection, logger: Logger): LockStore {
  return {
    acquire: (request) =>
      connection.write((step) => {
        noteCapacity(logger, request.lock, capacityOf(step, request.lock), request.capacity);
        return acquire(step, request);
      }),

    cancel: (lock, waiter) =>
      connection.write((step) => {
        handOver(step, lock);
        const lockRequest = processOf(step, lock, waiter);
        if (!lockRequest) return "unknown";
        leave(step, lockRequest);
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
  };
}

function processOf(step: Step, lock: string, id: string): LockRequest | undefined {
  return step.get<LockRequest>(`${LOCK_REQUEST} WHERE id = ? AND is_task = 0 AND lock = ?`, id, lock);
}

function acquire(step: Step, request: AcquireRequest): AcquireReply {
  const { lock, capacity, waiter: id, label, leaseMs, waiterTtlMs } = request;
  const { now } = step;
  const busy = isBusy(step, lock, capacity);
  if (!processOf(step, lock, id)) {
    if (busy && waiterTtlMs === null) return { outcome: "busy", now };
    requestForProcess(step, { lock, capacity, id, label, grantMs: waiterTtlMs ?? leaseMs });
  }
  const lockRequest = processOf(step, lock, id)!;
  const { ticket, token, fence, status } = lockRequest;
  if (status === HOLDING) {
    setEnd(step, lockRequest, now + leaseMs);
    followUp(step);
    return { outcome: "granted", permit: { lock, token: token!, fence: fence! }, now };
  }
  if (waiterTtlMs !== null)
    step.run("UPDATE contender SET until = ? WHERE turn = ?", now + waiterTtlMs, ticket);
  const wakeAt = step.get<{ at: EpochMs }>("SELECT wake_at AS at FROM lock WHERE name = ?", lock)!.at;
  return { outcome: "waiting", nextLookAt: wakeAt, now };
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
