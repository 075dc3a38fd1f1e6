import type { DeadLetters } from "../contracts/dead-letters.js";
import { end, redrive } from "./messages.js";
import { enter, type MemoryState, type Message } from "./state.js";

export function memoryDeadLetters(state: MemoryState): DeadLetters {
  return {
    async list({ limit, queue }) {
      enter(state);
      return [...state.dead]
        .filter((message) => queue === undefined || message.queue === queue)
        .reverse()
        .slice(0, limit)
        .map(({ id, task, queue: name, deadReason, deadAt, body }) => {
          return { id, task, queue: name, reason: deadReason, at: deadAt, body };
        });
    },

    async redrive(ids) {
      const now = enter(state);
      return countDead(state, ids, (message) => redrive(state, message, now));
    },

    async delete(ids) {
      enter(state);
      return countDead(state, ids, (message) => end(state, message));
    },
  };
}

function countDead(state: MemoryState, ids: readonly string[], act: (message: Message) => void): number {
  let found = 0;
  for (const id of ids) {
    const message = state.messages.get(id);
    if (message?.state !== "dead") continue;
    act(message);
    found++;
  }
  return found;
}
