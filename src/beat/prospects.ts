import type { EpochMs } from "../core/clock.js";
import type { EntrySnapshot } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import type { Entry } from "./entry.js";
import { EntryCache, type EntryCacheOptions } from "./entry-cache.js";
import { type EntryView, hasSchedule, viewOf } from "./entry-view.js";
import { type Ending, foretell, type ForetoldRun } from "./foretell.js";

/** An entry and the runs that lie before it. */
export interface Prospect {
  readonly name: string;
  /** As the store has it; null while no beat has registered it. */
  readonly view: EntryView | null;
  /** As this process reads it; null where it cannot be read here, or only other code knows its schedule. */
  readonly entry: Entry | null;
  /** What a beat sends of it that leads from `now` on, from `from` on. Nothing where `entry` is null. */
  runs(now: EpochMs, from?: EpochMs): Generator<ForetoldRun, Ending, void>;
  /** What a beat would send of it that registers it at `now`, whatever the store knows. */
  runsOfNew(now: EpochMs): Generator<ForetoldRun, Ending, void>;
}

const PAGE = 1_000;

/** Entries for those who show them, such as the command line. */
export class Prospects {
  readonly #store: Pick<Store, "entries" | "calendars">;
  readonly #cache: EntryCache;
  readonly #declared: readonly Entry[];

  /** `declared`: the entries that code declares. */
  constructor(
    store: Pick<Store, "entries" | "calendars">,
    declared: readonly Entry[],
    options: EntryCacheOptions = {},
  ) {
    this.#store = store;
    this.#cache = new EntryCache(declared, options);
    this.#declared = declared;
  }

  /** Those that code declares, as though no store had them. */
  declared(): Prospect[] {
    return this.#declared.map((entry) => prospect(entry.name, this.#cache.boundIfKnown(entry), null, null));
  }

  /** Those that the store has, in order of name. Rejects with the store's error. */
  async stored(): Promise<Prospect[]> {
    await this.#cache.book.refresh(this.#store);
    const found: Prospect[] = [];
    for (let after: string | undefined; ; after = found.at(-1)!.name) {
      const range = { ...(after !== undefined && { after }), limit: PAGE };
      const page = await this.#store.entries.list(range);
      found.push(...page.map((stored) => this.#prospect(stored)));
      if (page.length < PAGE) return found;
    }
  }

  /** One of those that the store has, or null. Rejects with the store's error. */
  async find(name: string): Promise<Prospect | null> {
    await this.#cache.book.refresh(this.#store);
    const [stored] = await this.#store.entries.get([name]);
    return stored ? this.#prospect(stored) : null;
  }

  #prospect(stored: EntrySnapshot): Prospect {
    const view = viewOf(stored, this.#cache);
    const entry = view.problem === null ? this.#cache.read(stored) : null;
    const known = entry !== null && hasSchedule(entry, stored, this.#cache);
    return prospect(stored.name, known ? entry : null, view, stored);
  }
}

function prospect(
  name: string,
  entry: Entry | null,
  view: EntryView | null,
  state: EntrySnapshot | null,
): Prospect {
  return {
    name,
    view,
    entry,
    runs: (now, from) => (entry === null ? unknown() : foretell(entry, state, now, from)),
    runsOfNew: (now) => (entry === null ? unknown() : foretell(entry, null, now)),
  };
}

/** No run that anybody here could tell. */
function* unknown(): Generator<ForetoldRun, Ending, void> {
  return "unknown";
}
