import type { EpochMs } from "../../core/clock.js";
import { quote } from "../../core/quote.js";
import type { AcquireReply, AcquireRequest, AdmitReply, AdmitRequest, Locks, PermitRef } from "../locks.js";
import { publish } from "./channel.js";
import { followUp } from "./follow-up.js";
import { currentLock, handOver, isBusy, lineUpMessage, lineUpProcess } from "./line.js";
import { heldBy, park } from "./messages.js";
import { endPermit, forsake, leaveLine, setEnd, usePermit } from "./permits.js";
import { type Contender, enter, type Lock, type MemoryState } from "./state.js";

export function memoryLocks(state: MemoryState): Locks {
  return {
    async acquire(request) {
      const now = enter(state);
      noteCapacity(state, request.lock, request.capacity);
      return acquire(state, request, now);
    },

    async cancel(lock, waiter) {
      const now = enter(state);
      const contender = currentLock(state, lock, now)?.processes.get(waiter);
      if (!contender) return "unknown";
      if (contender.standing === "holding") endPermit(state, contender, "released");
      else leaveLine(state, contender);
      followUp(state, now);
      return "cancelled";
    },

    async extend(permit, leaseMs) {
      const now = enter(state);
      const holder = holderOf(state, permit, now);
      if (!holder) return "lost";
      setEnd(state, holder, now + leaseMs);
      followUp(state, now);
      return "extended";
    },

    async release(permit) {
      const now = enter(state);
      const holder = holderOf(state, permit, now);
      if (!holder) return "lost";
      endPermit(state, holder, "released");
      followUp(state, now);
      return "released";
    },

    async admit(requests) {
      const now = enter(state);
      return requests.map((request) => {
        noteCapacity(state, request.lock.name, request.lock.capacity);
        const reply = admit(state, request, now);
        followUp(state, now);
        return reply;
      });
    },

    async list({ after, limit }) {
      const now = enter(state);
      return [...state.locks.keys()]
        .sort()
        .filter((name) => after === undefined || name > after)
        .flatMap((name) => summary(currentLock(state, name, now), now) ?? [])
        .slice(0, limit);
    },

    async inspect(name, limit) {
      const now = enter(state);
      const lock = currentLock(state, name, now);
      const counted = summary(lock, now);
      if (!lock || !counted) return null;
      return {
        ...counted,
        holders: [...lock.holders]
          .sort((a, b) => a.since - b.since || a.turn - b.turn)
          .slice(0, limit)
          .map(({ token, kind, id, label, fence, since, until }) => {
            return { token, kind, id, label, fence, since, until };
          }),
        waiters: living(lock, now)
          .slice(0, limit)
          .map(({ kind, id, label, since }) => ({ kind, id, label, since })),
      };
    },

    async break(permit) {
      const now = enter(state);
      const holder = holderOf(state, permit, now);
      if (!holder) return "unknown";
      endPermit(state, holder, "broken");
      if (holder.kind === "process") publish(state, "lock", holder.id);
      followUp(state, now);
      return "broken";
    },

    async history({ lock, before, limit }) {
      enter(state);
      return state.lockHistory
        .filter((each) => lock === undefined || each.lock === lock)
        .filter(({ row }) => before === undefined || Number(row) < Number(before))
        .slice(-limit)
        .reverse();
    },
  };
}

function holderOf(state: MemoryState, { lock, token }: PermitRef, now: EpochMs): Contender | null {
  for (const holder of currentLock(state, lock, now)?.holders ?? []) {
    if (holder.token === token) return holder;
  }
  return null;
}

function living(lock: Lock, now: EpochMs): Contender[] {
  return lock.line.first(Infinity).filter((waiter) => waiter.kind === "task" || waiter.until > now);
}

function summary(lock: Lock | null, now: EpochMs) {
  if (!lock) return null;
  const { name, capacity, holders } = lock;
  return { name, capacity, held: holders.size, waiting: living(lock, now).length };
}

/** Two programs that do not agree are a mistake that only shows here. */
function noteCapacity(state: MemoryState, name: string, capacity: number): void {
  const lock = state.locks.get(name);
  if (!lock || lock.capacity === capacity) return;
  state.logger.warn(`lock ${quote(name)}: its capacity is now ${capacity} and was ${lock.capacity}`);
}

function acquire(state: MemoryState, request: AcquireRequest, now: EpochMs): AcquireReply {
  const { lock, capacity, waiter: id, label, leaseMs, aliveMs } = request;
  const busy = isBusy(state, lock, capacity, now);
  let contender = state.locks.get(lock)?.processes.get(id);
  if (!contender) {
    if (busy && aliveMs === null) return { outcome: "busy", now };
    contender = lineUpProcess(state, { lock, capacity, id, label, grantMs: aliveMs ?? leaseMs }, now);
  }
  if (contender.standing === "holding") {
    setEnd(state, contender, now + leaseMs);
    followUp(state, now);
    const { token, fence } = contender;
    return { outcome: "granted", permit: { lock, token, fence: fence ?? 0 }, now };
  }
  if (aliveMs !== null) contender.until = now + aliveMs;
  return { outcome: "waiting", nextLookAt: contender.lock.wakeAt, now };
}

function admit(state: MemoryState, request: AdmitRequest, now: EpochMs): AdmitReply {
  const message = heldBy(state, request);
  if (!message) return { outcome: "lost" };
  const { lock, busy } = request;
  const held = message.lock?.name === lock.name ? usePermit(state, message, now) : null;
  if (held !== null) return { outcome: "admitted", fence: held };
  if (busy === "refuse" && isBusy(state, lock.name, lock.capacity, now)) return { outcome: "busy" };
  // The name follows from the task's code, which may be another one than before.
  if (message.lock?.name !== lock.name) forsake(state, message);
  message.lock = lock;
  lineUpMessage(state, message, lock, now);
  const fence = usePermit(state, message, now);
  if (fence !== null) return { outcome: "admitted", fence };
  message.deliveries--;
  park(state, message);
  return { outcome: "blocked" };
}

/** Drops at most `limit` permits of processes that ended and that nobody waits for. */
export function sweepPermits(state: MemoryState, limit: number, now: EpochMs): number {
  let dropped = 0;
  for (const lock of state.locks.values()) {
    if (dropped >= limit) break;
    const before = lock.holders.size + lock.line.size;
    handOver(state, lock, now);
    dropped += before - lock.holders.size - lock.line.size;
  }
  return dropped;
}
