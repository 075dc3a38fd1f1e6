import { type DeadLetter, type DeadLetters, FAILED } from "../contracts/dead-letters.js";
import type { Store } from "../contracts/store.js";
import { deleteDead, redrive } from "../rules/messages.js";
import { redriveFailed } from "../rules/redrive-failed.js";
import { newMessageOf } from "./failed-records.js";
import type { FailedLetter } from "./failed-letters.js";
import type { MemoryRecords } from "./records.js";
import type { Message } from "./state.js";

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
    async list({ limit, queue, task, reason, failed: areFailed = false, after }) {
      const { state } = records.enter();
      const kept = areFailed ? [...state.failed.values()].map(ofFailed) : [...state.dead].map(ofDead);
      const found = kept
        .filter(({ number, letter }) => {
          return (
            (after === undefined || number < Number(after)) &&
            (queue === undefined || letter.queue === queue) &&
            (task === undefined || letter.task === task) &&
            (reason === undefined || letter.reason === reason)
          );
        })
        .reverse();
      const page = found.slice(0, limit);
      return {
        letters: page.map(({ letter }) => letter),
        next: found.length > limit ? String(page.at(-1)!.number) : null,
      };
    },

    async get(ids) {
      const { state } = records.enter();
      return ids.map((id) => {
        const message = state.messages.get(id);
        if (message?.state === "dead") return ofDead(message).letter;
        const kept = state.failed.get(id);
        return kept ? ofFailed(kept).letter : null;
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

interface Numbered {
  readonly number: number;
  readonly letter: DeadLetter;
}

function ofDead({
  id,
  task,
  queue,
  deadReason: reason,
  deadAt: at,
  deadNumber: number,
  body,
}: Message): Numbered {
  return { number, letter: { id, task, queue, reason, at, body } };
}

function ofFailed({ sent: { id, task, queue, body }, number, at }: FailedLetter): Numbered {
  return { number, letter: { id, task, queue, reason: FAILED, at, body } };
}
