import type { EpochMs } from "../../core/clock.js";
import type { EntryPut, EntryRecord, EntrySnapshot, EntryStore, PutOutcome } from "../contracts/entries.js";
import { publish } from "./channel.js";
import { setCursor } from "./cursor.js";
import { endOf, isExpired } from "./ends.js";
import { followUp } from "./follow-up.js";
import { recordRange } from "./ledger.js";
import { fixInstants, isKnown } from "./messages.js";
import { dropBufferedRun, startRun } from "./runs.js";
import { enter, type Entry, type MemoryState } from "./state.js";
import { tick } from "./tick.js";

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
  };
}

function snapshot(state: MemoryState, entry: Entry): EntrySnapshot {
  const { now } = state;
  const runs = state.runs.get(entry.name) ?? [];
  return {
    ...record(entry),
    unfinished: runs.reduce((count, run) => (endOf(run, now) ? count : count + 1), 0),
    buffered: entry.held !== null && !isExpired(entry.held.message, now),
  };
}

function put(state: MemoryState, item: EntryPut, now: EpochMs): PutOutcome {
  const before = state.entries.get(item.name);
  if ((before?.etag ?? null) !== item.expect) return "conflict";
  const entry: Entry = before ?? {
    name: item.name,
    owner: item.owner,
    version: item.version,
    definition: item.definition,
    revision: item.revision,
    etag: 0,
    cursor: null,
    pausedAt: null,
    disabled: null,
    disabledAt: null,
    lastDue: null,
    runs: 0,
    sequence: ++state.sequence,
    held: null,
    slot: -1,
  };
  // Its maxRuns may be another than the one under which the run was buffered: the next tick knows.
  if (entry.held?.counted && entry.revision !== item.revision) entry.held.counted = { maxRuns: null };
  entry.owner = item.owner;
  entry.version = item.version;
  entry.definition = item.definition;
  entry.revision = item.revision;
  entry.etag = ++state.sequence;
  state.entries.set(item.name, entry);
  setCursor(state, entry, item, now);
  for (const range of item.ledger) recordRange(state, item.name, range, null, now);
  publish(state, "entries", item.name);
  return "stored";
}

export function memoryEntries(state: MemoryState): EntryStore {
  /** Names in order, made again only when one came or went. */
  let names: string[] | null = null;

  return {
    async get(wanted) {
      enter(state);
      return wanted.map((name) => {
        const entry = state.entries.get(name);
        return entry ? snapshot(state, entry) : null;
      });
    },

    async list({ after, limit }) {
      enter(state);
      names ??= [...state.entries.keys()].sort();
      const begin = after === undefined ? 0 : firstAfter(names, after);
      return names
        .slice(begin, begin + limit)
        .flatMap((name) => state.entries.get(name) ?? [])
        .map((entry) => snapshot(state, entry));
    },

    async put(items) {
      const now = enter(state);
      const size = state.entries.size;
      const outcomes = items.map((item) => put(state, item, now));
      if (state.entries.size !== size) names = null;
      return outcomes;
    },

    async remove(name, expect) {
      const now = enter(state);
      const entry = state.entries.get(name);
      if (!entry) return "gone";
      if (entry.etag !== expect) return "conflict";
      if (entry.held) dropBufferedRun(state, entry.held, "removed", now);
      state.dueEntries.remove(entry);
      state.entries.delete(name);
      names = null;
      publish(state, "entries", name);
      return "removed";
    },

    async due(limit) {
      const now = enter(state);
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

    async tick(term, items) {
      return tick(state, term, items, enter(state));
    },

    async trigger(name, message, overlap) {
      const now = enter(state);
      const entry = state.entries.get(name);
      if (!entry) return "gone";
      if (state.bufferedRuns.has(message.id)) return "buffered";
      if (isKnown(state, message.id, now)) return "sent";
      const sent = fixInstants(message, name, now);
      const outcome = startRun(
        state,
        { entry, message: sent, due: now, term: null, counted: null },
        overlap,
        now,
      );
      followUp(state, now);
      publish(state, "entries", name);
      return outcome;
    },
  };
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
