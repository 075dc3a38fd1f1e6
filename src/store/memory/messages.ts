/** The moves a message can make: sent, ready, scheduled, leased, blocked, dead, gone. Each keeps all indexes in step. */
import type { EpochMs } from "../../core/clock.js";
import type { DeliveryRef } from "../contracts/delivery.js";
import type { NewMessage } from "../contracts/sender.js";
import { Heap } from "./heap.js";
import { forsake } from "./permits.js";
import { dropResult, isKept, keepOwnResult, lookAgain } from "./results.js";
import { instantOf, type MemoryState, type Message, type Queue, type Sent } from "./state.js";

/** The message with its instants counted from this step. */
export function fixInstants(message: NewMessage, entry: string | null, now: EpochMs): Sent {
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
    entry,
    body: message.body,
    lock: message.lock ?? null,
  };
}

export function queueOf(state: MemoryState, name: string): Queue {
  let queue = state.queues.get(name);
  if (!queue) {
    queue = {
      name,
      ready: new Heap(),
      scheduled: 0,
      leased: 0,
      blocked: 0,
      dead: 0,
      turn: 0,
      listeners: new Set(),
    };
    state.queues.set(name, queue);
  }
  return queue;
}

/** A queue that holds nothing and that nobody listens to leaves no trace. */
export function dropIdleQueue(state: MemoryState, queue: Queue): void {
  const { ready, scheduled, leased, blocked, dead, listeners } = queue;
  if (ready.size + scheduled + leased + blocked + dead + listeners.size === 0)
    state.queues.delete(queue.name);
}

export function notify(queue: Queue): void {
  for (const listener of queue.listeners) listener.notify();
}

/** A claim from whatever queue has something to do at `at`: tells every consumer, unless each looks by then. */
export function wakeBy(state: MemoryState, at: EpochMs): void {
  if (at >= state.nextClaimBy) return;
  state.nextClaimBy = at;
  for (const queue of state.queues.values()) notify(queue);
}

/** Whether a message of this id would be a duplicate. */
export function isKnown(state: MemoryState, id: string, now: EpochMs): boolean {
  return state.messages.has(id) || state.bufferedRuns.has(id) || isKept(state, id, now);
}

/** The message that a worker holds by its current token. */
export function leasedBy(state: MemoryState, ref: DeliveryRef): Message | null {
  const message = state.messages.get(ref.id);
  return message && message.token !== null && message.token === ref.token ? message : null;
}

/** Makes a message of what was sent, ready or scheduled. Nobody is told yet. */
export function post(state: MemoryState, sent: Sent, now: EpochMs): { message: Message; queue: Queue } {
  const message: Message = {
    // Field by field: one spread of this many costs as much as all the rest of sending.
    id: sent.id,
    task: sent.task,
    queue: sent.queue,
    priority: sent.priority,
    eta: sent.eta,
    expires: sent.expires,
    maxDeliveries: sent.maxDeliveries,
    resultTtlMs: sent.resultTtlMs,
    idTtlMs: sent.idTtlMs,
    entry: sent.entry,
    body: sent.body,
    lock: sent.lock,
    slot: -1,
    state: "ready",
    sequence: ++state.sequence,
    retries: 0,
    deliveries: 0,
    enqueuedAt: now,
    token: null,
    until: 0,
    revoked: false,
    terminate: false,
    deadReason: "",
    deadAt: 0,
    runSlot: -1,
    lockRequest: null,
  };
  state.messages.set(message.id, message);
  if (message.entry !== null) countRun(state, message.entry, message);
  return { message, queue: line(state, message, now) };
}

/** Puts a message that is nowhere into its queue, ready or scheduled as its eta says. */
function line(state: MemoryState, message: Message, now: EpochMs): Queue {
  const queue = queueOf(state, message.queue);
  if (message.eta !== null && message.eta > now) {
    message.state = "scheduled";
    queue.scheduled++;
    state.scheduled.push(message, message.eta, message.sequence);
  } else {
    message.state = "ready";
    queue.ready.push(message, -message.priority, message.sequence);
  }
  lookAgain(state, message.id);
  return queue;
}

/** Takes a message out of the place where it is, and its token with it. */
function leave(state: MemoryState, message: Message): Queue {
  const queue = queueOf(state, message.queue);
  switch (message.state) {
    case "ready":
      queue.ready.remove(message);
      break;
    case "scheduled":
      queue.scheduled--;
      state.scheduled.remove(message);
      break;
    case "leased":
      queue.leased--;
      state.leased.remove(message);
      message.token = null;
      message.terminate = false;
      break;
    case "blocked":
      queue.blocked--;
      if (message.lockRequest?.waitDeadline) state.waitDeadlines.remove(message.lockRequest.waitDeadline);
      break;
    case "dead":
      queue.dead--;
      state.dead.delete(message);
      break;
  }
  return queue;
}

