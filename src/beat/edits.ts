/**
 * Edits of stored entries. Each is decided on the state that was read, written in one step of the store, and decided
 * again when somebody else was faster. Those of one process take turns, entry by entry, in the order in which they were
 * asked for: they never refuse one another, and the last one wins.
 */
import type { EpochMs } from "../core/clock.js";
import { ConfigurationError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { EntryPut, EntrySnapshot } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";

/**
 * Each lost race is an edit of another process, or a tick, that got through, so a thousand processes may edit one entry at
 * once. Only who never stops editing can keep others out for longer.
 */
const MOST_TRIES = 1_000;

export type Decide = (
  stored: EntrySnapshot | null,
  now: EpochMs,
) => EntryPut | null | Promise<EntryPut | null>;

export class EntryEdits {
  readonly #store: Pick<Store, "entries" | "now">;
  /** The end of the last edit asked for, of every entry that is being edited. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(store: Pick<Store, "entries" | "now">) {
    this.#store = store;
  }

  /** Writes what `decide` gives, null for no change, and gives the entry as it is then. */
  write(name: string, decide: Decide): Promise<EntrySnapshot> {
    return this.#inTurn(name, async () => {
      const { entries } = this.#store;
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const [[stored = null], now] = await Promise.all([entries.get([name]), this.#store.now()]);
        const put = await decide(stored, now);
        if (put === null) {
          if (stored !== null) return stored;
          continue;
        }
        const [outcome] = await entries.put([put]);
        if (outcome === "conflict") continue;
        const [written] = await entries.get([name]);
        // Deleted since then by another process: this edit came first, and must not bring the entry back.
        return written ?? asWritten(put, stored, now);
      }
      throw contended(name);
    });
  }

  /** Deletes what `find` gives; it throws where there is nothing to delete. */
  remove(name: string, find: () => Promise<EntrySnapshot>): Promise<void> {
    return this.#inTurn(name, async () => {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const { etag } = await find();
        if ((await this.#store.entries.remove(name, etag)) !== "conflict") return;
      }
      throw contended(name);
    });
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work);
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(name, over);
    void over.then(() => {
      if (this.#turns.get(name) === over) this.#turns.delete(name);
    });
    return turn;
  }
}

function asWritten(put: EntryPut, before: EntrySnapshot | null, now: EpochMs): EntrySnapshot {
  const { name, owner, version, definition, revision, cursor, pausedAt, disabled } = put;
  const { etag = 0, lastDue = null, lastSuccessAt = null } = before ?? {};
  const { runs = 0, unfinished = 0, buffered = false } = before ?? {};
  const since = before?.disabled === disabled ? before.disabledAt : now;
  return {
    ...{ name, owner, version, definition, revision, cursor, pausedAt, disabled },
    ...{
      etag,
      lastDue,
      lastSuccessAt,
      runs,
      unfinished,
      buffered,
      disabledAt: disabled === null ? null : since,
    },
  };
}

function contended(name: string): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_ENTRY_CONFLICT",
    `entry ${quote(name)} was changed by others ${MOST_TRIES} times while this edit was tried; try again`,
    { details: { entry: name } },
  );
}
