/** A file of exported schedules in the place of a store, for a plan that asks none. */
import { canonicalJSON } from "../core/canonical-json.js";
import type { EpochMs } from "../core/clock.js";
import type { CalendarData } from "../schedules/index.js";
import type { StoredCalendar } from "../store/contracts/calendars.js";
import type { EntryDefinition, EntrySnapshot } from "../store/contracts/entries.js";
import { basisOf } from "./basis.js";
import { digestOf } from "./calendar-book.js";
import { revisionOf } from "./definition.js";
import type { Entry } from "./entry.js";
import type { EntryCache } from "./entry-cache.js";
import type { PlanDeps, PlannedStore } from "./plan.js";
import { beginning, DISABLED } from "./revise.js";

export interface ExportedSchedules {
  /** Those that the code declares are taken for its own, the others for those of run time. */
  readonly calendars: readonly CalendarData[];
  /** Definitions by name, as `portableDefinition` gives them. */
  readonly entries: Readonly<Record<string, object>>;
}

type Owned = Pick<PlanDeps, "owner" | "version" | "cache" | "calendars" | "tz">;

/** Entries of this owner, registered at `now`. The book of the cache has the calendars of the file. */
export function storeOf({ calendars, entries }: ExportedSchedules, deps: Owned, now: EpochMs): PlannedStore {
  const snapshots = byName(Object.entries(entries).map(([name, json]) => snapshotOf(name, json, deps, now)));
  const stored = byName(calendars.map((data) => storedOf(data, deps, now)));
  return {
    entries: {
      get: (names) => Promise.resolve(names.map((name) => snapshots.get(name) ?? null)),
      list: ({ after, limit }) => {
        const following = [...snapshots.values()].filter(({ name }) => after === undefined || name > after);
        return Promise.resolve(following.slice(0, limit));
      },
      put: (items) => Promise.resolve(items.map(() => "stored")),
    },
    calendars: {
      get: (names) => Promise.resolve(names.map((name) => stored.get(name) ?? null)),
      list: () => Promise.resolve([...stored.values()].map(({ data: _, ...head }) => head)),
      put: () => Promise.resolve("stored"),
    },
    now: () => Promise.resolve(now),
  };
}

function byName<T extends { readonly name: string }>(all: readonly T[]): Map<string, T> {
  return new Map([...all].sort((a, b) => (a.name < b.name ? -1 : 1)).map((each) => [each.name, each]));
}

function storedOf(data: CalendarData, { owner, version, calendars }: Owned, at: EpochMs): StoredCalendar {
  const { name } = data;
  const isOurs = calendars.some((declared) => declared.name === name);
  const whose = isOurs ? { owner, version } : { owner: "runtime", version: 0 };
  return { name, ...whose, digest: digestOf(data), etag: 0, at, data: JSON.stringify(data) };
}

function snapshotOf(
  name: string,
  json: object,
  { owner, version, cache, tz }: Owned,
  now: EpochMs,
): EntrySnapshot {
  const definition = canonicalJSON(json);
  const stored = { name, owner, version, definition, revision: revisionOf(definition) };
  const entry = readable(cache, stored);
  return {
    ...stored,
    ...(entry === null
      ? { cursor: null, disabled: DISABLED.invalid }
      : { ...beginning(entry, now), basis: basisOf(entry, cache.book, tz) }),
    ...{ etag: 0, pausedAt: null, disabledAt: null, lastDue: null, runs: 0 },
    ...{ unfinished: 0, buffered: false, lastSuccessAt: null },
  };
}

function readable(cache: EntryCache, stored: EntryDefinition): Entry | null {
  try {
    return cache.read(stored);
  } catch {
    return null;
  }
}
