import type { EpochMs } from "../../core/clock.js";
import { isFinal } from "../../tasks/states.js";
import type { ResultRecord, Results, StoredResult } from "../results.js";
import { enter, type MemoryState, type Message } from "./state.js";

/** Stores a record over whatever was there and tells those who wait, when it is final. */
export function keepResult(
  state: MemoryState,
  id: string,
  record: ResultRecord,
  ttlMs: number,
  now: EpochMs,
): void {
  dropResult(state, id);
  const stored: { -readonly [Key in keyof StoredResult]: StoredResult[Key] } = {
    id,
    state: record.state,
    payload: record.payload,
    at: now,
  };
  if (record.reason !== undefined) stored.reason = record.reason;
  if (record.worker !== undefined) stored.worker = record.worker;
  if (ttlMs > 0) {
    const kept = { slot: -1, stored, until: now + ttlMs };
    state.results.set(id, kept);
    state.resultEnds.push(kept, kept.until, 0);
  }
  if (isFinal(stored.state)) for (const waiter of state.waiters.get(id) ?? []) waiter(stored);
}

/** The result of a task that the store itself ended. */
export function keepOwnResult(
  state: MemoryState,
  message: Pick<Message, "id" | "resultTtlMs">,
  outcome: "REVOKED" | "FAILURE",
  reason: string,
  now: EpochMs,
): void {
  if (message.resultTtlMs <= 0) return;
  keepResult(state, message.id, { state: outcome, payload: null, reason }, message.resultTtlMs, now);
}

export function keptResult(state: MemoryState, id: string, now: EpochMs): StoredResult | null {
  const kept = state.results.get(id);
  return kept && kept.until > now ? kept.stored : null;
}

export function dropResult(state: MemoryState, id: string): void {
  const kept = state.results.get(id);
  if (!kept) return;
  state.results.delete(id);
  state.resultEnds.remove(kept);
}

/** Drops at most `limit` results whose time is over. */
export function sweepResults(state: MemoryState, limit: number, now: EpochMs): number {
  let dropped = 0;
  for (; dropped < limit; dropped++) {
    const kept = state.resultEnds.peek();
    if (!kept || kept.until > now) break;
    dropResult(state, kept.stored.id);
  }
  return dropped;
}

function derived(state: MemoryState, id: string, now: EpochMs): StoredResult | null {
  const place = state.heldRuns.has(id) ? "ready" : state.messages.get(id)?.place;
  if (place === undefined || place === "dead") return null;
  return { id, state: place === "held" ? "RECEIVED" : "PENDING", payload: null, at: now };
}

export function memoryResults(state: MemoryState): Results {
  /** Whether a record other than a final one may be written. */
  const isOpen = (id: string, now: EpochMs): boolean => !isFinal(keptResult(state, id, now)?.state ?? "");

  return {
    async get(ids) {
      const now = enter(state);
      return ids.map((id) => keptResult(state, id, now) ?? derived(state, id, now));
    },

    async wait(id, signal) {
      const now = enter(state);
      const kept = keptResult(state, id, now);
      if (kept && isFinal(kept.state)) return kept;
      if (signal.aborted) return null;
      return new Promise((resolve, reject) => {
        const waiters = state.waiters.get(id) ?? new Set();
        state.waiters.set(id, waiters);
        const end = (): void => {
          waiters.delete(settle);
          if (waiters.size === 0) state.waiters.delete(id);
          signal.removeEventListener("abort", abort);
        };
        const settle = (outcome: StoredResult | Error): void => {
          end();
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        };
        const abort = (): void => {
          end();
          resolve(null);
        };
        waiters.add(settle);
        signal.addEventListener("abort", abort, { once: true });
      });
    },

    async update(ref, record, ttlMs) {
      const now = enter(state);
      if (state.messages.get(ref.id)?.token !== ref.token) return "lost";
      if (isOpen(ref.id, now)) keepResult(state, ref.id, record, ttlMs, now);
      return "updated";
    },

    async put(id, record, ttlMs) {
      const now = enter(state);
      if (isOpen(id, now)) keepResult(state, id, record, ttlMs, now);
    },

    async forget(ids) {
      enter(state);
      for (const id of ids) dropResult(state, id);
    },
  };
}
