/** Finds stored entries by name, or says why there is none. */
import { ConfigurationError } from "../core/errors.js";
import { textOption } from "../core/options.js";
import { didYouMean } from "../core/nearest.js";
import { tzVersion } from "../core/tz-data.js";
import { quote } from "../core/quote.js";
import type { EntrySnapshot, EntryStore } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import { basisOf, mentionsCalendar } from "./basis.js";
import type { Entry } from "./entry.js";
import { EntryCache, type EntryCacheOptions } from "./entry-cache.js";

const PAGE = 1_000;
/** Names looked through for "did you mean". */
const MOST_NAMES = 10_000;
/** Names looked through for the history of one entry. */
const MOST_RENAMES = 10;

export class EntryLookup {
  readonly #store: Pick<Store, "entries" | "calendars">;
  readonly #declared: readonly Entry[];
  readonly cache: EntryCache;

  /** `declared`: the entries that code declares. */
  constructor(
    store: Pick<Store, "entries" | "calendars">,
    declared: readonly Entry[],
    options: EntryCacheOptions = {},
  ) {
    this.#store = store;
    this.#declared = declared;
    this.cache = new EntryCache(declared, options);
  }

  /** The calendars of the cache are those of the store. Rejects with the store's error. */
  refresh(): Promise<void> {
    return this.cache.book.refresh(this.#store);
  }

  /** The same where one of these entries names a calendar. */
  async refreshFor(stored: readonly Pick<EntrySnapshot, "definition">[]): Promise<void> {
    if (stored.some(({ definition }) => mentionsCalendar(definition))) await this.refresh();
  }

  /** Of a cursor that is computed here. */
  basisOf(entry: Entry): string {
    return basisOf(entry, this.cache.book, tzVersion());
  }

  /** Codes: SUNBEAT_ENTRY_NOT_FOUND, SUNBEAT_OPTION_INVALID. */
  async found(name: string): Promise<EntrySnapshot> {
    const [stored] = await this.#store.entries.get([textOption(name, "name")]);
    if (stored) {
      await this.refreshFor([stored]);
      return stored;
    }
    throw await this.notFound(name);
  }

  /** In order of name, those after `after`. Fewer than `limit`: there are no more. */
  async page(after: string | undefined, limit: number): Promise<EntrySnapshot[]> {
    const page = await this.#store.entries.list({ ...(after !== undefined && { after }), limit });
    await this.refreshFor(page);
    return page;
  }

  /** The name of an entry, and those that it had before, as far as the store knows. */
  namesOf(name: string): Promise<string[]> {
    return namesOf(this.#store.entries, name);
  }

  async notFound(name: string): Promise<ConfigurationError> {
    if (this.isDeclared(name)) {
      return new ConfigurationError(
        "SUNBEAT_ENTRY_NOT_FOUND",
        `entry ${quote(name)} is declared in code and not stored yet: the next beat that starts stores it`,
        { details: { entry: name } },
      );
    }
    const names: string[] = [];
    while (names.length < MOST_NAMES) {
      const page = await this.page(names.at(-1), PAGE);
      names.push(...page.map((stored) => stored.name));
      if (page.length < PAGE) break;
    }
    return new ConfigurationError(
      "SUNBEAT_ENTRY_NOT_FOUND",
      `there is no entry ${quote(name)}${didYouMean(name, names)}`,
      { details: { entry: name } },
    );
  }

  isDeclared(name: string): boolean {
    return this.#declared.some((entry) => entry.name === name);
  }

  /** The entry with a schedule that can be asked. SUNBEAT_ENTRY_INVALID when it is code this process has not. */
  timed(stored: EntrySnapshot): Entry {
    const entry = this.cache.read(stored);
    return entry.codeSchedule ? this.cache.runnable(stored) : entry;
  }
}

/** The name of an entry, and those that it had before, newest first: as far as the store knows. */
export async function namesOf(entries: Pick<EntryStore, "get">, name: string): Promise<string[]> {
  const names = new Set<string>();
  for (
    let next: string | undefined = name;
    next !== undefined && !names.has(next) && names.size < MOST_RENAMES;
  ) {
    names.add(next);
    const [stored]: (EntrySnapshot | null)[] = await entries.get([next]);
    next = stored?.previousName;
  }
  return [...names];
}
