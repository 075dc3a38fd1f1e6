import type { EpochMs } from "../../core/clock.js";
import type { AcquireReply, AcquireRequest, LockStore } from "../contracts/locks.js";
import { noteCapacity } from "../rules/capacity.js";
import { followUp } from "./follow-up.js";
import { currentLock, handOver, holderOf, isBusy, requestForProcess } from "./waiters.js";
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
      const lockRequest = currentLock(state, lock, now)?.processes.get(waiter);
      if (!lockRequest) return "unknown";
      if (lockRequest.status === "holding") endPermit(state, lockRequest, "released");
      else leaveLine(state, lockRequest);
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
  let lockRequest = state.locks.get(lock)?.processes.get(id);
  if (!lockRequest) {
    if (busy && waiterTtlMs === null) return { outcome: "busy", now };
    lockRequest = requestForProcess(
      state,
      { lock, capacity, id, label, grantMs: waiterTtlMs ?? leaseMs },
      now,
    );
  }
  if (lockRequest.status === "holding") {
    setEnd(state, lockRequest, now + leaseMs);
    followUp(state, now);
    const { token, fence } = lockRequest;
    return { outcome: "granted", permit: { lock, token, fence: fence ?? 0 }, now };
  }
  if (waiterTtlMs !== null) lockRequest.until = now + waiterTtlMs;
  return { outcome: "waiting", nextLookAt: lockRequest.lock.wakeAt, now };
}

/** Drops at most `limit` permits of processes that ended and that nobody waits for. */
export function sweepPermits(state: MemoryState, limit: number, now: EpochMs): number {
  let dropped = 0;
  for (const lock of state.locks.values()) {
    if (dropped >= limit) break;
    const before = lock.holders.size + lock.waiters.size;
    handOver(state, lock, now);
    dropped += before - lock.holders.size - lock.waiters.size;
  }
  return dropped;
}
