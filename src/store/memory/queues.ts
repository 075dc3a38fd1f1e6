import type { Queues } from "../contracts/queues.js";
import { purge } from "../rules/revoke.js";
import type { MemoryRecords } from "./records.js";

export function memoryQueues(records: MemoryRecords): Queues {
  return {
    async counts() {
      const { state } = records.enter();
      return [...state.queues.values()]
        .filter(
          ({ ready, scheduled, leased, blocked, dead }) =>
            ready.size + scheduled + leased + blocked + dead > 0,
        )
        .map(({ name, ready, scheduled, leased, blocked, dead }) => ({
          queue: name,
          ready: ready.size,
          scheduled,
          leased,
          dead,
          ...(blocked > 0 && { blocked }),
        }))
        .sort((a, b) => (a.queue < b.queue ? -1 : 1));
    },

    async purge(names) {
      records.enter();
      return [...new Set(names)].reduce((dropped, name) => dropped + purge(records, name, Infinity), 0);
    },
  };
}
