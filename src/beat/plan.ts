/**
 * Plans. A plan is a dry run of registration: the same code, over a store that notes writes. So it cannot say anything else than a
 * beat then does.
 */
import type { EpochMs } from "../core/clock.js";
import { silentLogger } from "../core/logger.js";
import type { CalendarData } from "../schedules/index.js";
import type { CalendarPut, CalendarStore, StoredCalendar } from "../store/contracts/calendars.js";
import type { EntryPut, EntrySnapshot, EntryStore } from "../store/contracts/entries.js";
import { basisOf, becauseOf, type Moved } from "./basis.js";
import { type CalendarChange, calendarChangesOf } from "./calendar-changes.js";
import { moveOf } from "./calendar-moves.js";
import { type CalendarRegistrationDeps, registerCalendars } from "./calendar-registration.js";
import { changesOf, type EntryChange, isoOf, type RenameHint, renameHints } from "./changes.js";
import type { Entry } from "./entry.js";
import type { EntryCache } from "./entry-cache.js";
import { type Lineups, lineupsOf } from "./lineups.js";
import { register, type RegistrationDeps } from "./registration.js";

/** Plain data: what a plan file has. Instants are texts in ISO 8601. */
export interface Plan {
  /** Version of the form. */
  readonly plan: 1;
  /** Of the entries that are planned: "code:" and the app's name. */
  readonly owner: string;
  /** Deploy number of the app. */
  readonly version: number;
  /** The store's time when it was made. */
  readonly at: string;
  readonly calendars: readonly CalendarChange[];
  readonly changes: readonly EntryChange[];
  /** Declared entries that stay as they are. */
  readonly unchanged: number;
  /** Declared entries that are not registered before a calendar that they name is there. */
  readonly waiting: readonly string[];
  /** Entries, of whoever, that stay as they are and are due at another time by the calendars above, or by the time zone data of this process. */
  readonly moves: readonly PlannedMove[];
  readonly hints: readonly RenameHint[];
  /** Null: it was not counted, as of what was applied. */
  readonly peak: PlannedPeak | null;
}

export interface PlannedMove {
  readonly entry: string;
  /** What is due next now, and then; null: nothing. */
  readonly from: string;
  readonly to: string | null;
  /** "tz 2025c -> 2026a, calendar DE-BY". */
  readonly because: string;
  /** A tick would have been due that is over: it is not made up. */
  readonly passed: boolean;
}

/** The seconds with the most starts, by all entries of the store; null: nothing starts. */
export interface PlannedPeak {
  /** Of so long from `at` on. */
  readonly forMs: number;
  readonly before: { readonly at: string; readonly starts: number } | null;
  readonly after: { readonly at: string; readonly starts: number } | null;
  /** There are more than 2 million starts: it is of those that were counted. */
  readonly isCoarse: boolean;
}

/** What a plan reads of a store, and what registration writes to one. */
export interface PlannedStore {
  readonly entries: Pick<EntryStore, "get" | "list" | "put">;
  readonly calendars: Pick<CalendarStore, "get" | "list" | "put">;
  now(): Promise<EpochMs>;
}

export interface PlanDeps
  extends Omit<RegistrationDeps, "store" | "accepts" | "basis">, Pick<CalendarRegistrationDeps, "calendars"> {
  readonly store: PlannedStore;
  /** Time zone data of this process: `tzVersion`. */
  readonly tz: string;
}

/** Which writes may be done. */
export type Accepts = Pick<RegistrationDeps, "accepts"> & Pick<CalendarRegistrationDeps, "acceptsCalendar">;

/** Notes what is read, and which writes are done; a dry one does none. */
class NotingStore implements PlannedStore {
  readonly stored = new Map<string, EntrySnapshot>();
  readonly puts: EntryPut[] = [];
  readonly storedCalendars = new Map<string, StoredCalendar>();
  readonly calendarPuts: CalendarPut[] = [];
  readonly entries: PlannedStore["entries"];
  readonly calendars: PlannedStore["calendars"];
  readonly isDry: boolean;
  readonly #store: PlannedStore;
  at = 0;

  constructor(store: PlannedStore, isDry: boolean) {
    this.#store = store;
    this.isDry = isDry;
    const { entries, calendars } = store;
    this.entries = {
      get: async (names) => noted(await entries.get(names), this.stored),
      list: async (range) => noted(await entries.list(range), this.stored),
      put: async (items) => {
        const outcomes = isDry ? items.map(() => "stored" as const) : await entries.put(items);
        this.puts.push(...items.filter((_, index) => outcomes[index] === "stored"));
        return outcomes;
      },
    };
    this.calendars = {
      list: () => calendars.list(),
      get: async (names) => noted(await calendars.get(names), this.storedCalendars),
      put: async (calendar) => {
        const outcome = isDry ? "stored" : await calendars.put(calendar);
        if (outcome === "stored") this.calendarPuts.push(calendar);
        return outcome;
      },
    };
  }

