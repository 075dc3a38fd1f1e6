import type { EpochMs } from "../../core/clock.js";
import type { LockInspection } from "../contracts/lock-inspection.js";
import { publish } from "./channel.js";
import { followUp } from "./follow-up.js";
import { currentLock, holderOf } from "./waiters.js";
import { endPermit } from "./permits.js";
import { type LockRequest, enter, type Lock, type MemoryState } from "./state.js";

export function memoryLockInspection(state: MemoryState): LockInspection {
  return {
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
          .sort((a, b) => a.since - b.since || a.ticket - b.ticket)
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

function living(lock: Lock, now: EpochMs): LockRequest[] {
  return lock.waiters.first(Infinity).filter((waiter) => waiter.kind === "task" || waiter.until > now);
}

function summary(lock: Lock | null, now: EpochMs) {
  if (!lock) return null;
  const { name, capacity, holders } = lock;
  return { name, capacity, held: holders.size, waiting: living(lock, now).length };
}
