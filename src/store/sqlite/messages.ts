/** The moves a message can make: sent, ready, scheduled, leased, blocked, dead, gone. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLock, NewMessage, When } from "../../tasks/message.js";
import { isExpired } from "./ends.js";
import { forsake } from "./permits.js";
import { dropResult, isKept, type Keeping, keepOwnResult } from "./results.js";
import { BLOCKED, BUFFERED, DEAD, LEASED, NOT_REVOKED, READY, SCHEDULED, TO_DROP } from "./schema.js";
import type { Step } from "./step.js";

/** A message whose instants are absolute. */
export interface Sent {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly priority: number;
  readonly eta: EpochMs | null;
  readonly expires: EpochMs | null;
  readonly maxDeliveries: number;
  readonly resultTtlMs: number;
  readonly idTtlMs: number;
  readonly entry: string | null;
  readonly body: string;
  readonly lock: MessageLock | null;
}

/** What the moves below need to know of a message that is stored. */
export interface Known {
  readonly seq: number;
  readonly id: string;
  readonly queue: string;
  readonly eta: EpochMs | null;
  readonly entry: string | null;
  readonly resultTtl: number;
  /** JSON of a MessageLock. */
  readonly lock: string | null;
}

export const KNOWN = "seq, id, queue, eta, entry, result_ttl AS resultTtl, lock";

/** The message with its instants counted from this step. */
export function fixInstants(message: NewMessage, now: EpochMs): Sent {
  return {
    id: message.id,
    task: message.task,
    queue: message.queue,
    priority: message.priority,
    eta: message.eta ? instantOf(message.eta, now) : null,
    expires: message.expires ? instantOf(message.expires, now) : null,
    maxDeliveries: message.maxDeliveries,
    resultTtlMs: message.resultTtlMs,
    idTtlMs: message.idTtlMs ?? 0,
    entry: message.entry ?? null,
    body: message.body,
    lock: message.lock ?? null,
  };
}

function instantOf(when: When, now: EpochMs): EpochMs {
  return "at" in when ? when.at : now + when.inMs;
}

export function stateFor(eta: EpochMs | null, now: EpochMs): typeof READY | typeof SCHEDULED {
  return eta !== null && eta > now ? SCHEDULED : READY;
}

/** Whether a message of this id would be a duplicate. */
export function isKnown(step: Step, id: string): boolean {
  return step.get("SELECT 1 FROM message WHERE id = ?", id) !== undefined || isKept(step, id);
}

/** Stores a run that its entry holds: known by its id, in no queue. False for a duplicate. */
export function keep(step: Step, sent: Sent): boolean {
  return insert(step, sent, BUFFERED);
}

/**
 * Sends a run that was kept, unless it has expired or has got a result meanwhile: it is as old as this step. Whether it is
 * ready now.
 */
export function sendBuffered(step: Step, id: string): boolean {
  const message = step.get<Known & { readonly expires: EpochMs | null }>(
    `SELECT ${KNOWN}, expires FROM message WHERE id = ? AND place = ${BUFFERED}`,
    id,
  );
  if (!message) return false;
  if (isKept(step, id)) {
    end(step, message);
    return false;
  }
  if (isExpired(message, step.now)) {
    dropRevoked(step, message, "expired");
    return false;
  }
  const state = stateFor(message.eta, step.now);
  step.run(
    "UPDATE message SET place = ?, seq = ?, enqueued_at = ? WHERE seq = ?",
    ...[state, step.nextSeq(), step.now, message.seq],
  );
  step.queues.add(message.queue);
  return state === READY;
}

/** Out of its queue or its worker's hands: it stands in the line of its lock. */
export function block(step: Step, id: string, uncounted: 0 | 1): void {
  step.movesMessages = true;
  step.run(
    `UPDATE message SET place = ${BLOCKED}, token = NULL, lease_until = NULL, deliveries = deliveries - ?,
       revoked = min(revoked, ${TO_DROP}) WHERE id = ?`,
    ...[uncounted, id],
  );
}

/**
 * Back into its queue, with a permit: among the first, since it keeps its age. Its eta may lie ahead of a clock that went
 * back.
 */
export function unblock(step: Step, id: string): void {
  const woken = step.get<{ queue: string }>(
    `UPDATE message SET place = CASE WHEN eta > ? THEN ${SCHEDULED} ELSE ${READY} END
       WHERE id = ? AND place = ${BLOCKED} RETURNING queue`,
    ...[step.now, id],
  );
  if (woken) step.queues.add(woken.queue);
}

