/**
 * Writes the entries that code declares into the store, at the start of every beat.
 *
 * One walk over the stored entries finds what is new, changed, back, or gone from the code. Each write names the state
 * it was decided on, so that two beats which register at once cannot undo each other: the slower one reads again and
 * decides again. An older deploy (lower version) changes nothing that a newer one has written.
 */
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { EntryPut, EntrySnapshot } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import type { InTime } from "../core/patience.js";
import type { Entry } from "./entry.js";
import type { EntryCache } from "./entry-cache.js";
import { DISABLED, pastRanges, putOf, revise } from "./revise.js";

export interface RegistrationDeps {
  readonly store: Pick<Store, "entries" | "now">;
  readonly logger: Logger;
  readonly cache: EntryCache;
  readonly inTime: InTime;
  readonly entries: readonly Entry[];
  /** "code:" and the app's name. */
  readonly owner: string;
  readonly version: number;
}

export interface Registration {
  /** Entries added, changed or enabled again. */
  readonly written: number;
  /** Entries that left the code. */
  readonly left: number;
  /** Declared here, but of another owner in the store, which was not touched. */
  readonly conflicts: readonly string[];
  /** Declared here, but written by a newer version, which was not touched. */
  readonly newer: readonly string[];
}

const PAGE = 1_000;
const MOST_ROUNDS = 5;

/** Rejects with the store's error; may then be repeated. */
export async function register(deps: RegistrationDeps): Promise<Registration> {
  return new Registrar(deps).run();
}

class Registrar {
  readonly #deps: RegistrationDeps;
  readonly #declared: ReadonlyMap<string, Entry>;
  readonly #conflicts = new Set<string>();
  readonly #newer = new Set<string>();
  #written = 0;
  #left = 0;
  #now = 0;

  constructor(deps: RegistrationDeps) {
    this.#deps = deps;
    this.#declared = new Map(deps.entries.map((entry) => [entry.name, entry]));
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
    };
  }

  #storeNow(): Promise<number> {
    return this.#deps.inTime("now", this.#deps.store.now());
  }

  /** Names whose write lost a race. */
  async #walk(): Promise<string[]> {
    const { store, inTime } = this.#deps;
    const lost: string[] = [];
    const unseen = new Set(this.#declared.keys());
    let after: string | undefined;
    for (;;) {
      const range = { ...(after !== undefined && { after }), limit: PAGE };
      const page = await inTime("list", store.entries.list(range));
      const puts = page.map((stored) => {
        unseen.delete(stored.name);
        return this.#decide(stored.name, stored);
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
        else if (put.disabled === DISABLED.leftCode) this.#left++;
        else this.#written++;
      });
    }
    return lost;
  }

  #decide(name: string, stored: EntrySnapshot | null): EntryPut | null {
    const entry = this.#declared.get(name);
    try {
      if (entry === undefined) return stored === null ? null : this.#leaving(stored);
      return this.#wanted(entry, stored);
    } catch (error) {
      // A custom schedule that throws must not keep the other entries from running.
      this.#deps.logger.error(failureEntry(`beat: entry ${quote(name)} is not registered`, error));
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
    return revise(stored, this.#readable(stored), { entry, owner, version }, this.#now);
  }

  #leaving(stored: EntrySnapshot): EntryPut | null {
    const { owner, version } = this.#deps;
    const ours = stored.owner === owner && stored.version <= version;
    if (!ours || stored.disabled === DISABLED.leftCode) return null;
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
