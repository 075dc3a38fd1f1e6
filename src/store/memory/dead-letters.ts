import { type DeadLetters, FAILED } from "../contracts/dead-letters.js";
import type { Store } from "../contracts/store.js";
import { deleteDead, redrive } from "../rules/messages.js";
import { redriveFailed } from "../rules/redrive-failed.js";
import { newMessageOf } from "./failed-records.js";
import type { MemoryRecords } from "./records.js";

export function memoryDeadLetters(
  records: MemoryRecords,
  parts: Pick<Store, "sender" | "results">,
): DeadLetters {
  const failed = {
    async find(id: string) {
      const letter = records.enter().state.failed.get(id);
      return letter ? newMessageOf(letter.sent) : null;
    },
    async drop(id: string) {
      return records.enter().state.failed.delete(id);
    },
  };

  return {
    async list({ limit, queue, failed: areFailed = false }) {
      const { state } = records.enter();
      const isMeant = (name: string): boolean => queue === undefined || name === queue;
      if (areFailed) {
        return [...state.failed.values()]
          .filter(({ sent }) => isMeant(sent.queue))
          .reverse()
          .slice(0, limit)
          .map(({ sent: { id, task, queue: name, body }, at }) => {
            return { id, task, queue: name, reason: FAILED, at, body };
          });
      }
      return [...state.dead]
        .filter((message) => isMeant(message.queue))
        .reverse()
        .slice(0, limit)
        .map(({ id, task, queue: name, deadReason, deadAt, body }) => {
          return { id, task, queue: name, reason: deadReason, at: deadAt, body };
        });
    },

    failed: (id) => failed.find(id),

    async redrive(ids) {
      let found = 0;
      for (const id of ids) {
        if (redrive(records.enter(), id) > 0 || (await redriveFailed({ ...parts, failed }, id))) found++;
      }
      return found;
    },

    async delete(ids) {
      records.enter();
      return ids.reduce((found, id) => {
        const dropped = records.state.failed.delete(id) ? 1 : 0;
        return found + Math.max(dropped, deleteDead(records, id));
      }, 0);
    },
  };
}
