import type { EpochMs } from "../../core/clock.js";
import type { LockInspection } from "../contracts/lock-inspection.js";
import { breakPermit } from "../rules/locks.js";
import { handOver } from "../rules/waiters.js";
import type { MemoryRecords } from "./records.js";
import type { Lock, Request } from "./state.js";

export function memoryLockInspection(records: MemoryRecords): LockInspection {
  return {
    async list({ after, limit }) {
      const { state, now } = records.enter();
      return [...state.locks.keys()]
        .sort()
        .filter((name) => after === undefined || name > after)
        .flatMap((name) => summary(currentLock(records, name), now) ?? [])
        .slice(0, limit);
    },

    async inspect(name, limit) {
      const { now } = records.enter();
      const lock = currentLock(records, name);
      const counted = summary(lock, now);
      if (!lock || !counted) return null;
      return {
        ...counted,
        holders: [...lock.holders]
          .sort((a, b) => a.since - b.since || a.ticket - b.ticket)
          .slice(0, limit)
          .map(({ token, kind, id, label, fence, since, until }) => {
            return { token: token ?? "", kind, id, label, fence, since, until: until ?? 0 };
          }),
        waiters: living(lock, now)
          .slice(0, limit)
          .map(({ kind, id, label, since }) => ({ kind, id, label, since })),
      };
    },

    async break(permit) {
      return breakPermit(records.enter(), permit);
    },

    async history({ lock, before, limit }) {
      return records
        .enter()
        .state.lockHistory.filter((each) => lock === undefined || each.lock === lock)
        .filter(({ row }) => before === undefined || Number(row) < Number(before))
        .slice(-limit)
        .reverse();
    },
  };
}

/** The lock with its books in order; null: nobody holds it or waits for it. */
function currentLock(records: MemoryRecords, name: string): Lock | null {
  handOver(records, name);
  return records.state.locks.get(name) ?? null;
}

function living(lock: Lock, now: EpochMs): Request[] {
  return lock.waiters.first(Infinity).filter((waiter) => waiter.kind === "task" || (waiter.until ?? 0) > now);
}

function summary(lock: Lock | null, now: EpochMs) {
  if (!lock) return null;
  const { name, capacity, holders } = lock;
  const waiting = living(lock, now).length;
  // One of which only tickets are kept is held and waited for by nobody.
  return holders.size + waiting === 0 ? null : { name, capacity, held: holders.size, waiting };
}
