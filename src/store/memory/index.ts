import type { Store, StoreContext } from "../contracts/store.js";
import { sweepGraphs } from "../rules/graph-verbs.js";
import { sweepPermits } from "../rules/locks.js";
import { memoryChannel } from "./channel.js";
import { memoryConsumer } from "./consumer.js";
import { memoryDeadLetters } from "./dead-letters.js";
import { memoryEntries } from "./entries.js";
import { memoryGraphs } from "./graphs.js";
import { memoryLeases } from "./leases.js";
import { memoryLedger } from "./ledger.js";
import { memoryLockInspection } from "./lock-inspection.js";
import { memoryLocks } from "./locks.js";
import { sweepRevocations } from "./revocations.js";
import { memoryQueues } from "./queues.js";
import { MemoryRecords } from "./records.js";
import { sweepResults } from "./result-records.js";
import { memoryResults } from "./results.js";
import { memorySender } from "./sender.js";
import { closedError, enter, newState } from "./state.js";

/**
 * A store that lives in this process and keeps nothing. Every verb is one synchronous step, and `context.clock` is
 * its clock: the reference for what the contracts mean, and the store of tests. Memory follows what is in it.
 */
export function openMemoryStore({ clock, logger }: StoreContext): Store {
  const state = newState(clock, logger);
  const records = new MemoryRecords(state);
  return {
    label: "memory:",
    sender: memorySender(records),
    consumer: memoryConsumer(records),
    queues: memoryQueues(records),
    deadLetters: memoryDeadLetters(records),
    results: memoryResults(records),
    entries: memoryEntries(records),
    graphs: memoryGraphs(records),
    ledger: memoryLedger(state),
    leases: memoryLeases(state),
    locks: memoryLocks(records),
    lockInspection: memoryLockInspection(records),
    channel: memoryChannel(state),

    async now() {
      return enter(state);
    },

    async sweep(limit) {
      records.enter();
      let dropped = sweepResults(state, limit);
      dropped += sweepRevocations(state, limit - dropped);
      dropped += sweepPermits(records, limit - dropped);
      return dropped + sweepGraphs(records, limit - dropped);
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
