import type { Queues } from "../contracts/queues.js";
import { followUp } from "./follow-up.js";
import { end } from "./messages.js";
import { dropResult } from "./results.js";
import { enter, type MemoryState } from "./state.js";

export function memoryQueues(state: MemoryState): Queues {
  return {
    async counts() {
      enter(state);
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
      const now = enter(state);
      const wanted = new Set(names);
      // Only this verb looks through all that is scheduled or blocked: an operator's step, not a worker's.
      const waiting = [...wanted].flatMap((name) => state.queues.get(name)?.ready.first(Infinity) ?? []);
      for (const message of state.scheduled.first(Infinity))
        if (wanted.has(message.queue)) waiting.push(message);
      for (const { waiters } of state.locks.values())
        for (const { message } of waiters.first(Infinity))
          if (message && wanted.has(message.queue)) waiting.push(message);
      for (const message of waiting) {
        end(state, message);
        dropResult(state, message.id);
      }
      followUp(state, now);
      return waiting.length;
    },
  };
}
