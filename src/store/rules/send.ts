/** Sending, and who gets a unique key. */
import type { MessageLock, MessageUnique } from "../../tasks/message.js";
import type { EnqueueOutcome, NotUnique } from "../contracts/sender.js";
import { endOf, isExpired } from "./ends.js";
import { type Bounds, isFull } from "./full.js";
import { insertWithTurn, keepLane, takesTurns, takeTurn } from "./lanes.js";
import { isKnown } from "./messages.js";
import { releaseTicket } from "./permits.js";
import type { Found, Known, Records, Sent } from "./records.js";
import { recordUnsent } from "./history.js";
import { keepOwnResult } from "./results.js";
import { queuedState } from "./states.js";
import { endUnique, ownedBy } from "./unique.js";
import type { UniqueKey } from "./unique-records.js";
import { requestForMessage } from "./waiters.js";

/**
 * Puts a message into its queue or, when it needs a permit that is not free, has it wait for its lock. Whoever has sent some calls
 * `release` in the same step: one that replaces another may have freed its permit.
 */
export function send(records: Records, sent: Sent, bounds: Bounds | null = null): EnqueueOutcome {
  if (isExpired(sent, records.now)) {
    if (isKnown(records, sent.id)) return "duplicate";
    recordUnsent(records, sent, "expired");
    keepOwnResult(records, sent, "REVOKED", "expired");
    return "expired";
  }
  // What another of its unique key stands for adds nothing to the queue.
  const isKept = sent.unique !== null && records.uniques.find(sent.unique.key) !== null;
  if (bounds && isFull(records, sent.queue, bounds) && !isKept)
    return isKnown(records, sent.id) ? "duplicate" : "full";
  if (sent.unique !== null) return sendUnique(records, sent, sent.unique);
  return sendNow(records, sent) ? "queued" : "duplicate";
}

/** False: it is known. */
function sendNow(records: Records, sent: Sent): boolean {
  const state = queuedState(sent.eta, records.now);
  const message =
    state === "ready" && takesTurns(records, sent)
      ? insertWithTurn(records, sent)
      : records.messages.insertUnlessKnown(sent, state, null);
  if (!message) return false;
  keepLane(records, sent);
  if (sent.lock === null || state !== "ready" || takeLock(records, message, sent.task, sent.lock)) {
    records.notify(sent.queue);
  }
  return true;
}

function sendUnique(records: Records, sent: Sent, unique: MessageUnique): "queued" | "duplicate" | NotUnique {
  const { messages, uniques, now } = records;
  if (isKnown(records, sent.id)) return "duplicate";
  const record = keptKey(records, unique.key);
  if (record && unique.onConflict === "join") return { joined: record.owner };
  if (record && unique.onConflict === "refuse") return { refused: record.owner };
  // Of a timed key the owner has begun: nothing tells when it ends, and this one need not wait for it.
  const taken = record && uniques.ofMessage(record.owner) ? record : null;
  const standIn = taken && replaceable(records, taken, unique);
  if (standIn) {
    replace(records, standIn, sent, unique);
    return { joined: standIn.id };
  }
  uniques.note(sent.id, unique);
  if (!taken) {
    uniques.put(unique.key, ownedBy(sent.id, unique, now));
    sendNow(records, sent);
    return "queued";
  }
  uniques.put(unique.key, { ...taken, waiting: sent.id });
  const message = messages.insertUnlessKnown(sent, queuedState(sent.eta, now), null);
  keepLane(records, sent);
  if (message) messages.block(message, "unique");
  return "queued";
}

/** The message that the newest one is to replace: that which waits, or under "replace" the owner where it has not begun. */
function replaceable({ messages }: Records, record: UniqueKey, { onConflict }: MessageUnique): Found | null {
  if (record.waiting !== null) return messages.find(record.waiting);
  const owner = onConflict === "replace" ? messages.find(record.owner) : null;
  return owner && hasBegun(owner) ? null : owner;
}

/** Whether a worker has it, or had it to run it. */
function hasBegun({ state, blocker, deliveries, retries }: Found): boolean {
  return state === "leased" || blocker === "part" || deliveries > 0 || retries > 0;
}

/** The message does in its place, and with its age, what the newer sending says. */
function replace(records: Records, message: Found, sent: Sent, { maxWaitMs }: MessageUnique): void {
  const { messages, now } = records;
  const latest = maxWaitMs === null ? Infinity : message.enqueuedAt + maxWaitMs;
  const eta = sent.eta === null ? null : Math.min(sent.eta, latest);
  const content = { body: sent.body, eta, expires: sent.expires };
  const isInPlace =
    message.blocker === "unique" || (message.state !== "scheduled" && queuedState(eta, now) === "ready");
  if (isInPlace) return messages.rewrite(message, content, "stay");
  releaseTicket(records, message);
  messages.rewrite(message, content, "move");
  arriveInQueue(records, { ...message, eta });
}

/** Who keeps others from the key; null: nobody, any more. */
function keptKey(records: Records, key: string): UniqueKey | null {
  const { uniques } = records;
  for (let record = uniques.find(key); record; record = uniques.find(key)) {
    if (!keepsAway(records, key, record)) passKey(records, key);
    else if (record.waiting === null || !letGoUnlessAlive(records, record.waiting)) return record;
  }
  return null;
}

function keepsAway(records: Records, key: string, { owner, endsAt, isTimed }: UniqueKey): boolean {
  const { uniques, now } = records;
  if (endsAt !== null && endsAt <= now) return false;
  if (uniques.ofMessage(owner)?.key !== key) return isTimed;
  return !letGoUnlessAlive(records, owner);
}

/**
 * A message that expired or was revoked where it waits lets go of its key; a claim drops it in its queue. So does one of which
 * nothing is left but the key, since a worker of before there were any has ended it.
 */
function letGoUnlessAlive(records: Records, id: string): boolean {
  const { messages, now } = records;
  const message = messages.find(id);
  const isOver = !message || message.state === "dead";
  if (!isOver && (message.blocker === "part" || endOf(message, now) === null)) return false;
  endUnique(records, { id });
  if (message && messages.unblock(id, "unique") !== null) records.notify(message.queue);
  return true;
}

/** The key goes to the message that waits for it, which comes into its queue; or it is free. */
export function passKey(records: Records, key: string): void {
  const { messages, uniques, freed, now } = records;
  freed.unique.delete(key);
  const waiting = uniques.find(key)?.waiting ?? null;
  const unique = waiting === null ? null : uniques.ofMessage(waiting);
  const message = waiting === null ? null : messages.find(waiting);
  if (!message || !unique || messages.unblock(message.id, "unique") === null) return uniques.remove(key);
  uniques.put(key, ownedBy(message.id, unique, now));
  arriveInQueue(records, message);
}

/** What follows when a blocked message has come into its queue: when it is ready it needs its lock. */
export function arriveInQueue(records: Records, { id, queue, eta }: Known): void {
  const { messages, now } = records;
  // Found anew: the move may have changed what the next one needs.
  const message = queuedState(eta, now) === "ready" ? messages.find(id) : null;
  if (message) takeTurn(records, message);
  const lock = message && messages.lockOf(message);
  if (!message || !lock || takeLock(records, message, message.task, lock)) records.notify(queue);
}

/** Whether a message that has come into its queue has a permit of its lock; if not, it is blocked. */
function takeLock(records: Records, message: Known, task: string, lock: MessageLock): boolean {
  if (requestForMessage(records, message, task, lock)?.status !== "waiting") return true;
  records.messages.block(message, "lock");
  return false;
}
