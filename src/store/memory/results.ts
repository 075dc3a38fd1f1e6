import type { Timer } from "../../core/clock.js";
import type { Results, StoredResult } from "../contracts/results.js";
import { putResult, told, updateResult } from "../rules/results.js";
import type { MemoryRecords } from "./records.js";
import type { ResultWaiter } from "./state.js";

/** Who waits for an instant of the wall clock looks at it so often: it may be set while a timer runs. */
const LONGEST_SLEEP_MS = 5_000;

/** Waits for a final record; null when the signal aborts. */
function awaitEnd(records: MemoryRecords, id: string, signal: AbortSignal): Promise<StoredResult | null> {
  const { state } = records;
  return new Promise((resolve, reject) => {
    const waiters = state.waiters.get(id) ?? new Set();
    state.waiters.set(id, waiters);
    let alarm: Timer | null = null;
    const end = (): void => {
      alarm?.cancel();
      waiters.delete(waiter);
      if (waiters.size === 0) state.waiters.delete(id);
      signal.removeEventListener("abort", abort);
    };
    const waiter: ResultWaiter = {
      settle(outcome) {
        end();
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      },
      look() {
        alarm?.cancel();
        const { isOver, record, expires, now } = told(records, id);
        if (isOver) return waiter.settle(record);
        if (expires !== null) alarm = state.clock.after(Math.min(expires - now, LONGEST_SLEEP_MS), lookAnew);
      },
    };
    const lookAnew = (): void => {
      records.enter();
      waiter.look();
    };
    const abort = (): void => {
      end();
      resolve(null);
    };
    waiters.add(waiter);
    signal.addEventListener("abort", abort, { once: true });
    waiter.look();
  });
}

export function memoryResults(records: MemoryRecords): Results {
  return {
    async get(ids) {
      records.enter();
      return ids.map((id) => told(records, id).record);
    },

    async wait(id, signal) {
      const { isOver, record } = told(records.enter(), id);
      if (isOver) return record;
      return signal.aborted ? null : awaitEnd(records, id, signal);
    },

    async update(ref, record, ttlMs) {
      return updateResult(records.enter(), ref, record, ttlMs);
    },

    async put(id, record, ttlMs) {
      putResult(records.enter(), id, record, ttlMs);
    },

    async forget(ids) {
      records.enter();
      for (const id of ids) records.results.drop(id);
    },
  };
}
