import type { Clock } from "../core/clock.js";
import type { EntrySnapshot } from "../store/contracts/entries.js";

interface Quarantined {
  readonly etag: number;
  readonly reason: string;
  readonly pauseMs: number;
  readonly retryAt: number;
}

/** Beyond it entries are disabled in the store, except those that a newer version may have written. */
const MOST_QUARANTINED = 1_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/**
 * Entries that cannot be sent: a definition this process cannot read, code it does not have, a schedule or an args
 * function that throws. Each is left alone and tried again later, or at once when it is edited. Its cursor stays, so
 * that a beat which can send it finds nothing lost. It also stays due, so the loop asks the store for so many more, and the
 * number kept here is bounded.
 */
export class Quarantine {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Quarantined>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether this entry is here already, or can be taken in. */
  hasRoom({ name }: Pick<EntrySnapshot, "name">): boolean {
    return this.#entries.has(name) || this.#entries.size < MOST_QUARANTINED;
  }

  /** Names and reasons, for people. */
  list(): { readonly entry: string; readonly reason: string }[] {
    return [...this.#entries].map(([entry, { reason }]) => ({ entry, reason }));
  }

  /** Whether to leave this entry alone for now. */
  holds(stored: Pick<EntrySnapshot, "name" | "etag">): boolean {
    const found = this.#entries.get(stored.name);
    return found?.etag === stored.etag && this.#clock.monotonicMs() < found.retryAt;
  }

  /** True when this is news: another reason, or another state of the entry, than before. */
  add(stored: Pick<EntrySnapshot, "name" | "etag">, reason: string): boolean {
    const found = this.#entries.get(stored.name);
    const same = found?.etag === stored.etag;
    const pauseMs = found && same ? Math.min(found.pauseMs * 2, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
    const retryAt = this.#clock.monotonicMs() + pauseMs;
    this.#entries.set(stored.name, { etag: stored.etag, reason, pauseMs, retryAt });
    return !same || found.reason !== reason;
  }

  /** All of them are tried again at once: what they want may be there now. */
  retry(): void {
    const now = this.#clock.monotonicMs();
    for (const [name, entry] of this.#entries) this.#entries.set(name, { ...entry, retryAt: now });
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }

  /** Forgets those that are not due any more: deleted, paused or sent by somebody else. */
  keepOnly(due: readonly Pick<EntrySnapshot, "name">[]): void {
    if (this.#entries.size === 0) return;
    const names = new Set(due.map(({ name }) => name));
    for (const name of this.#entries.keys()) if (!names.has(name)) this.#entries.delete(name);
  }

  /** Milliseconds until the first of them is tried again; null: none is held. */
  nextInMs(): number | null {
    let earliest: number | null = null;
    for (const { retryAt } of this.#entries.values()) {
      if (earliest === null || retryAt < earliest) earliest = retryAt;
    }
    return earliest === null ? null : Math.max(0, earliest - this.#clock.monotonicMs());
  }
}
