import type { EpochMs } from "../../core/clock.js";
import type { AcquireReply, AcquireRequest, LockStore } from "../contracts/locks.js";
import { noteCapacity } from "../rules/capacity.js";
import { followUp } from "./follow-up.js";
import { currentLock, handOver, holderOf, isBusy, lineUpProcess } from "./line.js";
import { endPermit, leaveLine, setEnd } from "./permits.js";
import { enter, type MemoryState } from "./state.js";

export function memoryLocks(state: MemoryState): LockStore {
  return {
    async acquire(request) {
      const now = enter(state);
      noteCapacity(
        state.logger,
        request.lock,
        state.locks.get(request.lock)?.capacity ?? null,
        request.capacity,
      );
      return acquire(state, request, now);
    },

    async cancel(lock, waiter) {
      const now = enter(state);
      const contender = currentLock(state, lock, now)?.processes.get(waiter);
      if (!contender) return "unknown";
      if (contender.standing === "holding") endPermit(state, contender, "released");
      else leaveLine(state, contender);
      followUp(state, now);
      return "cancelled";
    },

    async extend(permit, leaseMs) {
      const now = enter(state);
      const holder = holderOf(state, permit, now);
      if (!holder) return "lost";
      setEnd(state, holder, now + leaseMs);
      followUp(state, now);
      return "extended";
    },

    async release(permit) {
      const now = enter(state);
      const holder = holderOf(state, permit, now);
      if (!holder) return "lost";
      endPermit(state, holder, "released");
      followUp(state, now);
      return "released";
    },
  };
}

function acquire(state: MemoryState, request: AcquireRequest, now: EpochMs): AcquireReply {
  const { lock, capacity, waiter: id, label, leaseMs, waiterTtlMs } = request;
  const busy = isBusy(state, lock, capacity, now);
  let contender = state.locks.get(lock)?.processes.get(id);
  if (!contender) {
    if (busy && waiterTtlMs === null) return { outcome: "busy", now };
    contender = lineUpProcess(state, { lock, capacity, id, label, grantMs: waiterTtlMs ?? leaseMs }, now);
  }
  if (contender.standing === "holding") {
    setEnd(state, contender, now + leaseMs);
    followUp(state, now);
    const { token, fence } = contender;
    return { outcome: "granted", permit: { lock, token, fence: fence ?? 0 }, now };
  }
  if (waiterTtlMs !== null) contender.until = now + waiterTtlMs;
  return { outcome: "waiting", nextLookAt: contender.lock.wakeAt, now };
}

/** Drops at most `limit` permits of processes that ended and that nobody waits for. */
export function sweepPermits(state: MemoryState, limit: number, now: EpochMs): number {
  let dropped = 0;
  for (const lock of state.locks.values()) {
    if (dropped >= limit) break;
    const before = lock.holders.size + lock.line.size;
    handOver(state, lock, now);
    dropped += before - lock.holders.size - lock.line.size;
  }
  return dropped;
}
