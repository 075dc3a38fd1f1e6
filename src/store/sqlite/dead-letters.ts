import {
  type DeadLetter,
  type DeadLetterPage,
  type DeadLetterQuery,
  type DeadLetters,
  MOST_LOOKED,
} from "../contracts/dead-letters.js";
import type { Store } from "../contracts/store.js";
import { deleteDead, redrive } from "../rules/messages.js";
import { redriveFailed } from "../rules/redrive-failed.js";
import { type Connection } from "./connection.js";
import { dropFailed, failedLetter, failedLetters, failedMessage } from "./failed-table.js";
import { letterOf, letterPage, type LetterRow } from "./letter-page.js";
import { DEAD } from "./schema.js";
import type { Step } from "./step.js";
import { LIMIT, type Transaction } from "./transaction.js";

export function sqliteDeadLetters(
  connection: Connection,
  parts: Pick<Store, "sender" | "results">,
): DeadLetters {
  const failed = {
    find: (id: string) => connection.read((step) => failedMessage(step, id)),
    drop: (id: string) => connection.write((step) => dropFailed(step, id) > 0),
  };

  return {
    list: (query) =>
      connection.read((step) => (query.failed ? failedLetters(step, query) : deadLetters(step, query))),

    get: (ids) => connection.read((step) => ids.map((id) => deadLetter(step, id) ?? failedLetter(step, id))),

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

const DEAD_LETTER = `SELECT seq, id, task, queue, dead_reason AS reason, dead_at AS at, body
  FROM message WHERE state = ${DEAD}`;

function deadLetters(at: Transaction, query: DeadLetterQuery): DeadLetterPage {
  const { queue, task, reason, after, limit } = query;
  const before = after === undefined ? Number.MAX_SAFE_INTEGER : Number(after);
  const ofQueue = queue === undefined ? "" : "AND queue = ?";
  const looked = Math.max(MOST_LOOKED, limit + 1);
  const index = queue === undefined ? "message_dead" : "message_dead_queue";
  const last = at.get<{ seq: number }>(
    `SELECT seq FROM message INDEXED BY ${index} WHERE state = ${DEAD} ${ofQueue} AND seq < ?
       ORDER BY seq DESC LIMIT 1 OFFSET ? + 0`,
    ...[...(queue === undefined ? [] : [queue]), before, looked - 1],
  );
  const rows = at.all<LetterRow>(
    `${DEAD_LETTER} ${ofQueue} AND seq < ? AND seq >= ? ${task === undefined ? "" : "AND task = ?"}
       ${reason === undefined ? "" : "AND dead_reason = ?"} ORDER BY seq DESC ${LIMIT}`,
    ...[...(queue === undefined ? [] : [queue]), before, last?.seq ?? 0],
    ...[...(task === undefined ? [] : [task]), ...(reason === undefined ? [] : [reason]), limit + 1],
  );
  return letterPage(rows, limit, last?.seq ?? null);
}

function deadLetter(at: Transaction, id: string): DeadLetter | null {
  const row = at.get<LetterRow>(`${DEAD_LETTER} AND id = ?`, id);
  return row ? letterOf(row) : null;
}

async function countEach(
  connection: Connection,
  ids: readonly string[],
  act: (step: Step, id: string) => number,
): Promise<number> {
  return (await connection.writeEach(ids, act)).reduce((sum, each) => sum + each, 0);
}
