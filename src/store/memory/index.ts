import type { Store, StoreContext } from "../contracts/store.js";
import { memoryChannel } from "./channel.js";
import { memoryConsumer } from "./consumer.js";
import { memoryDeadLetters } from "./dead-letters.js";
import { memoryEntries } from "./entries.js";
import { memoryLeases } from "./leases.js";
import { memoryLedger } from "./ledger.js";
import { memoryLockInspection } from "./lock-inspection.js";
import { memoryLocks, sweepPermits } from "./locks.js";
import { memoryQueues } from "./queues.js";
import { memoryResults, sweepResults } from "./results.js";
import { memorySender, sweepRevocations } from "./sender.js";
import { closedError, enter, newState } from "./state.js";

/**
 * A store that lives in this process and keeps nothing. Every verb is one synchronous step, and `context.clock` is
 * its clock: the reference for what the contracts mean, and the store of tests. Memory follows what is in it.
 */
export function openMemoryStore({ clock, logger }: StoreContext): Store {
  const state = newState(clock, logger);
  return {
    label: "memory:",
    sender: memorySender(state),
    consumer: memoryConsumer(state),
    queues: memoryQueues(state),
    deadLetters: memoryDeadLetters(state),
    results: memoryResults(state),
    entries: memoryEntries(state),
    ledger: memoryLedger(state),
    leases: memoryLeases(state),
    locks: memoryLocks(state),
    lockInspection: memoryLockInspection(state),
    channel: memoryChannel(state),

    async now() {
      return enter(state);
    },

    async sweep(limit) {
      const now = enter(state);
      const results = sweepResults(state, limit, now);
      const revocations = sweepRevocations(state, limit - results, now);
      return results + revocations + sweepPermits(state, limit - results - revocations, now);
    },

    async close() {
      if (state.closed) return;
      state.closed = true;
      state.subscriptions.clear();
      for (const waiters of state.waiters.values())
        for (const waiter of waiters) waiter.settle(closedError());
      for (const queue of state.queues.values()) for (const listener of queue.listeners) listener.close();
    },
  };
}
