import type { EpochMs, Timer } from "../../core/clock.js";
import { isFinal } from "../../tasks/states.js";
import type { ResultRecord, Results, StoredResult } from "../contracts/results.js";
import { endOf, isExpired } from "./ends.js";
import { enter, type KeptResult, type MemoryState, type Message, type ResultWaiter } from "./state.js";

/** Who waits for an instant of the wall clock looks at it so often: it may be set while a timer runs. */
const LONGEST_SLEEP_MS = 5_000;

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
    keep(state, { slot: -1, id, stored, until: now + ttlMs });
  }
  if (isFinal(stored.state)) for (const waiter of state.waiters.get(id) ?? []) waiter.settle(stored);
}

function keep(state: MemoryState, kept: KeptResult): void {
  state.results.set(kept.id, kept);
  state.resultEnds.push(kept, kept.until, 0);
}

/** Leaves a mark in place of a result, unless an end is kept: a message of this id is a duplicate until it goes. */
export function remember(state: MemoryState, id: string, ttlMs: number, now: EpochMs): void {
  if (ttlMs <= 0 || isFinal(keptResult(state, id, now)?.state ?? "")) return;
  dropResult(state, id);
  keep(state, { slot: -1, id, stored: null, until: now + ttlMs });
  for (const waiter of state.waiters.get(id) ?? []) waiter.settle(null);
}

/** The result of a task that the store itself ended. */
export function keepOwnResult(
  state: MemoryState,
  message: Pick<Message, "id" | "resultTtlMs" | "idTtlMs">,
  outcome: "REVOKED" | "FAILURE",
  reason: string,
  now: EpochMs,
): void {
  const { id, resultTtlMs, idTtlMs } = message;
  if (resultTtlMs <= 0) return remember(state, id, idTtlMs, now);
  keepResult(state, id, { state: outcome, payload: null, reason }, resultTtlMs, now);
}

/** Whether a record, or a mark, is kept. */
export function isKept(state: MemoryState, id: string, now: EpochMs): boolean {
  return (state.results.get(id)?.until ?? 0) > now;
}

export function keptResult(state: MemoryState, id: string, now: EpochMs): StoredResult | null {
  return isKept(state, id, now) ? (state.results.get(id)?.stored ?? null) : null;
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
    dropResult(state, kept.id);
  }
  return dropped;
}

/** What is told of an id: a message that will not run any more has ended, though no claim has dropped it yet. */
function told(state: MemoryState, id: string, now: EpochMs): StoredResult | null {
  const kept = keptResult(state, id, now);
  if (kept && isFinal(kept.state)) return kept;
  const message = state.messages.get(id);
  const heldBack = state.bufferedRuns.get(id)?.message;
  const reason = message ? endOf(message, now) : heldBack && isExpired(heldBack, now) ? "expired" : null;
  if (reason) {
    const expires = reason === "expired" ? (message ?? heldBack)?.expires : null;
    return { id, state: "REVOKED", payload: null, reason, at: expires ?? now };
  }
  if (kept) return kept;
  if (heldBack) return { id, state: "PENDING", payload: null, at: now };
  if (!message || message.state === "dead") return null;
  return { id, state: message.state === "leased" ? "RECEIVED" : "PENDING", payload: null, at: now };
}

function ended(state: MemoryState, id: string, now: EpochMs): StoredResult | null {
  const record = told(state, id, now);
  return record && isFinal(record.state) ? record : null;
}

/** When a message ends by itself unless a worker takes it; Infinity: never. */
function expiryOf(state: MemoryState, id: string): EpochMs {
  const message = state.messages.get(id);
  if (message?.state === "leased") return Infinity;
  return (message ?? state.bufferedRuns.get(id)?.message)?.expires ?? Infinity;
}

/** Has those who wait for its result look at a message that has begun to wait. */
export function lookAgain(state: MemoryState, id: string): void {
  if (state.waiters.size === 0) return;
  for (const waiter of state.waiters.get(id) ?? []) waiter.look();
}

/** Waits for a final record; null when the signal aborts. */
function awaitEnd(state: MemoryState, id: string, signal: AbortSignal): Promise<StoredResult | null> {
  return new Promise((resolve, reject) => {
    const waiters = state.waiters.get(id) ?? new Set();
    state.waiters.set(id, waiters);
    let alarm: Timer | null = null;
    const end = (): void => {
      alarm?.cancel();
      waiters.delete(waiter);
      if (waiters.size === 0) state.waiters.delete(id);
      signal.removeEventListener("abort", abort);
    };
    const waiter: ResultWaiter = {
      settle(outcome) {
        end();
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      },
      look() {
        alarm?.cancel();
        const now = state.clock.now();
        const record = ended(state, id, now);
        if (record) return waiter.settle(record);
        const leftMs = expiryOf(state, id) - now;
        if (leftMs < Infinity)
          alarm = state.clock.after(Math.min(leftMs, LONGEST_SLEEP_MS), () => waiter.look());
      },
    };
    const abort = (): void => {
      end();
      resolve(null);
    };
    waiters.add(waiter);
    signal.addEventListener("abort", abort, { once: true });
    waiter.look();
  });
}

export function memoryResults(state: MemoryState): Results {
  /** Whether a record other than a final one may be written. */
  const isOpen = (id: string, now: EpochMs): boolean => !isFinal(keptResult(state, id, now)?.state ?? "");

  return {
    async get(ids) {
      const now = enter(state);
      return ids.map((id) => told(state, id, now));
    },

    async wait(id, signal) {
      const now = enter(state);
      const record = ended(state, id, now);
      // A mark, and no message: it has ended, and there is nothing to wait for.
      const isOver = record !== null || (isKept(state, id, now) && told(state, id, now) === null);
      return isOver || signal.aborted ? record : awaitEnd(state, id, signal);
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
