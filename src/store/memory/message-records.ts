/** Messages in maps and heaps. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLock } from "../../tasks/message.js";
import type { DeliveryRef } from "../contracts/delivery.js";
import { TURNS_IN_PRIORITY } from "../rules/lanes.js";
import type { Lease, MessageRecords, Sent } from "../rules/records.js";
import {
  type Blocker,
  COUNTED_BLOCKERS,
  NOT_REVOKED,
  queuedState,
  type Revoked,
  TO_DROP,
} from "../rules/states.js";
import { isKept, lookAgain } from "./result-records.js";
import { firstUntil } from "./heap.js";
import { dropIdleQueue, queueOf } from "./queue-map.js";
import { leaveBacklog } from "./rate-records.js";
import { isRevoked, rememberRevoked } from "./revocations.js";
import { countRun, endRun } from "./unfinished-runs.js";
import { newMessage } from "./new-message.js";
import type { MemoryState, Message, Queue } from "./state.js";

type Content = Pick<Sent, "body" | "eta" | "expires">;

const NONE: readonly Message[] = [];

export class MemoryMessages implements MessageRecords {
  /** What is first costs nothing to find. */
  readonly readAhead = 1;
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  isStored(id: string): boolean {
    return this.#state.messages.has(id);
  }

  find(id: string): Message | null {
    return this.#state.messages.get(id) ?? null;
  }

  leased({ id, token }: DeliveryRef): Message | null {
    const message = this.#state.messages.get(id);
    return message && message.token !== null && message.token === token ? message : null;
  }

  delivered(ref: DeliveryRef): Message | null {
    return this.leased(ref);
  }

  ready(queue: string): readonly Message[] {
    const first = this.#state.queues.get(queue)?.ready.peek();
    return first ? [first] : NONE;
  }

  hasReady(queue: string): boolean {
    return (this.#state.queues.get(queue)?.ready.size ?? 0) > 0;
  }

  dueScheduled(limit: number): readonly Message[] {
    return firstUntil(this.#state.scheduled, limit, this.#state.now, ({ eta }) => eta ?? 0);
  }

  endedLeases(limit: number): readonly Message[] {
    return firstUntil(this.#state.leased, limit, this.#state.now, ({ until }) => until);
  }

  overdueBlocked(limit: number): readonly Message[] {
    const overdue = firstUntil(this.#state.waitDeadlines, limit, this.#state.now, ({ at }) => at);
    return overdue.map(({ message }) => message);
  }

  /** Looks through all messages: an operator's step, not a worker's. */
  waitingIn(queue: string, limit: number): readonly Message[] {
    const waits = ({ state, blocker }: Message): boolean =>
      state === "ready" || state === "scheduled" || isCounted(blocker);
    return [...this.#state.messages.values()]
      .filter((message) => message.queue === queue && waits(message))
      .slice(0, limit);
  }

  holds(queue: string, count: number): boolean {
    const found = this.#state.queues.get(queue);
    return (found ? found.ready.size + found.scheduled + found.blocked : 0) >= count;
  }

  dead(id: string): Message | null {
    const message = this.#state.messages.get(id);
    return message?.state === "dead" ? message : null;
  }

  lockOf({ lock }: Message): MessageLock | null {
    return lock;
  }

  insertUnlessKnown(sent: Sent, _: "ready" | "scheduled", turn: number | null): Message | null {
    if (this.isStored(sent.id) || isKept(this.#state, sent.id)) return null;
    const message = this.#store(sent);
    message.turn = turn;
    countRun(this.#state, message);
    this.#enqueue(message);
    return message;
  }

  insertBuffered(sent: Sent): void {
    this.#storeBlocked(sent, "entry");
  }

  bufferedSent(message: Message): Sent {
    return message;
  }

  insertPart(sent: Sent): void {
    const before = this.find(sent.id);
    if (before) this.remove(before);
    this.#storeBlocked(sent, "part");
  }

  #storeBlocked(sent: Sent, blocker: "entry" | "part"): void {
    const message = this.#store(sent);
    message.state = "blocked";
    message.blocker = blocker;
    lookAgain(this.#state, message.id);
  }

  #store(sent: Sent): Message {
    const state = this.#state;
    const message = newMessage(sent, ++state.sequence, state.now);
    state.messages.set(message.id, message);
    return message;
  }

  lease(message: Message, { token, until }: Lease): void {
    const queue = this.#leave(message);
    message.state = "leased";
    message.token = token;
    message.deliveries++;
    message.until = until;
    queue.leased++;
    this.#state.leased.push(message, until, message.sequence);
  }

  extendLease(message: Message, until: EpochMs): void {
    this.#state.leased.remove(message);
    message.until = until;
    this.#state.leased.push(message, until, message.sequence);
  }

  promote(message: Message): void {
    this.#leave(message);
    this.#enqueue(message);
  }

  requeue(message: Message, { isCounted }: { readonly isCounted: boolean }): void {
    this.#leave(message);
    if (!isCounted) message.deliveries--;
    this.#enqueue(message);
  }

  postpone(message: Message, eta: EpochMs, why: "retry" | "defer"): void {
    this.#leave(message);
    if (why === "retry") {
      message.retries++;
      message.deliveries = 0;
    } else {
      message.deliveries--;
    }
    message.eta = eta;
    message.sequence = ++this.#state.sequence;
    this.#enqueue(message);
  }

  block(message: Message, blocker: "lock" | "part" | "rate" | "unique"): void {
    if (message.token !== null) message.deliveries--;
    const queue = this.#leave(message);
    message.state = "blocked";
    message.blocker = blocker;
    if (isCounted(blocker)) queue.blocked++;
    else dropIdleQueue(this.#state, queue);
    lookAgain(this.#state, message.id);
  }

  unblock(id: string, blocker: "lock" | "rate" | "unique"): string | null {
    const message = this.#state.messages.get(id);
    if (message?.blocker !== blocker) return null;
    this.#leave(message);
    this.#enqueue(message);
    return message.queue;
  }

  rewrite(message: Message, { body, eta, expires }: Content, where: "stay" | "move"): void {
    if (where === "move") this.#leave(message);
    message.body = body;
    message.eta = eta;
    message.expires = expires;
    if (where === "move") this.#enqueue(message);
    else lookAgain(this.#state, message.id);
  }

  sendBuffered(message: Message): void {
    this.#leave(message);
    message.enqueuedAt = this.#state.now;
    message.sequence = ++this.#state.sequence;
    countRun(this.#state, message);
    this.#enqueue(message);
  }

  sendPart(message: Message, eta: EpochMs | null, expires: EpochMs | null, age: "new" | "kept"): void {
    this.#leave(message);
    message.eta = eta;
    message.expires = expires;
    message.retries = 0;
    message.deliveries = 0;
    if (age === "new") {
      message.enqueuedAt = this.#state.now;
      message.sequence = ++this.#state.sequence;
    }
    this.#enqueue(message);
  }

  clearExpires(message: Message): void {
    message.expires = null;
  }

  deadLetter(message: Message, reason: string): void {
    const queue = this.#leave(message);
    message.state = "dead";
    message.deadReason = reason;
    message.deadAt = this.#state.now;
    message.deadNumber = ++this.#state.sequence;
    queue.dead++;
    this.#state.dead.add(message);
    endRun(this.#state, message);
  }

  redrive(message: Message): void {
    this.#leave(message);
    message.retries = 0;
    message.deliveries = 0;
    message.revoked = NOT_REVOKED;
    message.enqueuedAt = this.#state.now;
    message.sequence = ++this.#state.sequence;
    countRun(this.#state, message);
    this.#enqueue(message);
  }

  remove(message: Message): void {
    const queue = this.#leave(message);
    this.#state.messages.delete(message.id);
    endRun(this.#state, message);
    dropIdleQueue(this.#state, queue);
  }

  markRevoked(message: Message, how: Revoked): void {
    message.revoked = how;
  }

  setTurn(message: Message, _: number, turn: number): void {
    const { ready } = queueOf(this.#state, message.queue);
    message.turn = turn;
    ready.remove(message);
    ready.push(message, rankOf(message), message.sequence);
  }

  setLock(message: Message, lock: MessageLock): Message {
    message.lock = lock;
    return message;
  }

  isRevokedId(id: string): boolean {
    return isRevoked(this.#state, id);
  }

  rememberRevoked(id: string, until: EpochMs): void {
    rememberRevoked(this.#state, id, until);
  }

  /** Puts a message that is nowhere into its queue, ready or scheduled as its eta says. */
  #enqueue(message: Message): void {
    const state = this.#state;
    const queue = queueOf(state, message.queue);
    message.state = queuedState(message.eta, state.now);
    if (message.state === "scheduled") {
      queue.scheduled++;
      message.turn = null;
      state.scheduled.push(message, message.eta ?? 0, message.sequence);
    } else {
      queue.ready.push(message, rankOf(message), message.sequence);
    }
    lookAgain(state, message.id);
  }

  /** Takes a message out of the place where it is, and its token with it. */
  #leave(message: Message): Queue {
    const state = this.#state;
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
        if (message.revoked > TO_DROP) message.revoked = TO_DROP;
        break;
      case "blocked":
        if (isCounted(message.blocker)) queue.blocked--;
        message.blocker = null;
        leaveBacklog(state, message);
        break;
      case "dead":
        queue.dead--;
        state.dead.delete(message);
        break;
    }
    return queue;
  }
}

/** Among the ready ones: those without a turn are the first of their priority. Age decides among equals. */
function rankOf({ priority, turn }: Message): number {
  return turn === null ? -priority : turn / TURNS_IN_PRIORITY - priority;
}

function isCounted(blocker: Blocker | null): boolean {
  return blocker !== null && COUNTED_BLOCKERS.includes(blocker);
}
