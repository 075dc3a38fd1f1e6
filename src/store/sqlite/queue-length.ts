/**
 * How many messages wait in queues that have a bound: to count a hundred thousand takes three milliseconds. The numbers are kept by
 * triggers, which are made when the first bound is used: so that older processes keep them, too, and files without bounds have none.
 */
import { COUNTED_BLOCKERS } from "../rules/states.js";
import { BLOCKED, READY, SCHEDULED } from "./schema.js";
import type { Transaction } from "./transaction.js";

const BLOCKERS = COUNTED_BLOCKERS.map((blocker) => `'${blocker}'`).join(", ");

/** Of a row, or of OLD or NEW: 1 where it waits in its queue. */
function waits(row: string): string {
  return `(${row}state IN (${READY}, ${SCHEDULED}) OR (${row}state = ${BLOCKED} AND ${row}blocker IN (${BLOCKERS})))`;
}

const TRIGGERS = [
  `CREATE TRIGGER IF NOT EXISTS queue_length_in AFTER INSERT ON message WHEN ${waits("NEW.")} BEGIN
     UPDATE queue_length SET waiting = waiting + 1 WHERE queue = NEW.queue;
   END`,
  `CREATE TRIGGER IF NOT EXISTS queue_length_out AFTER DELETE ON message WHEN ${waits("OLD.")} BEGIN
     UPDATE queue_length SET waiting = waiting - 1 WHERE queue = OLD.queue;
   END`,
  `CREATE TRIGGER IF NOT EXISTS queue_length_moved AFTER UPDATE OF state, blocker ON message
     WHEN ${waits("NEW.")} IS NOT ${waits("OLD.")} BEGIN
     UPDATE queue_length SET waiting = waiting + iif(${waits("NEW.")}, 1, -1) WHERE queue = NEW.queue;
   END`,
];

/** Each counts in an index alone, bodies are not read. */
const COUNTS = [
  `SELECT count(*) FROM message INDEXED BY message_ready WHERE state = ${READY} AND queue = ?`,
  `SELECT count(*) FROM message INDEXED BY message_scheduled WHERE state = ${SCHEDULED} AND queue = ?`,
  `SELECT count(*) FROM message INDEXED BY message_blocked
     WHERE state = ${BLOCKED} AND blocker IN (${BLOCKERS}) AND queue = ?`,
];

/** How many wait in the queue: counted once, and kept from then on. */
export function queueLength(at: Transaction, queue: string): number {
  const kept = at.get<{ waiting: number }>("SELECT waiting FROM queue_length WHERE queue = ?", queue);
  if (kept) return kept.waiting;
  for (const sql of TRIGGERS) at.run(sql);
  return at.get<{ waiting: number }>(
    `INSERT INTO queue_length (queue, waiting) VALUES (?, ${COUNTS.map((count) => `(${count})`).join(" + ")})
       RETURNING waiting`,
    ...[queue, queue, queue, queue],
  )!.waiting;
}
