import type { DeadLetter, DeadLetters } from "../contracts/dead-letters.js";
import { type Connection } from "./connection.js";
import { end, KNOWN, type Known, redrive } from "./messages.js";
import { DEAD } from "./schema.js";
import { LIMIT, type Step } from "./step.js";

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

    redrive: (ids) => eachDead(connection, ids, redrive),

    delete: (ids) => eachDead(connection, ids, end),
  };
}

const DEAD_LETTER = `SELECT id, task, queue, dead_reason AS reason, dead_at AS at, body
  FROM message WHERE place = ${DEAD}`;

async function eachDead(
  connection: Connection,
  ids: readonly string[],
  act: (step: Step, message: Known) => void,
): Promise<number> {
  const found = await connection.writeEach(ids, (step, id): number => {
    const message = step.get<Known>(`SELECT ${KNOWN} FROM message WHERE id = ? AND place = ${DEAD}`, id);
    if (!message) return 0;
    act(step, message);
    return 1;
  });
  return found.reduce((sum, each) => sum + each, 0);
}
