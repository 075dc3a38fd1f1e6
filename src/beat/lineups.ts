/** The entries that run before a plan is applied, and those that run afterwards: what becomes busier can be counted. Pure. */
import type { EntryPut, EntrySnapshot } from "../store/contracts/entries.js";
import type { Moved } from "./basis.js";
import type { Entry } from "./entry.js";
import type { EntryCache } from "./entry-cache.js";
import { hasSchedule } from "./entry-view.js";
import type { CalendarChange } from "./calendar-changes.js";

export interface RunningEntry {
  readonly entry: Entry;
  readonly stored: EntrySnapshot;
}

/** Without those whose schedule this process does not know. */
export interface Lineups {
  /** They run as before. */
  readonly same: readonly RunningEntry[];
  readonly before: readonly RunningEntry[];
  readonly after: readonly RunningEntry[];
}

export interface LineupFacts {
  readonly calendars: readonly CalendarChange[];
  readonly declared: readonly Entry[];
  /** As read, by name. */
  readonly stored: ReadonlyMap<string, EntrySnapshot>;
  readonly puts: readonly EntryPut[];
  readonly moved: ReadonlyMap<string, Moved>;
  /** With the calendars of now, and with those of then. */
  readonly old: EntryCache;
  readonly cache: EntryCache;
}

export function lineupsOf({ calendars, declared, stored, puts, moved, old, cache }: LineupFacts): Lineups {
  const changed = new Set(calendars.flatMap(({ name, writes }) => (writes ? [name] : [])));
  const byName = new Map(declared.map((entry) => [entry.name, entry]));
  const putOf = new Map(puts.map((put) => [put.name, put]));
  const lineups = { same: [] as RunningEntry[], before: [] as RunningEntry[], after: [] as RunningEntry[] };
  for (const found of stored.values()) {
    const was = running(old, found);
    const put = putOf.get(found.name);
    if (
      put === undefined &&
      was !== null &&
      !was.entry.calendars.some((name) => changed.has(name)) &&
      !moved.has(found.name)
    ) {
      lineups.same.push(was);
      continue;
    }
    if (was !== null) lineups.before.push(was);
    const is = running(cache, afterwards(found, put ?? moved.get(found.name)?.put));
    if (is !== null) lineups.after.push(is);
  }
  for (const put of puts) {
    if (stored.has(put.name) || !byName.has(put.name)) continue;
    const is = running(cache, afterwards(null, put));
    if (is !== null) lineups.after.push(is);
  }
  return lineups;
}

function afterwards(found: EntrySnapshot | null, put: EntryPut | undefined): EntrySnapshot {
  if (put === undefined) return found!;
  const { ran, expect: _, ledger: __, ...written } = put;
  const unknown = { etag: 0, disabledAt: null, unfinished: 0, buffered: false, lastSuccessAt: null };
  const { lastDue, runs } = ran ?? found ?? { lastDue: null, runs: 0 };
  return { ...unknown, ...found, ...written, lastDue, runs };
}

/** Null: it does not run, or cannot be read here. */
function running(cache: EntryCache, stored: EntrySnapshot): RunningEntry | null {
  if (stored.disabled !== null || stored.pausedAt !== null) return null;
  try {
    const entry = cache.read(stored);
    return hasSchedule(entry, stored, cache) ? { entry, stored } : null;
  } catch {
    return null;
  }
}
