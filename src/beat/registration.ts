/**
 * Writes the entries that code declares into the store, at the start of every beat.
 *
 * One walk over the stored entries finds what is new, changed, back, or gone from the code. Each write names the state
 * it was decided on, so that two beats which register at once cannot undo each other: the slower one reads again and
 * decides again. An older deploy (lower version) changes nothing that a newer one has written. Entries with another name than
 * before come last, each with its old one (rename.ts).
 */
import { isSunbeatError } from "../core/errors.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { Events } from "../events/index.js";
import type { EntryPut, EntrySnapshot, EntryStore } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import type { InTime } from "../core/patience.js";
import type { Entry } from "./entry.js";
import type { EntryCache } from "./entry-cache.js";
import { type Rename, renameOf } from "./rename.js";
import { DISABLED, goneFromCode, pastRanges, putOf, revise } from "./revise.js";

export interface RegistrationDeps {
  readonly store: Pick<Store, "now"> & { readonly entries: Pick<EntryStore, "get" | "list" | "put"> };
  readonly logger: Logger;
  readonly events: Pick<Events, "emit">;
  readonly cache: EntryCache;
  readonly inTime: InTime;
  readonly entries: readonly Entry[];
  /** "code:" and the app's name. */
  readonly owner: string;
  readonly version: number;
  /** Of an entry of the cache. Absent: none of them has one. */
  readonly basis?: (entry: Entry) => string;
  /** Whether a write may be done; `stored`: what it was decided on. Absent: each may. */
  readonly accepts?: ((put: EntryPut, stored: EntrySnapshot | null) => boolean) | undefined;
}

export interface Registration {
  /** Entries added, changed or enabled again. */
  readonly written: number;
  /** Entries that left the code, or got another name there. */
  readonly left: number;
  /** Declared here, but of another owner in the store, which was not touched. */
  readonly conflicts: readonly string[];
  /** Declared here, but written by a newer version, which was not touched. */
  readonly newer: readonly string[];
  /** Declared here, and not registered until the calendars that they name are there. */
  readonly waiting: readonly string[];
}

const PAGE = 1_000;
/** Of entries that the code has no more under that name: by the reason for which they are disabled. */
const GONE: Readonly<Record<string, "left-code" | "renamed">> = {
  [DISABLED.leftCode]: "left-code",
  [DISABLED.renamed]: "renamed",
};
const MOST_ROUNDS = 5;

/** Rejects with the store's error; may then be repeated. */
export async function register(deps: RegistrationDeps): Promise<Registration> {
  return new Registrar(deps).run();
}

/** An entry with another name than before, and that name. */
interface Pair {
  readonly entry: Entry;
  readonly from: string;
}

class Registrar {
  readonly #deps: RegistrationDeps;
  readonly #declared: ReadonlyMap<string, Entry>;
  readonly #pairs: readonly Pair[];
  /** Under either name of a pair. */
  readonly #paired: ReadonlySet<string>;
  readonly #conflicts = new Set<string>();
  readonly #newer = new Set<string>();
  readonly #waiting = new Set<string>();
  #written = 0;
  #left = 0;
  #now = 0;

