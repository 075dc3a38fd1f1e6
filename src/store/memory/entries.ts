import type { EpochMs } from "../../core/clock.js";
import type { EntryRecord, EntrySnapshot, EntryStore, UpcomingPlace } from "../contracts/entries.js";
import { endOf, isExpired } from "../rules/ends.js";
import { putEntry, removeEntry } from "../rules/entries.js";
import { tick, trigger } from "../rules/tick.js";
import type { MemoryRecords } from "./records.js";
import type { Buffered, Entry, MemoryState } from "./state.js";

function record(entry: Entry): EntryRecord {
  return {
    name: entry.name,
    owner: entry.owner,
    version: entry.version,
    definition: entry.definition,
    revision: entry.revision,
    etag: entry.etag,
    cursor: entry.cursor,
    pausedAt: entry.pausedAt,
    disabled: entry.disabled,
    disabledAt: entry.disabledAt,
    lastDue: entry.lastDue,
    runs: entry.runs,
    ...(entry.basis !== null && entry.disabled === null && { basis: entry.basis }),
  };
}

/** It has not expired. */
function isBuffered({ messages, now }: MemoryState, run: Buffered | null): boolean {
  const message = run && messages.get(run.id);
  return message ? !isExpired(message, now) : false;
}

function snapshot(state: MemoryState, entry: Entry): EntrySnapshot {
  const { now } = state;
  const runs = state.runs.get(entry.name) ?? [];
  return {
    ...record(entry),
    unfinished: runs.reduce((count, run) => (endOf(run, now) ? count : count + 1), 0),
    buffered: isBuffered(state, entry.buffered),
    lastSuccessAt: entry.lastSuccessAt,
    ...(entry.previousName !== null && { previousName: entry.previousName }),
  };
}

export function memoryEntries(records: MemoryRecords): EntryStore {
  const { state } = records;
  /** Names in order, made again only when one came or went. */
  let names: string[] | null = null;

  return {
    async get(wanted) {
      records.enter();
      return wanted.map((name) => {
        const entry = state.entries.get(name);
        return entry ? snapshot(state, entry) : null;
      });
    },

    async list({ after, limit }) {
      records.enter();
      names ??= [...state.entries.keys()].sort();
      const begin = after === undefined ? 0 : firstAfter(names, after);
      return names
        .slice(begin, begin + limit)
        .flatMap((name) => state.entries.get(name) ?? [])
        .map((entry) => snapshot(state, entry));
    },

    async put(items) {
      records.enter();
      const size = state.entries.size;
      const outcomes = items.map((item) => putEntry(records, item));
      if (state.entries.size !== size) names = null;
      return outcomes;
    },

    async remove(name, expect) {
      const outcome = removeEntry(records.enter(), name, expect);
      if (outcome === "removed") names = null;
      return outcome;
    },

    async due(limit) {
      const { now } = records.enter();
      const foremost = state.dueEntries.first(limit + 1, now);
      const entries: EntryRecord[] = [];
      let nextAt: EpochMs | null = null;
      for (const entry of foremost) {
        const dispatchAt = entry.cursor?.dispatchAt ?? Infinity;
        if (dispatchAt > now || entries.length === limit) {
          nextAt = dispatchAt;
          break;
        }
        entries.push(record(entry));
      }
      return { entries, nextAt, now };
    },

    async upcoming({ after, limit }) {
      records.enter();
      return foremost(state.entries.values(), after, limit).map(record);
    },

    async basisWalk() {
      records.enter();
      return state.basisWalk;
    },

    async putBasisWalk(term, { basis, walk }) {
      if (!records.enter().isCurrentTerm(term)) return "fenced";
      state.basisWalk = { basis, walk };
      return "stored";
    },

    async tick(term, items) {
      return tick(records.enter(), term, items);
    },

    async trigger(name, message, overlap) {
      return trigger(records.enter(), name, message, overlap);
    },
  };
}

/**
 * The first of those that will be due, in order. One look at each, since a walk asks a thousand times of a million: sorted are only those
 * that may be among the first, whenever twice as many as wanted have come together.
 */
function foremost(entries: Iterable<Entry>, after: UpcomingPlace | null, limit: number): Entry[] {
  let found: Entry[] = [];
  let last: UpcomingPlace | null = null;
  for (const entry of entries) {
    if (entry.slot < 0) continue;
    const place = placeOf(entry);
    if (after !== null && !isBefore(after, place)) continue;
    if (last !== null && !isBefore(place, last)) continue;
    found.push(entry);
    if (found.length < 2 * limit) continue;
    found = inOrder(found).slice(0, limit);
    last = placeOf(found.at(-1)!);
  }
  return inOrder(found).slice(0, limit);
}

function inOrder(entries: Entry[]): Entry[] {
  return entries.sort((a, b) => (isBefore(placeOf(a), placeOf(b)) ? -1 : 1));
}

/** Of an entry that stands among those that will be due. */
function placeOf({ cursor, name }: Entry): UpcomingPlace {
  return { dispatchAt: cursor!.dispatchAt, name };
}

function isBefore(a: UpcomingPlace, b: UpcomingPlace): boolean {
  return a.dispatchAt === b.dispatchAt ? a.name < b.name : a.dispatchAt < b.dispatchAt;
}

/** Where the names after `name` begin, by bisection. */
function firstAfter(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? "") <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}
