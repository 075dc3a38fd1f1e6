/** `app.calendars`: the calendars of days off that schedules name. */
import type { CalendarBook, Entry, KnownCalendar } from "../beat/index.js";
import { digestOf } from "../beat/index.js";
import { ConfigurationError } from "../core/errors.js";
import { nameOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import { type CalendarData, calendarDataInvalid, checkCalendar, referencesOf } from "../schedules/index.js";
import { MOST_CALENDARS, type StoredCalendar } from "../store/contracts/calendars.js";
import type { EntrySnapshot } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";

/** A calendar as it is stored. */
export interface NamedCalendar extends CalendarData {
  /** Equal for calendars that mean the same to schedules: 16 hex digits of SHA-256 of dates and range. */
  readonly digest: string;
  /** "runtime", or "code:" and the name of the app that declares it. */
  readonly owner: string;
  /** When it was written; null: code declares it, and no beat has stored it yet. */
  readonly at: Date | null;
}

export interface CalendarsDeps {
  readonly store: Pick<Store, "calendars" | "entries">;
  readonly book: CalendarBook;
  /** Entries that code declares. */
  readonly entries: readonly Entry[];
  /** Of this app's code. */
  readonly owner: string;
  readonly audited: <T>(
    change: { readonly verb: string; readonly target: string; readonly args: unknown },
    run: () => Promise<T>,
  ) => Promise<T>;
}

const RUNTIME = "runtime";
const PAGE = 1_000;
const NAMED = 10;
const MOST_TRIES = 100;

export class Calendars {
  readonly #deps: CalendarsDeps;

  constructor(deps: CalendarsDeps) {
    this.#deps = deps;
  }

  /**
   * Stores a calendar, in place of the one that has its name. Beats compute the entries that name it anew at once: what was due next moves
   * where the days say so, and the past never fires. Codes: SUNBEAT_CALENDAR_DATA_INVALID, also for one more than 1,000;
   * SUNBEAT_CALENDAR_CONFLICT for a name that code declares.
   */
  async set(calendar: CalendarData): Promise<NamedCalendar> {
    const data = checkCalendar(calendar);
    const { name } = data;
    const digest = digestOf(data);
    const args = { days: data.days.length, covers: data.covers, digest };
    return this.#deps.audited({ verb: "setCalendar", target: name, args }, () =>
      this.#repeated(name, async (stored) => {
        if (this.#deps.book.isDeclared(name) || (stored !== null && stored.owner !== RUNTIME)) {
          throw declaredInCode(name, stored?.owner ?? this.#deps.owner, "change");
        }
        const text = JSON.stringify(data);
        if (stored?.data === text) return viewOf(stored);
        const put = { name, owner: RUNTIME, version: 0, digest, data: text, expect: stored?.etag ?? null };
        const outcome = await this.#deps.store.calendars.put(put);
        if (outcome === "full")
          throw calendarDataInvalid("name", `at most ${MOST_CALENDARS} calendars`, name);
        if (outcome === "conflict") return null;
        const [written = null] = await this.#deps.store.calendars.get([name]);
        return written && viewOf(written);
      }),
    );
  }

  /** Null: there is none of this name. SUNBEAT_OPTION_INVALID. */
  async get(name: string): Promise<NamedCalendar | null> {
    const wanted = nameOption(name, "calendars.get: name");
    await this.#refresh();
    const found = this.#deps.book.find(wanted);
    return found === undefined ? null : this.#view(found);
  }

  /** In order of name; those that code declares, too, though no beat has stored them yet. */
  async list(): Promise<NamedCalendar[]> {
    await this.#refresh();
    return this.#deps.book.list().map((known) => this.#view(known));
  }

  /**
   * Deletes a calendar; false: there is none of this name. Codes: SUNBEAT_CALENDAR_CONFLICT while entries name it, and for one that code
   * declares.
   */
  async delete(name: string): Promise<boolean> {
    const target = nameOption(name, "calendars.delete: name");
    return this.#deps.audited({ verb: "deleteCalendar", target, args: {} }, () =>
      this.#repeated(target, async (stored) => {
        const { book, owner, store } = this.#deps;
        if (book.isDeclared(target)) throw declaredInCode(target, owner, "delete");
        if (stored === null) return false;
        // One that has left our own code is nobody's any more.
        if (stored.owner !== RUNTIME && stored.owner !== owner) {
          throw declaredInCode(target, stored.owner, "delete");
        }
        const users = await entriesNaming(target, store, this.#deps.entries);
        if (users.length > 0) throw inUse(target, users);
        const outcome = await store.calendars.remove(target, stored.etag);
        return outcome === "conflict" ? null : outcome === "removed";
      }),
    );
  }

  #refresh(): Promise<void> {
    return this.#deps.book.refresh(this.#deps.store);
  }

  /** Decides on what is stored, again when somebody else was faster (null). */
  async #repeated<T>(name: string, decide: (stored: StoredCalendar | null) => Promise<T | null>): Promise<T> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const [stored = null] = await this.#deps.store.calendars.get([name]);
      const done = await decide(stored);
      if (done !== null) return done;
    }
    throw conflict(name, `was changed by others ${MOST_TRIES} times while this was tried; try again`);
  }

  #view({ data, digest, head }: KnownCalendar): NamedCalendar {
    const { owner } = this.#deps;
    return Object.freeze({ ...data, digest, owner: head?.owner ?? owner, at: head && new Date(head.at) });
  }
}

