/** Results in a map, and those who wait for them. */
import type { EpochMs } from "../../core/clock.js";
import { isFinal } from "../../tasks/states.js";
import type { ResultRecord, StoredResult } from "../contracts/results.js";
import type { ResultRecords } from "../rules/records.js";
import type { KeptResult, MemoryState } from "./state.js";

export class MemoryResults implements ResultRecords {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  isKept(id: string): boolean {
    return isKept(this.#state, id);
  }

  kept(id: string): StoredResult | null {
    return isKept(this.#state, id) ? (this.#state.results.get(id)?.stored ?? null) : null;
  }

  keep(id: string, record: ResultRecord, ttlMs: number): void {
    const { now, waiters } = this.#state;
    const stored: { -readonly [Key in keyof StoredResult]: StoredResult[Key] } = {
      id,
      state: record.state,
      payload: record.payload,
      at: now,
    };
    if (record.reason !== undefined) stored.reason = record.reason;
    if (record.worker !== undefined) stored.worker = record.worker;
    this.drop(id);
    if (ttlMs > 0) this.#put({ slot: -1, id, stored, until: now + ttlMs });
    if (isFinal(stored.state)) for (const waiter of waiters.get(id) ?? []) waiter.settle(stored);
  }

  keepUntil(id: string, until: EpochMs): void {
    const kept = this.#state.results.get(id);
    if (!kept) return;
    this.drop(id);
    if (until > this.#state.now) this.#put({ ...kept, until });
  }

  mark(id: string, ttlMs: number): void {
    this.drop(id);
    this.#put({ slot: -1, id, stored: null, until: this.#state.now + ttlMs });
    for (const waiter of this.#state.waiters.get(id) ?? []) waiter.settle(null);
  }

  #put(kept: KeptResult): void {
    this.#state.results.set(kept.id, kept);
    this.#state.resultEnds.push(kept, kept.until, 0);
  }

  drop(id: string): void {
    const kept = this.#state.results.get(id);
    if (!kept) return;
    this.#state.results.delete(id);
    this.#state.resultEnds.remove(kept);
  }
}

export function isKept({ results, now }: MemoryState, id: string): boolean {
  return (results.get(id)?.until ?? 0) > now;
}

/** Has those who wait for its result look at a message that has begun to wait. */
export function lookAgain({ waiters }: MemoryState, id: string): void {
  if (waiters.size === 0) return;
  for (const waiter of waiters.get(id) ?? []) waiter.look();
}

/** Drops at most `limit` results whose time is over. */
export function sweepResults({ results, resultEnds, now }: MemoryState, limit: number): number {
  let dropped = 0;
  for (; dropped < limit; dropped++) {
    const kept = resultEnds.peek();
    if (!kept || kept.until > now) break;
    resultEnds.remove(kept);
    results.delete(kept.id);
  }
  return dropped;
}
