import type { DeadLetter, DeadLetters } from "../contracts/dead-letters.js";
import { deleteDead, redrive } from "../rules/messages.js";
import { type Connection } from "./connection.js";
import { DEAD } from "./schema.js";
import type { Step } from "./step.js";
import { LIMIT } from "./transaction.js";

export function sqliteDeadLetters(connection: Connection): DeadLetters {
  return {
    list: ({ limit, queue }) =>
      connection.read((step) => {
        const rows =
          queue === undefined
            ? step.all<DeadLetter>(`${DEAD_LETTER} ORDER BY seq DESC ${LIMIT}`, limit)
            : step.all<DeadLetter>(`${DEAD_LETTER} AND queue = ? ORDER BY seq DESC ${LIMIT}`, queue, limit);
        return rows.map((row) => ({ ...row }));
      }),

    redrive: (ids) => countEach(connection, ids, redrive),

    delete: (ids) => countEach(connection, ids, deleteDead),
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
