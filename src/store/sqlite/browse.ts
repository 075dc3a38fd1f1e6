/** What an operator sees of messages that have not ended. */
import type { EpochMs } from "../../core/clock.js";
import type {
  BrowsedMessage,
  BrowsePage,
  BrowseQuery,
  MessageState,
  PeekedMessage,
  RevokedId,
  RevokedPage,
} from "../contracts/queues.js";
import { readTurn } from "./lane-table.js";
import { BLOCKED, DEAD, LEASED, READY, SCHEDULED } from "./schema.js";
import { LIMIT, type Transaction } from "./transaction.js";

/** Of each state its code, the index that has it in order, and that order. */
const STATES: Readonly<Record<MessageState, { code: number; index: string; rank: string }>> = {
  ready: { code: READY, index: "message_ready", rank: "-priority" },
  scheduled: { code: SCHEDULED, index: "message_scheduled", rank: "eta" },
  leased: { code: LEASED, index: "message_leased", rank: "lease_until" },
  blocked: { code: BLOCKED, index: "message_blocked", rank: "(0 + 0)" },
  dead: { code: DEAD, index: "message_dead_queue", rank: "(0 + 0)" },
};
const COLUMNS = `seq, id, task, queue, priority, eta, expires, enqueued_at AS enqueuedAt, retries, deliveries,
  max_deliveries AS maxDeliveries, entry`;
/** So that the index can be used. */
const ANY_BLOCKER = "AND blocker IN ('entry', 'lock', 'part', 'rate', 'unique')";
const HIGHEST_PRIORITY = 9;

type Row = Omit<BrowsedMessage, "state"> & { readonly seq: number; readonly rank: number };

export function browse(at: Transaction, query: BrowseQuery): BrowsePage {
  const { state, blocker, queue, task, after, limit } = query;
  const { code, index, rank } = STATES[state];
  const [fromRank = -Number.MAX_VALUE, fromSeq = -1] = (after ?? "").split(" ").filter(Boolean).map(Number);
  const ofQueue = queue === null ? "" : "AND queue = ?";
  const more = `${ofQueue} ${blocker === undefined ? (state === "blocked" ? ANY_BLOCKER : "") : "AND blocker = ?"} ${task === undefined ? "" : "AND task = ?"}`;
  const rows = at.all<Row>(
    `SELECT ${COLUMNS}, ${rank} AS rank FROM message INDEXED BY ${index} WHERE state = ${code} ${more}
       AND (${rank} > ? OR (${rank} = ? AND seq > ?)) ORDER BY ${rank}, seq ${LIMIT}`,
    ...[
      ...(queue === null ? [] : [queue]),
      ...(blocker === undefined ? [] : [blocker]),
      ...(task === undefined ? [] : [task]),
    ],
    ...[fromRank, fromRank, fromSeq, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    messages: page.map((row) => browsed(row, state)),
    next: last && rows.length > limit ? `${last.rank} ${last.seq}` : null,
  };
}

export function peek(at: Transaction, id: string): PeekedMessage | null {
  const row = at.get<Row & { readonly code: number; readonly body: string; readonly lock: string | null }>(
    `SELECT ${COLUMNS}, 0 AS rank, state AS code, body, lock FROM message WHERE id = ?`,
    id,
  );
  if (!row) return null;
  const [state] = Object.entries(STATES).find(([, { code }]) => code === row.code) ?? ["blocked"];
  const lock = row.lock === null ? null : (JSON.parse(row.lock) as { readonly name: string }).name;
  return { ...browsed(row, state as MessageState), body: row.body, lock };
}

/** In the order of the index `revocation_until`. */
export function revokedIds(
  at: Transaction,
  { after, limit }: { readonly after?: string; readonly limit: number },
): RevokedPage {
  const [, from = "0", last = ""] = /^(\d+) (.*)$/s.exec(after ?? "") ?? [];
  const rows = at.all<RevokedId>(
    `SELECT id, until FROM revocation WHERE until > ? AND (until, id) > (?, ?) ORDER BY until, id ${LIMIT}`,
    ...[at.now, Number(from), last, limit + 1],
  );
  const revoked = rows.slice(0, limit);
  const end = revoked.at(-1);
  return { revoked, next: end && rows.length > limit ? `${end.until} ${end.id}` : null };
}

function browsed(row: Row, state: MessageState): BrowsedMessage {
  const { id, task, queue, eta, expires, enqueuedAt, retries, deliveries, maxDeliveries, entry } = row;
  const { priority } = readTurn(row.priority);
  return {
    ...{ id, task, queue, state, priority, eta, expires, enqueuedAt, retries, deliveries },
    ...{ maxDeliveries, entry },
  };
}

/** Since when the oldest of those at the heads of their priorities could be taken. */
export function oldestReady(at: Transaction, queue: string): EpochMs | null {
  let [oldest, below] = [Infinity, HIGHEST_PRIORITY];
  for (;;) {
    const head = at.get<{ priority: number; since: EpochMs }>(
      `SELECT priority, max(enqueued_at, coalesce(eta, 0)) AS since FROM message INDEXED BY message_ready
         WHERE state = ${READY} AND queue = ? AND priority <= ? ORDER BY priority DESC, seq LIMIT 1`,
      ...[queue, below],
    );
    if (!head) return oldest === Infinity ? null : oldest;
    oldest = Math.min(oldest, head.since);
    below = readTurn(head.priority).priority - 1;
  }
}
