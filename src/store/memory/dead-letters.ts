import type { DeadLetters } from "../contracts/dead-letters.js";
import { deleteDead, redrive } from "../rules/messages.js";
import type { MemoryRecords } from "./records.js";

export function memoryDeadLetters(records: MemoryRecords): DeadLetters {
  return {
    async list({ limit, queue }) {
      const { state } = records.enter();
      return [...state.dead]
        .filter((message) => queue === undefined || message.queue === queue)
        .reverse()
        .slice(0, limit)
        .map(({ id, task, queue: name, deadReason, deadAt, body }) => {
          return { id, task, queue: name, reason: deadReason, at: deadAt, body };
        });
    },

    async redrive(ids) {
      records.enter();
      return ids.reduce((found, id) => found + redrive(records, id), 0);
    },

    async delete(ids) {
      records.enter();
      return ids.reduce((found, id) => found + deleteDead(records, id), 0);
    },
  };
}
