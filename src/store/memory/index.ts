import type { Store, StoreContext } from "../contracts/store.js";
import { sweepGraphs } from "../rules/graph-verbs.js";
import { sweepPermits } from "../rules/locks.js";
import { sweepPauses } from "../rules/pause.js";
import { memoryAlerts } from "./alerts.js";
import { memoryAudit } from "./audit.js";
import { memoryCalendars } from "./calendars.js";
import { memoryChannel } from "./channel.js";
import { memoryConsumer } from "./consumer.js";
import { memoryDeadLetters } from "./dead-letters.js";
import { memoryEntries } from "./entries.js";
import { sweepFailed } from "./failed-records.js";
import { memoryGraphs } from "./graphs.js";
import { memoryHistory } from "./history.js";
import { currentLeader, memoryLeases } from "./leases.js";
import { sweepLanes } from "./lane-records.js";
import { memoryLedger } from "./ledger.js";
import { memoryLockInspection } from "./lock-inspection.js";
import { memoryLimits } from "./limits.js";
import { memoryLocks } from "./locks.js";
import { sweepRevocations } from "./revocations.js";
import { memoryPresence } from "./presence.js";
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
  const parts = { sender: memorySender(records), results: memoryResults(records) };
  return {
    label: "memory:",
    ...parts,
    consumer: memoryConsumer(records),
    queues: memoryQueues(records),
    deadLetters: memoryDeadLetters(records, parts),
    entries: memoryEntries(records),
    calendars: memoryCalendars(state),
    graphs: memoryGraphs(records),
    ledger: memoryLedger(state),
    history: memoryHistory(records),
    leases: memoryLeases(state),
    limits: memoryLimits(records),
    locks: memoryLocks(records),
    lockInspection: memoryLockInspection(records),
    alerts: memoryAlerts(state),
    presence: memoryPresence(state),
    audit: memoryAudit(state),
    channel: memoryChannel(state),

    async now() {
      return enter(state);
    },

    async measure() {
      const now = enter(state);
      const lockWaiters = [...state.locks.values()].reduce((sum, { waiters }) => sum + waiters.size, 0);
      return { now, isLed: currentLeader(state, now) !== null, lockWaiters, bytes: null };
    },

    async sweep(limit) {
      records.enter();
      let dropped = sweepResults(state, limit);
      dropped += sweepRevocations(state, limit - dropped);
      dropped += sweepPermits(records, limit - dropped);
      dropped += records.rates.dropFullBuckets(limit - dropped);
      dropped += records.uniques.sweep(limit - dropped);
      dropped += sweepPauses(records, limit - dropped);
      dropped += sweepLanes(state, limit - dropped);
      dropped += sweepFailed(state, limit - dropped);
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
