/** Taking messages: by priority, then by age, and among queues of equal standing in turn. */
import type { EpochMs } from "../../core/clock.js";
import type { ClaimReply, ClaimRequest } from "../contracts/consumer.js";
import type { Delivery } from "../contracts/delivery.js";
import { endOfWaiting, type Perishable } from "./ends.js";
import { followUp } from "./follow-up.js";
import { type Housekeeping, keepHouse, nextHousekeeping } from "./housekeeping.js";
import { dropRevoked, hold, type Known } from "./messages.js";
import { lockOfMessage, usePermit } from "./permits.js";
import { READY } from "./schema.js";
import { LIMIT, type Step } from "./step.js";

/** Housekeeping of one claim moves, drops or releases at most so many of each kind, or `max` if that is more. */
const HOUSEKEEPING_BOUND = 1_000;

/** What one process remembers between its claims. */
export interface Claimant {
  /** A token nobody else gives. */
  token(): string;
  /** When a queue was last taken from, counted in messages: the one that waited longest goes first. */
  readonly turns: Map<string, number>;
  turn: number;
}

interface ReadyRow extends Known, Omit<Perishable, "place"> {
  readonly task: string;
  readonly priority: number;
  readonly maxDeliveries: number;
  readonly body: string;
  readonly retries: number;
  readonly deliveries: number;
  readonly enqueuedAt: EpochMs;
  readonly idTtl: number;
}

const FOREMOST = `SELECT seq, id, task, queue, priority, eta, expires, max_deliveries AS maxDeliveries,
  result_ttl AS resultTtl, id_ttl AS idTtl, entry, body, retries, deliveries, enqueued_at AS enqueuedAt, revoked, lock
  FROM message WHERE place = ${READY} AND queue = ? ORDER BY priority DESC, seq ${LIMIT}`;

const NOTHING: Housekeeping = { refilled: new Set(), deadLettered: [] };

export function claim(step: Step, request: ClaimRequest, claimant: Claimant): ClaimReply {
  const { now } = step;
  const bound = Math.max(HOUSEKEEPING_BOUND, request.max);
  const wakeAt = nextHousekeeping(step);
  const { refilled, deadLettered } = wakeAt !== null && wakeAt <= now ? keepHouse(step, bound) : NOTHING;
  const lines = new Lines(step, request.queues, claimant);
  const deliveries: Delivery[] = [];
  let drops = 0;
  while (deliveries.length < request.max && drops < bound) {
    const row = lines.next(request.max - deliveries.length);
    if (!row) break;
    const reason = reasonToDrop(step, row);
    if (reason) {
      drops++;
      dropRevoked(step, row, reason);
      followUp(step);
      lines.reread();
    } else {
      const token = claimant.token();
      hold(step, row.seq, token, request.worker, now + request.leaseMs);
      const lock = lockOfMessage(row);
      const permit = lock && { ...lock, fence: usePermit(step, row, now + request.leaseMs) };
      deliveries.push(permit ? { ...delivery(row, token), lock: permit } : delivery(row, token));
    }
  }
  // Other consumers may have been waiting for what housekeeping made ready and this claim left.
  for (const queue of refilled) if (hasReady(step, queue)) step.queues.add(queue);
  const nextWakeAt = drops >= bound ? now : nextHousekeeping(step);
  step.nextWakeAt = nextWakeAt;
  return { deliveries, ...(deadLettered.length > 0 && { deadLettered }), now, nextWakeAt };
}

export function hasReady(step: Step, queue: string): boolean {
  return step.get(`SELECT 1 FROM message WHERE place = ${READY} AND queue = ? LIMIT 1`, queue) !== undefined;
}

/** The foremost messages of several queues, read ahead so that a claim of many is one look per queue. */
class Lines {
  readonly #step: Step;
  readonly #queues: readonly string[];
  readonly #claimant: Claimant;
  /** Rows read and not yet given, foremost last; absent: not read. */
  readonly #rows = new Map<string, ReadyRow[]>();

  constructor(step: Step, queues: readonly string[], claimant: Claimant) {
    this.#step = step;
    this.#queues = queues;
    this.#claimant = claimant;
  }

  /** What was read may no longer be all: a dropped run may have released another. */
  reread(): void {
    this.#rows.clear();
  }

  /** The message to take next; at most `wanted` more will be. Whoever gets one must move it out of the ready ones. */
  next(wanted: number): ReadyRow | undefined {
    let best: { readonly row: ReadyRow; readonly turn: number } | undefined;
    for (const queue of this.#queues) {
      const row = this.#foremost(queue, wanted);
      if (!row) continue;
      const turn = this.#claimant.turns.get(queue) ?? 0;
      const isBetter =
        !best || row.priority > best.row.priority || (row.priority === best.row.priority && turn < best.turn);
      if (isBetter) best = { row, turn };
    }
    if (!best) return undefined;
    const { queue } = best.row;
    this.#rows.get(queue)?.pop();
    this.#claimant.turns.set(queue, ++this.#claimant.turn);
    return best.row;
  }

  #foremost(queue: string, wanted: number): ReadyRow | undefined {
    let rows = this.#rows.get(queue);
    if (!rows) {
      // A single row without the detour over a list.
      const one = wanted === 1 ? this.#step.get<ReadyRow>(FOREMOST, queue, 1) : undefined;
      rows = wanted === 1 ? (one ? [one] : []) : this.#step.all<ReadyRow>(FOREMOST, queue, wanted).reverse();
      this.#rows.set(queue, rows);
    }
    return rows.at(-1);
  }
}

function reasonToDrop(step: Step, row: ReadyRow): "expired" | "revoked" | null {
  return endOfWaiting(row, step.now) ?? (isRevoked(step, row.id) ? "revoked" : null);
}

function isRevoked(step: Step, id: string): boolean {
  return step.get("SELECT 1 FROM revocation WHERE id = ? AND until > ?", id, step.now) !== undefined;
}

/** Field by field: a spread costs as much as reading a column. */
function delivery(row: ReadyRow, token: string): Delivery {
  return {
    id: row.id,
    token,
    task: row.task,
    queue: row.queue,
    priority: row.priority,
    eta: row.eta,
    expires: row.expires,
    maxDeliveries: row.maxDeliveries,
    resultTtlMs: row.resultTtl,
    idTtlMs: row.idTtl,
    entry: row.entry,
    body: row.body,
    retries: row.retries,
    deliveries: row.deliveries + 1,
    enqueuedAt: row.enqueuedAt,
  };
}
