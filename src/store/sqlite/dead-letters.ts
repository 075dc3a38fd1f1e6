import type { DeadLetter, DeadLetters } from "../contracts/dead-letters.js";
import type { Store } from "../contracts/store.js";
import { deleteDead, redrive } from "../rules/messages.js";
import { redriveFailed } from "../rules/redrive-failed.js";
import { type Connection } from "./connection.js";
import { dropFailed, failedLetters, failedMessage } from "./failed-table.js";
import { DEAD } from "./schema.js";
import type { Step } from "./step.js";
import { LIMIT } from "./transaction.js";

export function sqliteDeadLetters(
  connection: Connection,
  parts: Pick<Store, "sender" | "results">,
): DeadLetters {
  const failed = {
    find: (id: string) => connection.read((step) => failedMessage(step, id)),
    drop: (id: string) => connection.write((step) => dropFailed(step, id) > 0),
  };

  return {
    list: ({ limit, queue, failed: areFailed = false }) =>
      connection.read((step) => {
        if (areFailed) return failedLetters(step, limit, queue);
        const rows =
          queue === undefined
            ? step.all<DeadLetter>(`${DEAD_LETTER} ORDER BY seq DESC ${LIMIT}`, limit)
            : step.all<DeadLetter>(`${DEAD_LETTER} AND queue = ? ORDER BY seq DESC ${LIMIT}`, queue, limit);
        return rows.map((row) => ({ ...row }));
      }),

    failed: (id) => failed.find(id),

    async redrive(ids) {
      const found = await connection.writeEach(ids, redrive);
      let count = 0;
      for (const [index, id] of ids.entries()) {
        if (found[index] === 1 || (await redriveFailed({ ...parts, failed }, id))) count++;
      }
      return count;
    },

    delete: (ids) =>
      countEach(connection, ids, (step, id) => Math.max(dropFailed(step, id), deleteDead(step, id))),
  };
}

const DEAD_LETTER = `SELECT id, task, queue, dead_reason AS reason, dead_at AS at, body
  FROM message WHERE state = ${DEAD}`;

async function countEach(
  connection: Connection,
  ids: readonly string[],
  act: (step: Step, id: string) => number,
): Promise<number> {
  return (await connection.writeEach(ids, act)).reduce((sum, each) => sum + each, 0);
}