/** A scheduled message whose eta has come. */
export function promote(state: MemoryState, message: Message, now: EpochMs): Queue {
  leave(state, message);
  return line(state, message, now);
}

/** Hands a ready message to a worker. */
export function hold(state: MemoryState, message: Message, until: EpochMs): string {
  const queue = leave(state, message);
  message.state = "leased";
  message.token = (++state.sequence).toString(36);
  message.deliveries++;
  queue.leased++;
  extend(state, message, until);
  return message.token;
}

/** Sets the end of the lease of a leased message. */
export function extend(state: MemoryState, message: Message, until: EpochMs): void {
  state.leased.remove(message);
  message.until = until;
  state.leased.push(message, until, message.sequence);
  if (message.lockRequest?.status === "holding") message.lockRequest.until = until;
}

/** Out of its queue: it stands in the line of its lock. */
export function block(state: MemoryState, message: Message): void {
  const queue = leave(state, message);
  message.state = "blocked";
  queue.blocked++;
  lookAgain(state, message.id);
  const waitDeadline = message.lockRequest?.waitDeadline;
  if (!waitDeadline) return;
  state.waitDeadlines.push(waitDeadline, waitDeadline.at, message.sequence);
  wakeBy(state, waitDeadline.at);
}

/** Back into its queue, with a permit: among the first, since it keeps its age. */
export function unblock(state: MemoryState, message: Message, now: EpochMs): Queue {
  leave(state, message);
  return line(state, message, now);
}

/** Back from a worker: to the front of its priority, since it keeps its age. */
export function putBack(state: MemoryState, message: Message, now: EpochMs): Queue {
  leave(state, message);
  return line(state, message, now);
}

/** Back from a worker for another try. */
export function retry(state: MemoryState, message: Message, delayMs: number, now: EpochMs): void {
  message.retries++;
  message.deliveries = 0;
  delay(state, message, delayMs, now);
}

/** Back from a worker for later, as young as a message sent now. */
export function delay(state: MemoryState, message: Message, delayMs: number, now: EpochMs): void {
  leave(state, message);
  forsake(state, message);
  message.eta = now + delayMs;
  message.sequence = ++state.sequence;
  notify(line(state, message, now));
}

/** To the dead letters; a run of an entry ends so. */
export function deadLetter(state: MemoryState, message: Message, reason: string, now: EpochMs): void {
  const queue = leave(state, message);
  forsake(state, message);
  message.state = "dead";
  message.deadReason = reason;
  message.deadAt = now;
  queue.dead++;
  state.dead.add(message);
  endRun(state, message);
}

/** Back from the dead letters, as if just sent. */
export function redrive(state: MemoryState, message: Message, now: EpochMs): void {
  leave(state, message);
  dropResult(state, message.id);
  message.retries = 0;
  message.deliveries = 0;
  message.revoked = false;
  message.enqueuedAt = now;
  message.sequence = ++state.sequence;
  if (message.entry !== null) countRun(state, message.entry, message);
  notify(line(state, message, now));
}

/** Gone for good. */
export function end(state: MemoryState, message: Message): void {
  const queue = leave(state, message);
  forsake(state, message);
  state.messages.delete(message.id);
  endRun(state, message);
  dropIdleQueue(state, queue);
}

/** Drops a waiting message that must not run. */
export function dropRevoked(
  state: MemoryState,
  message: Message,
  reason: "expired" | "revoked",
  now: EpochMs,
): void {
  end(state, message);
  keepOwnResult(state, message, "REVOKED", reason, now);
}

function countRun(state: MemoryState, entry: string, message: Message): void {
  const runs = state.runs.get(entry);
  message.runSlot = runs ? runs.length : 0;
  if (runs) runs.push(message);
  else state.runs.set(entry, [message]);
}

function endRun(state: MemoryState, message: Message): void {
  const runs = message.entry === null || message.runSlot < 0 ? undefined : state.runs.get(message.entry);
  const last = runs?.pop();
  if (message.entry === null || !runs || !last) return;
  if (last !== message) {
    runs[message.runSlot] = last;
    last.runSlot = message.runSlot;
  }
  message.runSlot = -1;
  if (runs.length === 0) state.runs.delete(message.entry);
  const held = state.entries.get(message.entry)?.held;
  if (held) state.releasable.push(held);
}
