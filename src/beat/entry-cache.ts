import { ConfigurationError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { type Schedule, type ScheduleJSON, scheduleFromJSON } from "../schedules/index.js";
import type { EntryDefinition } from "../store/contracts/entries.js";
import { CalendarBook } from "./calendar-book.js";
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

export interface EntryCacheOptions {
  /** The jitter of stored entries that name none. Default 0. */
  readonly spreadMs?: number | undefined;
  /** What the process knows of calendars. Default: nothing. */
  readonly book?: CalendarBook | undefined;
}

/** Stored definitions as entries, parsed once per revision. Entries of one schedule share it. */
export class EntryCache {
  readonly #code: ReadonlyMap<string, Entry>;
  readonly #entries = new Bounded<Entry>(MOST_ENTRIES);
  readonly #schedules = new Bounded<Schedule>(MOST_SCHEDULES);
  readonly #spreadMs: number;
  readonly book: CalendarBook;
  /** Entries with the calendars of the book, and of which generation of it. */
  #bound = new Bounded<{ readonly of: Entry; readonly entry: Entry }>(MOST_ENTRIES);
  #boundSchedules = new Bounded<Schedule>(MOST_SCHEDULES);
  #generation = -1;

  /** `code`: the entries this process declares; they stand for their revision, functions and all. */
  constructor(code: readonly Entry[], { spreadMs = 0, book = new CalendarBook() }: EntryCacheOptions = {}) {
    this.#spreadMs = spreadMs;
    this.#code = new Map(code.map((entry) => [entry.name, entry]));
    this.book = book;
  }

  /** Of the same code, with other calendars. */
  over(book: CalendarBook): EntryCache {
    return book === this.book
      ? this
      : new EntryCache([...this.#code.values()], { spreadMs: this.#spreadMs, book });
  }

  /** Whether this process declares the entry in this revision, so that it has its code too. */
  isDeclared({ name, revision }: Pick<Stored, "name" | "revision">): boolean {
    return this.#code.get(name)?.revision === revision;
  }

  /**
   * Stand-ins take the place of parts that only code can give and this process has not. Codes: SUNBEAT_ENTRY_INVALID,
   * SUNBEAT_CALENDAR_UNKNOWN.
   */
  read(stored: Stored): Entry {
    return this.bound(this.#read(stored));
  }

  /** With the calendars of the book. Throws SUNBEAT_CALENDAR_UNKNOWN. */
  bound(entry: Entry): Entry {
    if (entry.calendars.length === 0) return entry;
    if (this.#generation !== this.book.generation) {
      this.#generation = this.book.generation;
      this.#bound = new Bounded(MOST_ENTRIES);
      this.#boundSchedules = new Bounded(MOST_SCHEDULES);
    }
    const known = this.#bound.get(entry.name);
    if (known?.of === entry) return known.entry;
    this.book.assertKnown(entry.calendars);
    const made = Object.freeze({ ...entry, schedule: this.#boundSchedule(entry) });
    this.#bound.set(entry.name, { of: entry, entry: made });
    return made;
  }

  /** Null: a calendar that it names is not there. */
  boundIfKnown(entry: Entry): Entry | null {
    return entry.calendars.every((name) => this.book.find(name) !== undefined) ? this.bound(entry) : null;
  }

  #boundSchedule({ codeSchedule, scheduleText, withCalendars }: Entry): Schedule {
    if (codeSchedule) return withCalendars(this.book.lookup);
    const known = this.#boundSchedules.get(scheduleText);
    if (known !== undefined) return known;
    const schedule = withCalendars(this.book.lookup);
    this.#boundSchedules.set(scheduleText, schedule);
    return schedule;
  }

  #read(stored: Stored): Entry {
    const declared = this.#code.get(stored.name);
    if (declared?.revision === stored.revision) return declared;
    const cached = this.#entries.get(stored.name);
    if (cached?.revision === stored.revision) return cached;
    const entry = entryFromDefinition(stored, (json, text) => this.#schedule(json, text), this.#spreadMs);
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
