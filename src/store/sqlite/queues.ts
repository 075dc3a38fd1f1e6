import { type QueueCounts, type Queues, withFailed, withPauses } from "../contracts/queues.js";
import { pausedQueues, pauseQueue, resumeQueue } from "../rules/pause.js";
import { purge } from "../rules/revoke.js";
import { type Connection, STEP_LIMIT } from "./connection.js";
import { browse, oldestReady, peek, revokedIds } from "./browse.js";
import { countFailed } from "./failed-table.js";
import { COUNTED } from "./message-table.js";
import { BLOCKED, DEAD, LEASED, READY, SCHEDULED } from "./schema.js";
import type { Step } from "./step.js";

export function sqliteQueues(connection: Connection): Queues {
  return {
    counts: ({ withAges = false } = {}) => connection.read((step) => counts(step, withAges)),

    async purge(queues) {
      let dropped = 0;
      for (const queue of new Set(queues)) {
        for (let found = STEP_LIMIT; found === STEP_LIMIT; dropped += found) {
          found = await connection.write((step) => purge(step, queue, STEP_LIMIT));
        }
      }
      return dropped;
    },

    pause: (queue, pause) => connection.write((step) => pauseQueue(step, queue, pause)),

    resume: (queue) => connection.write((step) => resumeQueue(step, queue)),

    paused: () => connection.read(pausedQueues),

    browse: (query) => connection.read((step) => browse(step, query)),

    peek: (id) => connection.read((step) => peek(step, id)),

    revoked: (page) => connection.read((step) => revokedIds(step, page)),
  };
}

/** What each count looks for, and in which index. */
const COUNTS = {
  ready: ["message_ready", `state = ${READY}`],
  scheduled: ["message_scheduled", `state = ${SCHEDULED}`],
  leased: ["message_leased", `state = ${LEASED}`],
  dead: ["message_dead_queue", `state = ${DEAD}`],
  blocked: ["message_blocked", `state = ${BLOCKED} AND ${COUNTED}`],
} as const;

/** Each counts in an index alone, bodies are not read. */
function counts(step: Step, withAges: boolean): QueueCounts[] {
  const found = new Map<string, Omit<QueueCounts, "queue">>();
  for (const name of Object.keys(COUNTS) as (keyof typeof COUNTS)[]) {
    const [index, where] = COUNTS[name];
    const rows = step.all<{ queue: string; count: number }>(
      `SELECT queue, count(*) AS count FROM message INDEXED BY ${index} WHERE ${where} GROUP BY queue`,
    );
    for (const { queue, count } of rows) {
      const counted = found.get(queue) ?? { ready: 0, scheduled: 0, leased: 0, dead: 0 };
      found.set(queue, { ...counted, [name]: count });
    }
  }
  const failed = new Map(countFailed(step).map(({ queue, count }) => [queue, count]));
  return withPauses(
    withFailed(
      [...found].map(([queue, counted]) => {
        const oldestReadyAt = withAges && counted.ready > 0 ? oldestReady(step, queue) : null;
        return { queue, ...counted, ...(oldestReadyAt !== null && { oldestReadyAt }) };
      }),
      failed,
    ),
    pausedQueues(step),
  );
}
