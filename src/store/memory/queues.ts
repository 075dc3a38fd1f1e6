import type { EpochMs } from "../../core/clock.js";
import {
  type BrowsedMessage,
  type MessageState,
  type Queues,
  withFailed,
  withPauses,
} from "../contracts/queues.js";
import { pausedQueues, pauseQueue, resumeQueue } from "../rules/pause.js";
import { purge } from "../rules/revoke.js";
import type { MemoryRecords } from "./records.js";
import { revokedIds } from "./revocations.js";
import type { Message } from "./state.js";

export function memoryQueues(records: MemoryRecords): Queues {
  return {
    async counts({ withAges = false } = {}) {
      const { state } = records.enter();
      const oldest = withAges ? oldestReady(state.messages.values()) : null;
      const counts = [...state.queues.values()]
        .filter(
          ({ ready, scheduled, leased, blocked, dead }) =>
            ready.size + scheduled + leased + blocked + dead > 0,
        )
        .map(({ name, ready, scheduled, leased, blocked, dead }) => {
          const oldestReadyAt = oldest?.get(name);
          return {
            queue: name,
            ready: ready.size,
            scheduled,
            leased,
            dead,
            ...(blocked > 0 && { blocked }),
            ...(oldestReadyAt !== undefined && { oldestReadyAt }),
          };
        });
      return withPauses(withFailed(counts, state.failed.counts), pausedQueues(records));
    },

    async purge(names) {
      records.enter();
      return [...new Set(names)].reduce((dropped, name) => dropped + purge(records, name, Infinity), 0);
    },

    async pause(queue, pause) {
      return pauseQueue(records.enter(), queue, pause);
    },

    async resume(queue) {
      return resumeQueue(records.enter(), queue);
    },

    async paused() {
      return pausedQueues(records.enter()).sort((a, b) => (a.queue < b.queue ? -1 : 1));
    },

    async browse({ state, blocker, queue, task, after, limit }) {
      const found = [...records.enter().state.messages.values()]
        .filter(
          (one) =>
            one.queue === (queue ?? one.queue) && one.state === state && one.task === (task ?? one.task),
        )
        .filter((one) => blocker === undefined || one.blocker === blocker)
        .sort((one, other) => rankIn(state, one) - rankIn(state, other) || one.sequence - other.sequence);
      const [rank = -Infinity, sequence = -1] = (after ?? "").split(" ").filter(Boolean).map(Number);
      const rest = found.filter((one) => {
        const own = rankIn(state, one);
        return own > rank || (own === rank && one.sequence > sequence);
      });
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      const next = last && rest.length > limit ? `${rankIn(state, last)} ${last.sequence}` : null;
      return { messages: page.map(browsed), next };
    },

    async peek(id) {
      const found = records.enter().state.messages.get(id);
      return found ? { ...browsed(found), body: found.body, lock: found.lock?.name ?? null } : null;
    },

    async revoked(page) {
      return revokedIds(records.enter().state, page);
    },
  };
}

/** Of all that are ready: when the first could be taken, by queue. */
function oldestReady(messages: Iterable<Message>): ReadonlyMap<string, EpochMs> {
  const found = new Map<string, EpochMs>();
  for (const { queue, state, enqueuedAt, eta } of messages) {
    if (state !== "ready") continue;
    found.set(queue, Math.min(found.get(queue) ?? Infinity, Math.max(enqueuedAt, eta ?? 0)));
  }
  return found;
}

function rankIn(state: MessageState, { priority, eta, until }: Message): number {
  if (state === "ready") return -priority;
  if (state === "scheduled") return eta ?? 0;
  return state === "leased" ? until : 0;
}

function browsed(message: Message): BrowsedMessage {
  const { id, task, queue, state, priority, eta, expires, enqueuedAt } = message;
  const { retries, deliveries, maxDeliveries, entry } = message;
  return {
    ...{ id, task, queue, state, priority, eta, expires, enqueuedAt, retries, deliveries },
    ...{ maxDeliveries, entry },
  };
}
