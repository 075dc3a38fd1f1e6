/** Taking messages: by priority, then by age, and from queues of equal priority by turns. */
import type { EpochMs } from "../../core/clock.js";
import type { ClaimReply, ClaimRequest, DeadLettered } from "../contracts/consumer.js";
import type { Delivery } from "../contracts/delivery.js";
import type { PausedQueue } from "../contracts/queues.js";
import { endOf, endOfWaiting } from "./ends.js";
import { deadLetterWith, deliverAgain, dropUnrun, endWith } from "./messages.js";
import { deliveredPart, isStopped } from "./graph-told.js";
import { partOf } from "./parts.js";
import { usePermit } from "./permits.js";
import { passTurn, takeTurn } from "./lanes.js";
import { pausedQueues } from "./pause.js";
import { letOut, nextTurn, takeToken } from "./rate.js";
import type { FoundPart } from "./graph-records.js";
import type { Ready, Records } from "./records.js";
import { goOn, release, takeChanges } from "./release.js";
import { startUnique } from "./unique.js";

/** Housekeeping of one claim moves, drops or releases at most so many of each kind, or `max` if that is more. */
const HOUSEKEEPING_BOUND = 1_000;

/** What one consumer remembers between its claims. */
export interface Claimant {
  /** A token nobody else gives. */
  token(): string;
  /** When a queue was last taken from, counted in messages: the one that waited longest goes first. */
  readonly turns: Map<string, number>;
  turn: number;
}

export function newClaimant(token: () => string): Claimant {
  return { token, turns: new Map(), turn: 0 };
}

interface Housekeeping {
  /** Queues that got ready messages. */
  readonly refilled: ReadonlySet<string>;
  readonly deadLettered: readonly DeadLettered[];
}

const NOTHING: Housekeeping = { refilled: new Set(), deadLettered: [] };

/** Housekeeping, then the foremost messages, then what the caller needs to sleep: one step. */
export function claim(records: Records, request: ClaimRequest, claimant: Claimant): ClaimReply {
  const { messages, now } = records;
  const bound = Math.max(HOUSEKEEPING_BOUND, request.max);
  const wakeAt = records.nextWakeAt();
  const { refilled, deadLettered } = wakeAt !== null && wakeAt <= now ? keepHouse(records, bound) : NOTHING;
  const isRated = records.rates.any();
  const slots = Math.min(request.slots ?? request.max, request.max);
  const paused = pausedQueues(records).filter(({ queue }) => request.queues.includes(queue));
  const queues = without(request.queues, paused);
  if (isRated) letOut(records, { ...request, queues, slots });
  const foremost = new Foremost(records, queues, claimant);
  const deliveries: Delivery[] = [];
  let drops = 0;
  while (deliveries.length < request.max && drops < bound) {
    const message = foremost.next(request.max - deliveries.length);
    if (!message) break;
    passTurn(records, message);
    const part = partOf(records, message.id);
    const reason = reasonToDrop(records, message, part);
    if (reason) {
      drops++;
      dropUnrun(records, message, reason);
      release(records);
      foremost.readAgain();
    } else if (isRated && !takeToken(records, message, deliveries.length < slots)) {
      drops++;
    } else {
      const delivery = deliver(records, message, request, claimant.token());
      deliveries.push(part ? { ...delivery, part: deliveredPart(records, part) } : delivery);
    }
  }
  if (records.freed.unique.size > 0) release(records);
  // Other consumers may have been waiting for what housekeeping made ready and this claim left.
  for (const queue of refilled) if (messages.hasReady(queue)) records.notify(queue);
  const turn = isRated && deliveries.length < slots ? nextTurn(records, { ...request, queues }) : null;
  const nextWakeAt =
    drops >= bound ? now : earliest(records.nextWakeAt(), turn, ...paused.map(({ until }) => until));
  records.nextClaimBy(nextWakeAt);
  return {
    deliveries,
    ...(deadLettered.length > 0 && { deadLettered }),
    ...(records.dropped.length > 0 && { dropped: records.dropped.splice(0) }),
    ...takeChanges(records),
    ...(paused.length > 0 && { paused }),
    now,
    nextWakeAt,
    ...(turn !== null && { turn }),
  };
}

function without(queues: readonly string[], paused: readonly PausedQueue[]): readonly string[] {
  return paused.length === 0 ? queues : queues.filter((name) => !paused.some(({ queue }) => queue === name));
}

/** Null: none of them comes. */
function earliest(...instants: readonly (EpochMs | null)[]): EpochMs | null {
  const at = Math.min(...instants.map((instant) => instant ?? Infinity));
  return at === Infinity ? null : at;
}

