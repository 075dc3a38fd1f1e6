/** The moves a message can make: sent, ready, delayed, held, dead, gone. */
import type { EpochMs } from "../../core/clock.js";
import type { EnqueueOutcome, NewMessage, When } from "../broker.js";
import { dropResult, keepOwnResult, keptResult } from "./results.js";
import { DEAD, DELAYED, HELD, NOT_REVOKED, PARKED, READY, TO_DROP } from "./schema.js";
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
  readonly entry: string | null;
  readonly body: string;
}

/** What the moves below need to know of a message that is stored. */
export interface Known {
  readonly seq: number;
  readonly id: string;
  readonly queue: string;
  readonly eta: EpochMs | null;
  readonly entry: string | null;
  readonly resultTtl: number;
}

export const KNOWN = "seq, id, queue, eta, entry, result_ttl AS resultTtl";

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
    entry: message.entry ?? null,
    body: message.body,
  };
}

function instantOf(when: When, now: EpochMs): EpochMs {
  return "at" in when ? when.at : now + when.inMs;
}

function placeFor(eta: EpochMs | null, now: EpochMs): typeof READY | typeof DELAYED {
  return eta !== null && eta > now ? DELAYED : READY;
}

/** Whether a message of this id would be a duplicate. */
export function isKnown(step: Step, id: string): boolean {
  return step.get("SELECT 1 FROM message WHERE id = ?", id) !== undefined || keptResult(step, id) !== null;
}

export function send(step: Step, sent: Sent): EnqueueOutcome {
  if (sent.expires !== null && sent.expires <= step.now) {
    if (isKnown(step, sent.id)) return "duplicate";
    keepOwnResult(step, sent.id, sent.resultTtlMs, "REVOKED", "expired");
    return "expired";
  }
  if (!insert(step, sent, placeFor(sent.eta, step.now))) return "duplicate";
  step.queues.add(sent.queue);
  return "queued";
}

/** Stores a run that its entry holds: known by its id, in no queue. False for a duplicate. */
export function park(step: Step, sent: Sent): boolean {
  return insert(step, sent, PARKED);
}

/** Sends a parked run: it is as old as this step. */
export function unpark(step: Step, id: string): void {
  const message = step.get<Known>(`SELECT ${KNOWN} FROM message WHERE id = ? AND place = ${PARKED}`, id);
  if (!message) return;
  step.run(
    "UPDATE message SET place = ?, seq = ?, enqueued_at = ? WHERE seq = ?",
    ...[placeFor(message.eta, step.now), step.nextSeq(), step.now, message.seq],
  );
  step.queues.add(message.queue);
}

/** False for a duplicate: nothing was stored. */
function insert(step: Step, sent: Sent, place: number): boolean {
  const { id, task, queue, priority, eta, expires, maxDeliveries, resultTtlMs, entry, body } = sent;
  const { now } = step;
  const stored = step.run(
    `INSERT INTO message (seq, id, place, task, queue, priority, eta, expires, max_deliveries, result_ttl, entry,
       enqueued_at, body) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
       WHERE NOT EXISTS (SELECT 1 FROM result WHERE id = ? AND until > ?) ON CONFLICT (id) DO NOTHING`,
    ...[step.nextSeq(), id, place, task, queue, priority, eta, expires, maxDeliveries, resultTtlMs, entry],
    ...[now, body, id, now],
  );
  return stored > 0;
}

/** A delayed message whose eta has come. */
export function promote(step: Step, message: Known): void {
  step.run(`UPDATE message SET place = ${READY} WHERE seq = ?`, message.seq);
}

/** Back from a worker: to the front of its priority, since it keeps its age. */
export function putBack(step: Step, message: Known, uncounted: 0 | 1): void {
  step.run(
    `UPDATE message SET place = ?, token = NULL, lease_until = NULL, deliveries = deliveries - ?,
       revoked = min(revoked, ${TO_DROP}) WHERE seq = ?`,
    ...[placeFor(message.eta, step.now), uncounted, message.seq],
  );
}

/** Back from a worker for another try. */
export function delay(step: Step, message: Known, delayMs: number): void {
  const eta = step.now + delayMs;
  step.run(
    `UPDATE message SET place = ?, seq = ?, eta = ?, token = NULL, lease_until = NULL, deliveries = 0,
       retries = retries + 1, revoked = min(revoked, ${TO_DROP}) WHERE seq = ?`,
    ...[placeFor(eta, step.now), step.nextSeq(), eta, message.seq],
  );
  step.queues.add(message.queue);
}

/** To the dead letters; a run of an entry ends so. */
export function bury(step: Step, message: Known, reason: string): void {
  step.run(
    `UPDATE message SET place = ${DEAD}, seq = ?, token = NULL, lease_until = NULL, dead_at = ?, dead_reason = ?
       WHERE seq = ?`,
    ...[step.nextSeq(), step.now, reason, message.seq],
  );
  endRun(step, message);
}

/** Back from the dead letters, as if just sent. */
export function revive(step: Step, message: Known): void {
  dropResult(step, message.id);
  step.run(
    `UPDATE message SET place = ?, seq = ?, deliveries = 0, retries = 0, revoked = ${NOT_REVOKED},
       enqueued_at = ?, dead_at = NULL, dead_reason = NULL WHERE seq = ?`,
    ...[placeFor(message.eta, step.now), step.nextSeq(), step.now, message.seq],
  );
  step.queues.add(message.queue);
}

/** Gone for good. */
export function end(step: Step, message: Pick<Known, "seq" | "entry">): void {
  step.run("DELETE FROM message WHERE seq = ?", message.seq);
  endRun(step, message);
}

/** Drops a waiting message that must not run. */
export function dropRevoked(step: Step, message: Known, reason: "expired" | "revoked"): void {
  end(step, message);
  keepOwnResult(step, message.id, message.resultTtl, "REVOKED", reason);
}

function endRun(step: Step, message: Pick<Known, "entry">): void {
  if (message.entry !== null) step.ended.add(message.entry);
}

/** Hands a ready message to a worker. */
export function hold(step: Step, seq: number, token: string, worker: string, until: EpochMs): void {
  step.run(
    `UPDATE message SET place = ${HELD}, token = ?, worker = ?, lease_until = ?, deliveries = deliveries + 1
       WHERE seq = ?`,
    ...[token, worker, until, seq],
  );
}
