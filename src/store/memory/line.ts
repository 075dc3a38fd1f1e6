/** The line of a lock: joining it, and being granted a permit when the turn comes. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLock, PermitRef } from "../contracts/locks.js";
import { publish } from "./channel.js";
import { Heap } from "./heap.js";
import { ring, summon, unpark } from "./messages.js";
import { endPermit, nextFence, note } from "./permits.js";
import type { Contender, Lock, MemoryState, Message } from "./state.js";

/** The lock, made when it is not there; the newest caller's capacity counts. */
function lockOf(state: MemoryState, name: string, capacity: number): Lock {
  let lock = state.locks.get(name);
  if (!lock) {
    const line = new Heap<Contender>();
    lock = { slot: -1, name, capacity, holders: new Set(), line, wakeAt: Infinity, processes: new Map() };
    state.locks.set(name, lock);
  }
  lock.capacity = capacity;
  return lock;
}

/** The lock with its books in order; null: nobody holds it or waits for it. */
export function currentLock(state: MemoryState, name: string, now: EpochMs): Lock | null {
  const lock = state.locks.get(name);
  if (lock) handOver(state, lock, now);
  return state.locks.get(name) ?? null;
}

/** Whether a newcomer would have to wait. */
export function isBusy(state: MemoryState, name: string, capacity: number, now: EpochMs): boolean {
  const lock = state.locks.get(name);
  if (!lock) return false;
  lock.capacity = capacity;
  handOver(state, lock, now);
  return lock.holders.size >= capacity;
}

export interface ProcessApplicant {
  readonly lock: string;
  readonly capacity: number;
  readonly id: string;
  readonly label: string;
  readonly grantMs: number;
}

/** Puts a process at the end of the line; it holds a permit already when one was free. */
export function lineUpProcess(state: MemoryState, applicant: ProcessApplicant, now: EpochMs): Contender {
  const { id, label, grantMs } = applicant;
  const lock = lockOf(state, applicant.lock, applicant.capacity);
  const contender = newcomer(state, {
    lock,
    kind: "process",
    id,
    label,
    message: null,
    grantMs,
    giveUp: null,
  });
  contender.until = now + grantMs;
  lock.processes.set(id, contender);
  enterLine(state, contender, now);
  return contender;
}

/** Puts a message in line, at its old turn when it had one; it holds a permit already when one was free. */
export function lineUpMessage(
  state: MemoryState,
  message: Message,
  spec: MessageLock,
  now: EpochMs,
): Contender {
  const { name, capacity, waitTimeoutMs, reserveMs: grantMs } = spec;
  const lock = lockOf(state, name, capacity);
  const giveUp = waitTimeoutMs === null ? null : { slot: -1, message, at: now + waitTimeoutMs };
  const { id, task: label } = message;
  message.contender ??= newcomer(state, { lock, kind: "task", id, label, message, grantMs, giveUp });
  message.contender.lock = lock;
  message.contender.grantMs = grantMs;
  enterLine(state, message.contender, now);
  return message.contender;
}

type Newcomer = Pick<Contender, "lock" | "kind" | "id" | "label" | "message" | "grantMs" | "giveUp">;

function newcomer(state: MemoryState, who: Newcomer): Contender {
  const turn = ++state.sequence;
  return { slot: -1, ...who, turn, standing: "away", since: 0, until: 0, token: "", fence: null };
}

function enterLine(state: MemoryState, contender: Contender, now: EpochMs): void {
  contender.standing = "waiting";
  contender.since = now;
  contender.lock.line.push(contender, contender.turn, 0);
  handOver(state, contender.lock, now);
  if (isWaiting(contender)) note(state, "waiting", contender);
}

/** Asked anew: a hand-over changes it. */
function isWaiting({ standing }: Contender): boolean {
  return standing === "waiting";
}

/** Gives what is free to those in line, so that no lock with a line has a permit to give. */
export function handOver(state: MemoryState, lock: Lock, now: EpochMs): void {
  for (const holder of lock.holders) if (holder.until <= now) endPermit(state, holder, "lost");
  while (lock.holders.size < lock.capacity) {
    const first = lock.line.peek();
    if (!first) break;
    lock.line.remove(first);
    // A process that has not been heard of is passed over; a blocked task cannot die.
    if (first.kind === "process" && first.until <= now) {
      note(state, "gave-up", first);
      lock.processes.delete(first.id);
    } else grant(state, first, now);
  }
  state.freed.delete(lock);
  state.lockWakes.remove(lock);
  lock.wakeAt = Infinity;
  if (lock.line.size > 0) {
    for (const holder of lock.holders) lock.wakeAt = Math.min(lock.wakeAt, holder.until);
    state.lockWakes.push(lock, lock.wakeAt, 0);
    summon(state, lock.wakeAt);
  } else if (lock.holders.size === 0) state.locks.delete(lock.name);
}

function grant(state: MemoryState, contender: Contender, now: EpochMs): void {
  const { lock, message } = contender;
  contender.standing = "holding";
  contender.until = now + contender.grantMs;
  contender.token = (++state.sequence).toString(36);
  // A task gets its number when a worker takes it: two runs of it must not share one.
  contender.fence = message === null ? nextFence(state, now) : null;
  note(state, "acquired", contender);
  contender.since = now;
  lock.holders.add(contender);
  if (message === null) publish(state, "lock", contender.id);
  else if (message.place === "blocked") ring(unpark(state, message, now));
}

/** The holder of a permit that is valid now. */
export function holderOf(state: MemoryState, { lock, token }: PermitRef, now: EpochMs): Contender | null {
  for (const holder of currentLock(state, lock, now)?.holders ?? []) {
    if (holder.token === token) return holder;
  }
  return null;
}