  constructor(deps: RegistrationDeps) {
    this.#deps = deps;
    this.#declared = new Map(deps.entries.map((entry) => [entry.name, entry]));
    this.#pairs = deps.entries.flatMap((entry) =>
      entry.renamedFrom === null ? [] : [{ entry, from: entry.renamedFrom }],
    );
    this.#paired = new Set(this.#pairs.flatMap(({ entry, from }) => [entry.name, from]));
  }

  async run(): Promise<Registration> {
    const { logger } = this.#deps;
    this.#now = await this.#storeNow();
    let open = await this.#walk();
    // Lost races are decided again on what is stored now; each round somebody has won, so few rounds are enough.
    for (let round = 1; open.length > 0 && round < MOST_ROUNDS; round++) {
      this.#now = await this.#storeNow();
      const stored = await this.#get(open);
      open = await this.#put(open.map((name, index) => this.#decide(name, stored[index] ?? null)));
    }
    open.push(...(await this.#rename()));
    if (open.length > 0) {
      logger.warn(`beat: ${open.length} entries keep changing, left as they are: ${some(open)}`);
    }
    if (this.#conflicts.size > 0) {
      const names = some([...this.#conflicts]);
      logger.error(
        `beat: not registered, since these names belong to somebody else: ${names}; ` +
          "rename them in code, or delete the stored ones",
      );
    }
    if (this.#newer.size > 0) {
      logger.warn(`beat: left alone, written by a newer version: ${some([...this.#newer])}`);
    }
    return {
      written: this.#written,
      left: this.#left,
      conflicts: [...this.#conflicts],
      newer: [...this.#newer],
      waiting: [...this.#waiting],
    };
  }

  #storeNow(): Promise<number> {
    return this.#deps.inTime("now", this.#deps.store.now());
  }

  /** Names whose write lost a race. */
  async #walk(): Promise<string[]> {
    const { store, inTime } = this.#deps;
    const lost: string[] = [];
    const unseen = new Set([...this.#declared.keys()].filter((name) => !this.#paired.has(name)));
    let after: string | undefined;
    for (;;) {
      const range = { ...(after !== undefined && { after }), limit: PAGE };
      const page = await inTime("list", store.entries.list(range));
      const puts = page.map((stored) => {
        unseen.delete(stored.name);
        return this.#paired.has(stored.name) ? null : this.#decide(stored.name, stored);
      });
      lost.push(...(await this.#put(puts)));
      if (page.length < PAGE) break;
      after = page.at(-1)!.name;
    }
    const fresh = [...unseen];
    for (let from = 0; from < fresh.length; from += PAGE) {
      const puts = fresh.slice(from, from + PAGE).map((name) => this.#decide(name, null));
      lost.push(...(await this.#put(puts)));
    }
    return lost;
  }

  /** New names whose writes keep losing races. */
  async #rename(): Promise<string[]> {
    let open = this.#pairs;
    for (let round = 0; open.length > 0 && round < MOST_ROUNDS; round++) {
      this.#now = await this.#storeNow();
      const stored = await this.#get(open.map(({ entry }) => entry.name));
      const froms = await this.#get(open.map(({ from }) => from));
      const decided = open.map((pair, index) =>
        this.#decidePair(pair, stored[index] ?? null, froms[index] ?? null),
      );
      const lost = new Set(await this.#put(decided.map(({ old }) => old)));
      // A new name must not run before the old one has ended.
      const puts = decided.flatMap(({ put }, index) => (lost.has(open[index]!.from) ? [] : [put]));
      for (const name of await this.#put(puts)) lost.add(name);
      open = open.filter(({ entry, from }) => lost.has(from) || lost.has(entry.name));
    }
    return open.map(({ entry }) => entry.name);
  }

  #decidePair(
    { entry, from: name }: Pair,
    stored: EntrySnapshot | null,
    from: EntrySnapshot | null,
  ): { readonly old: EntryPut | null; readonly put: EntryPut | null } {
    const rename = this.#guarded(entry.name, () => this.#renaming(entry, stored, from));
    if (rename !== null) return rename;
    return { old: this.#decide(name, from), put: this.#decide(entry.name, stored) };
  }

  /** Null: there is nothing to take over, or what it takes may not be written. */
  #renaming(entry: Entry, stored: EntrySnapshot | null, from: EntrySnapshot | null): Rename | null {
    const { owner, version, accepts } = this.#deps;
    const rename = renameOf(
      { stored, from, old: this.#readable(from) },
      { entry, owner, version },
      this.#now,
    );
    const isRefused = rename !== null && accepts?.(rename.put, from) === false;
    return isRefused ? null : rename;
  }

  async #get(names: readonly string[]): Promise<(EntrySnapshot | null)[]> {
    const { store, inTime } = this.#deps;
    const found: (EntrySnapshot | null)[] = [];
    for (let from = 0; from < names.length; from += PAGE) {
      found.push(...(await inTime("get", store.entries.get(names.slice(from, from + PAGE)))));
    }
    return found;
  }

  async #put(decided: readonly (EntryPut | null)[]): Promise<string[]> {
    const { store, inTime } = this.#deps;
    const puts = decided.filter((put) => put !== null);
    const lost: string[] = [];
    for (let from = 0; from < puts.length; from += PAGE) {
      const batch = puts.slice(from, from + PAGE);
      const outcomes = await inTime("put", store.entries.put(batch));
      batch.forEach((put, index) => {
        if (outcomes[index] === "conflict") lost.push(put.name);
        else this.#changed(put);
      });
    }
    return lost;
  }

  #changed({ name: entry, disabled }: EntryPut): void {
    const { events, owner: by } = this.#deps;
    const gone = goneFromCode({ disabled });
    if (gone) this.#left++;
    else this.#written++;
    events.emit("schedule-changed", { entry, action: gone ? GONE[disabled!]! : "set", by });
  }

  #decide(name: string, stored: EntrySnapshot | null): EntryPut | null {
    const entry = this.#declared.get(name);
    return this.#guarded(name, () => {
      const put = entry === undefined ? this.#leaving(stored) : this.#wanted(entry, stored);
      return put !== null && this.#deps.accepts?.(put, stored) === false ? null : put;
    });
  }

  /** Null where it throws. */
  #guarded<T>(name: string, decide: () => T | null): T | null {
    try {
      return decide();
    } catch (error) {
      if (isSunbeatError(error) && error.code === "SUNBEAT_CALENDAR_UNKNOWN") this.#waiting.add(name);
      // A custom schedule that throws must not keep the other entries from running.
      this.#deps.logger.error(failureEntry(`beat: entry ${quote(name)} is not registered`, error), {
        entry: name,
        err: error,
      });
      return null;
    }
  }

  #wanted(entry: Entry, stored: EntrySnapshot | null): EntryPut | null {
    const { owner, version } = this.#deps;
    if (stored !== null && stored.owner !== owner) {
      this.#conflicts.add(entry.name);
      return null;
    }
    if (stored !== null && stored.version > version) {
      if (stored.revision !== entry.revision) this.#newer.add(entry.name);
      return null;
    }
    const { cache, basis } = this.#deps;
    const wanted = { entry: cache.bound(entry), owner, version, basis: basis?.(entry) ?? "" };
    return revise(stored, this.#readable(stored), wanted, this.#now);
  }

  #leaving(stored: EntrySnapshot | null): EntryPut | null {
    if (stored === null) return null;
    const { owner, version } = this.#deps;
    const ours = stored.owner === owner && stored.version <= version;
    if (!ours || goneFromCode(stored)) return null;
    const ran = stored.disabled === null;
    return putOf(stored, {
      version,
      cursor: null,
      disabled: DISABLED.leftCode,
      ledger: ran ? pastRanges(this.#readable(stored), stored.cursor, this.#now, "left-code") : [],
    });
  }

  #readable(stored: EntrySnapshot | null): Entry | null {
    if (stored === null) return null;
    try {
      return this.#deps.cache.read(stored);
    } catch {
      return null;
    }
  }
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => quote(name));
  const more = names.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