/** Names of the entries that name a calendar, stored or declared here, in order. */
export async function entriesNaming(
  calendar: string,
  store: Pick<Store, "entries">,
  declared: readonly Entry[],
): Promise<string[]> {
  return (await calendarUsers(store, declared)).get(calendar) ?? [];
}

/** The same of each calendar that is named anywhere, by stored entries that `counts` lets through. */
export async function calendarUsers(
  store: Pick<Store, "entries">,
  declared: readonly Entry[],
  counts: (stored: EntrySnapshot) => boolean = () => true,
): Promise<ReadonlyMap<string, string[]>> {
  const users = new Map<string, Set<string>>();
  const add = (entry: string, calendars: readonly string[]): void => {
    for (const calendar of calendars) users.set(calendar, (users.get(calendar) ?? new Set()).add(entry));
  };
  for (const { name, calendars } of declared) add(name, calendars);
  for (let after: string | undefined; ;) {
    const page = await store.entries.list({ ...(after !== undefined && { after }), limit: PAGE });
    for (const stored of page) if (counts(stored)) add(stored.name, calendarsIn(stored.definition));
    if (page.length < PAGE) break;
    after = page.at(-1)!.name;
  }
  return new Map([...users].map(([calendar, names]) => [calendar, [...names].sort()]));
}

function viewOf({ data, digest, owner, at }: StoredCalendar): NamedCalendar {
  return Object.freeze({ ...(JSON.parse(data) as CalendarData), digest, owner, at: new Date(at) });
}

/** Names of the calendars that a definition names; of one that cannot be read: none. */
export function calendarsIn(definition: string): readonly string[] {
  if (!definition.includes('"calendar":"')) return [];
  try {
    const { schedule } = JSON.parse(definition) as { readonly schedule: { readonly type: string } };
    return referencesOf(schedule).calendars;
  } catch {
    return [];
  }
}

function conflict(name: string, why: string, details: Record<string, unknown> = {}): ConfigurationError {
  return new ConfigurationError("SUNBEAT_CALENDAR_CONFLICT", `calendar ${quote(name)} ${why}`, {
    details: { field: "name", value: quote(name), calendar: name, ...details },
  });
}

function declaredInCode(name: string, owner: string, verb: "change" | "delete"): ConfigurationError {
  const where = quote(owner.replace(/^code:/, ""));
  const other = verb === "change" ? ", or choose another name" : "";
  return conflict(name, `is declared in the code of ${where}: ${verb} it there${other}`, { owner });
}

function inUse(name: string, users: readonly string[]): ConfigurationError {
  const shown = users.slice(0, NAMED).map((entry) => quote(entry));
  const more = users.length - shown.length;
  const list = shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
  const hint = "change or delete them first";
  return conflict(name, `is named by ${list}: ${hint}`, { entries: users.slice(0, NAMED), hint });
}