  async now(): Promise<EpochMs> {
    return (this.at = await this.#store.now());
  }
}

function noted<N extends { readonly name: string }, T extends N | null>(
  found: T[],
  into: Map<string, N>,
): T[] {
  for (const each of found) if (each !== null) into.set(each.name, each);
  return found;
}

/** A plan, and what runs before and after it. */
export interface DryRun {
  readonly plan: Plan;
  readonly lineups: Lineups;
}

/** Changes nothing. Rejects with the store's error. */
export async function dryRun(deps: PlanDeps): Promise<DryRun> {
  const { logger, events } = { logger: silentLogger, events: { emit: () => undefined } };
  const store = new NotingStore(deps.store, true);
  const done = await registered({ ...deps, logger, events }, store, {});
  const { stored, puts } = store;
  return {
    plan: done.plan,
    lineups: lineupsOf({
      ...done,
      calendars: done.plan.calendars,
      stored,
      puts,
      old: deps.cache,
      declared: deps.entries,
    }),
  };
}

/** Changes nothing. Rejects with the store's error. */
export async function plan(deps: PlanDeps): Promise<Plan> {
  return (await dryRun(deps)).plan;
}

/** Registers, and gives what was written. Rejects with the store's error. */
export async function applyAll(deps: PlanDeps, accepts: Accepts = {}): Promise<Plan> {
  return (await registered(deps, new NotingStore(deps.store, false), accepts)).plan;
}

interface Done {
  readonly plan: Plan;
  readonly moved: ReadonlyMap<string, Moved>;
  /** With the calendars that are there then. */
  readonly cache: EntryCache;
}

async function registered(deps: PlanDeps, store: NotingStore, accepts: Accepts): Promise<Done> {
  const { entries: declared, owner, version, tz, inTime, cache: old } = deps;
  const calendars = await registerCalendars({ ...deps, ...accepts, store });
  // Not through the noting store: a calendar was read before it is written.
  await old.book.refresh(deps.store, inTime);
  const planned = store.isDry ? store.calendarPuts.map(({ data }) => JSON.parse(data) as CalendarData) : [];
  const cache = old.over(old.book.with(planned));
  const basis = (entry: Entry): string => basisOf(entry, cache.book, tz);
  const { conflicts, newer, waiting } = await register({ ...deps, ...accepts, cache, basis, store });
  const { stored, puts, at: now } = store;
  const all = {
    declared,
    stored,
    puts,
    conflicts,
    newer,
    now,
    read: (each: EntrySnapshot) => readable(old, each),
  };
  const changes = changesOf(all);
  const touched = new Set(changes.filter(({ action }) => action !== "unchanged").map(({ name }) => name));
  const decided = new Set([...touched, ...changes.flatMap(({ from }) => from ?? [])]);
  const moved = new Map(
    [...stored.values()].flatMap((each) => {
      const move = decided.has(each.name) ? null : moveOf(each, cache, tz, now);
      return move === null ? [] : [[each.name, move] as const];
    }),
  );
  const named = [...moved].map(([entry, { causes }]) => ({ entry, calendars: causes.calendars }));
  named.sort(byEntry);
  const registeredCalendars = {
    ...{ declared: deps.calendars, stored: store.storedCalendars, puts: store.calendarPuts, moves: named },
    ...calendars,
  };
  return {
    ...{ moved, cache },
    plan: {
      ...{ plan: 1, owner, version, at: isoOf(now) },
      calendars: calendarChangesOf(registeredCalendars),
      changes,
      unchanged: declared.filter(({ name }) => !touched.has(name) && !waiting.includes(name)).length,
      waiting: [...waiting].sort(),
      moves: [...moved].map(([entry, move]) => moveText(entry, move)).sort(byEntry),
      hints: renameHints(changes, all),
      peak: null,
    },
  };
}

function moveText(entry: string, { from, to, causes, passed }: Moved): PlannedMove {
  const times = { from: isoOf(from), to: to === null ? null : isoOf(to) };
  return { entry, ...times, because: becauseOf(causes), passed };
}

function byEntry(a: { readonly entry: string }, b: { readonly entry: string }): number {
  return a.entry < b.entry ? -1 : 1;
}

function readable(cache: EntryCache, stored: EntrySnapshot): Entry | null {
  try {
    return cache.read(stored);
  } catch {
    return null;
  }
}
