import type { LockStore } from "../contracts/locks.js";
import { noteCapacity } from "../rules/capacity.js";
import { acquire, cancel, extendPermit, returnPermit } from "../rules/locks.js";
import type { MemoryRecords } from "./records.js";

export function memoryLocks(records: MemoryRecords): LockStore {
  return {
    async acquire(request) {
      const { lock, capacity } = request;
      records.enter();
      noteCapacity(records.state.logger, lock, records.locks.capacity(lock), capacity);
      return acquire(records, request);
    },

    async cancel(lock, waiter) {
      return cancel(records.enter(), lock, waiter);
    },

    async extend(permit, leaseMs) {
      return extendPermit(records.enter(), permit, leaseMs);
    },

    async release(permit) {
      return returnPermit(records.enter(), permit);
    },
  };
}
