import { ConfigurationError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { type Schedule, type ScheduleJSON, scheduleFromJSON } from "../schedules/index.js";
import type { EntryDefinition } from "../store/contracts/entries.js";
import { entryFromDefinition } from "./definition.js";
import type { Entry } from "./entry.js";

type Stored = Pick<EntryDefinition, "name" | "definition" | "revision">;

/** Entries kept parsed: about half a kilobyte each, since equal schedules are shared. */
const MOST_ENTRIES = 100_000;
const MOST_SCHEDULES = 10_000;

/** A map that forgets what was put in first. */
class Bounded<V> {
  readonly #map = new Map<string, V>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): V | undefined {
    return this.#map.get(key);
  }

  set(key: string, value: V): void {
    if (this.#map.size >= this.#most) {
      const [oldest] = this.#map.keys();
      this.#map.delete(oldest!);
    }
    this.#map.set(key, value);
  }
}

/** Stored definitions as entries, parsed once per revision. Entries of one schedule share it. */
export class EntryCache {
  readonly #code: ReadonlyMap<string, Entry>;
  readonly #entries = new Bounded<Entry>(MOST_ENTRIES);
  readonly #schedules = new Bounded<Schedule>(MOST_SCHEDULES);

  /** `code`: the entries this process declares; they stand for their revision, functions and all. */
  constructor(code: readonly Entry[]) {
    this.#code = new Map(code.map((entry) => [entry.name, entry]));
  }

  /** Whether this process declares the entry in this revision, so that it has its code too. */
  isDeclared({ name, revision }: Pick<Stored, "name" | "revision">): boolean {
    return this.#code.get(name)?.revision === revision;
  }

  /** Stand-ins take the place of parts that only code can give and this process has not. SUNBEAT_ENTRY_INVALID. */
  read(stored: Stored): Entry {
    const declared = this.#code.get(stored.name);
    if (declared?.revision === stored.revision) return declared;
    const cached = this.#entries.get(stored.name);
    if (cached?.revision === stored.revision) return cached;
    const entry = entryFromDefinition(stored, (json, text) => this.#schedule(json, text));
    this.#entries.set(stored.name, entry);
    return entry;
  }

  /** As `read`, for an entry that is to be sent: throws SUNBEAT_ENTRY_INVALID where code is missing. */
  runnable(stored: Stored): Entry {
    const entry = this.read(stored);
    if (this.isDeclared(stored) || (!entry.codeArgs && !entry.codeSchedule)) return entry;
    const part = entry.codeSchedule ? "schedule" : "args function";
    throw new ConfigurationError(
      "SUNBEAT_ENTRY_INVALID",
      `entry ${quote(stored.name)}: its ${part} is code that this process does not have; ` +
        "run the beat from the app that declares it",
      { details: { entry: stored.name } },
    );
  }

  #schedule(json: ScheduleJSON, text: string): Schedule {
    const known = this.#schedules.get(text);
    if (known !== undefined) return known;
    const schedule = scheduleFromJSON(json);
    this.#schedules.set(text, schedule);
    return schedule;
  }
}