/** False for a duplicate: nothing was stored. */
export function insert(step: Step, sent: Sent, state: number): boolean {
  step.movesMessages = true;
  const { id, task, queue, priority, eta, expires, maxDeliveries, resultTtlMs, idTtlMs, entry, body, lock } =
    sent;
  const { now } = step;
  const stored = step.run(
    `INSERT INTO message (seq, id, place, task, queue, priority, eta, expires, max_deliveries, result_ttl, entry,
       enqueued_at, body, lock, id_ttl) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
       WHERE NOT EXISTS (SELECT 1 FROM result WHERE id = ? AND until > ?) ON CONFLICT (id) DO NOTHING`,
    ...[step.nextSeq(), id, state, task, queue, priority, eta, expires, maxDeliveries, resultTtlMs, entry],
    ...[now, body, lock && JSON.stringify(lock), idTtlMs, id, now],
  );
  return stored > 0;
}

/** A scheduled message whose eta has come. */
export function promote(step: Step, message: Known): void {
  step.run(`UPDATE message SET place = ${READY} WHERE seq = ?`, message.seq);
}

/** Back from a worker: to the front of its priority, since it keeps its age. */
export function putBack(step: Step, message: Known, uncounted: 0 | 1): void {
  step.movesMessages = true;
  step.run(
    `UPDATE message SET place = ?, token = NULL, lease_until = NULL, deliveries = deliveries - ?,
       revoked = min(revoked, ${TO_DROP}) WHERE seq = ?`,
    ...[stateFor(message.eta, step.now), uncounted, message.seq],
  );
}

/** Back from a worker for another try. */
export function retry(step: Step, message: Known, delayMs: number): void {
  delay(step, message, delayMs, "deliveries = 0, retries = retries + 1");
}

/** Back from a worker for later, as if it had not been delivered. */
export function defer(step: Step, message: Known, delayMs: number): void {
  delay(step, message, delayMs, "deliveries = deliveries - 1");
}

function delay(step: Step, message: Known, delayMs: number, counts: string): void {
  step.movesMessages = true;
  const eta = step.now + delayMs;
  step.run(
    `UPDATE message SET place = ?, seq = ?, eta = ?, token = NULL, lease_until = NULL, ${counts},
       revoked = min(revoked, ${TO_DROP}) WHERE seq = ?`,
    ...[stateFor(eta, step.now), step.nextSeq(), eta, message.seq],
  );
  forsake(step, message);
  step.queues.add(message.queue);
}

/** To the dead letters; a run of an entry ends so. */
export function deadLetter(step: Step, message: Known, reason: string): void {
  step.run(
    `UPDATE message SET place = ${DEAD}, seq = ?, token = NULL, lease_until = NULL, dead_at = ?, dead_reason = ?
       WHERE seq = ?`,
    ...[step.nextSeq(), step.now, reason, message.seq],
  );
  forsake(step, message);
  endRun(step, message);
}

/** Back from the dead letters, as if just sent. */
export function redrive(step: Step, message: Known): void {
  step.movesMessages = true;
  dropResult(step, message.id);
  step.run(
    `UPDATE message SET place = ?, seq = ?, deliveries = 0, retries = 0, revoked = ${NOT_REVOKED},
       enqueued_at = ?, dead_at = NULL, dead_reason = NULL WHERE seq = ?`,
    ...[stateFor(message.eta, step.now), step.nextSeq(), step.now, message.seq],
  );
  step.queues.add(message.queue);
}

/** Gone for good. */
export function end(step: Step, message: Pick<Known, "seq" | "id" | "entry" | "lock">): void {
  step.run("DELETE FROM message WHERE seq = ?", message.seq);
  forsake(step, message);
  endRun(step, message);
}

/** Drops a waiting message that must not run. */
export function dropRevoked(step: Step, message: Known, reason: "expired" | "revoked"): void {
  const kept = keepingOf(step, message);
  end(step, message);
  keepOwnResult(step, kept, "REVOKED", reason);
}

/** What `keepOwnResult` needs of a message that is still there. Most messages keep a result, and few ids are asked for. */
export function keepingOf(
  step: Step,
  { seq, id, resultTtl }: Pick<Known, "seq" | "id" | "resultTtl">,
): Keeping {
  if (resultTtl > 0) return { id, resultTtl, idTtl: 0 };
  const idTtl = step.get<{ idTtl: number }>("SELECT id_ttl AS idTtl FROM message WHERE seq = ?", seq)?.idTtl;
  return { id, resultTtl, idTtl: idTtl ?? 0 };
}

function endRun(step: Step, message: Pick<Known, "entry">): void {
  if (message.entry !== null) step.ended.add(message.entry);
}

/** Hands a ready message to a worker. */
export function hold(step: Step, seq: number, token: string, worker: string, until: EpochMs): void {
  step.run(
    `UPDATE message SET place = ${LEASED}, token = ?, worker = ?, lease_until = ?, deliveries = deliveries + 1
       WHERE seq = ?`,
    ...[token, worker, until, seq],
  );
}