/** Handles at most `bound` of each kind. */
function keepHouse(records: Records, bound: number): Housekeeping {
  const { messages, locks, entries, freed } = records;
  const refilled = new Set<string>();
  for (const message of messages.dueScheduled(bound)) {
    messages.promote(message);
    takeTurn(records, message);
    refilled.add(message.queue);
  }
  const deadLettered = reapEndedLeases(records, bound, refilled);
  for (const entry of entries.dueBuffered(bound)) freed.entry.add(entry);
  for (const lock of locks.due(bound)) freed.lock.add(lock);
  for (const message of messages.overdueBlocked(bound)) {
    const reason = endOf(message, records.now);
    if (reason) {
      dropUnrun(records, message, reason);
    } else {
      endWith(records, message, "FAILURE", "lock-timeout");
    }
  }
  goOn(records);
  return { refilled, deadLettered };
}

/** Gives the dead letters that it made. */
function reapEndedLeases(records: Records, bound: number, refilled: Set<string>): DeadLettered[] {
  const { messages } = records;
  const deadLettered: DeadLettered[] = [];
  for (const message of messages.endedLeases(bound)) {
    if (deliverAgain(records, message)) {
      refilled.add(message.queue);
    } else {
      deadLetterWith(records, message, "deliveries-exhausted");
      const { id, task, queue } = message;
      deadLettered.push({ id, task, queue, reason: "deliveries-exhausted" });
    }
  }
  return deadLettered;
}

/** The foremost messages of several queues, read ahead so that a claim of many is one look per queue. */
class Foremost {
  readonly #records: Records;
  readonly #queues: readonly string[];
  readonly #claimant: Claimant;
  /** What was read and not yet given; absent: to be read. */
  readonly #read = new Map<
    string,
    { readonly messages: readonly Ready[]; at: number; readonly isAll: boolean }
  >();

  constructor(records: Records, queues: readonly string[], claimant: Claimant) {
    this.#records = records;
    this.#queues = queues;
    this.#claimant = claimant;
  }

  /** What was read may no longer be all: a dropped run may have released another. */
  readAgain(): void {
    this.#read.clear();
  }

  /** The message to take next; at most `wanted` more will be. Whoever gets one moves it out of the ready ones. */
  next(wanted: number): Ready | undefined {
    const { turns } = this.#claimant;
    let best: Ready | undefined;
    let bestTurn = 0;
    for (const queue of this.#queues) {
      const message = this.#first(queue, wanted);
      if (!message) continue;
      const turn = turns.get(queue) ?? 0;
      if (
        !best ||
        message.priority > best.priority ||
        (message.priority === best.priority && turn < bestTurn)
      ) {
        best = message;
        bestTurn = turn;
      }
    }
    if (!best) return undefined;
    this.#read.get(best.queue)!.at++;
    turns.set(best.queue, ++this.#claimant.turn);
    return best;
  }

  #first(queue: string, wanted: number): Ready | undefined {
    const { messages } = this.#records;
    let read = this.#read.get(queue);
    if (!read || (read.at === read.messages.length && !read.isAll)) {
      const limit = Math.min(wanted, messages.readAhead);
      const found = messages.ready(queue, limit);
      read = { messages: found, at: 0, isAll: found.length < limit };
      this.#read.set(queue, read);
    }
    return read.messages[read.at];
  }
}

function reasonToDrop(
  records: Records,
  message: Ready,
  part: FoundPart | null,
): "expired" | "revoked" | null {
  const { messages, now } = records;
  const reason = endOfWaiting(message, now) ?? (messages.isRevokedId(message.id) ? "revoked" : null);
  return reason ?? (part && isStopped(records, part) ? "revoked" : null);
}

function deliver(
  records: Records,
  message: Ready,
  { worker, leaseMs }: ClaimRequest,
  token: string,
): Delivery {
  const { messages } = records;
  const until: EpochMs = records.now + leaseMs;
  const deliveries = message.deliveries + 1;
  messages.lease(message, { token, worker, until });
  startUnique(records, message);
  // Field by field: a spread costs as much as reading a column.
  const delivery: Delivery = {
    id: message.id,
    token,
    task: message.task,
    queue: message.queue,
    priority: message.priority,
    eta: message.eta,
    expires: message.expires,
    maxDeliveries: message.maxDeliveries,
    resultTtlMs: message.resultTtlMs,
    idTtlMs: message.idTtlMs,
    entry: message.entry,
    body: message.body,
    retries: message.retries,
    deliveries,
    enqueuedAt: message.enqueuedAt,
  };
  const lock = messages.lockOf(message);
  const rate = records.rates.any() ? records.rates.rateOf(message) : null;
  if (!lock && !rate) return delivery;
  return {
    ...delivery,
    ...(lock && { lock: { ...lock, fence: usePermit(records, message, until) } }),
    ...(rate && { rate }),
  };
}
