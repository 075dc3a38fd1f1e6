/** Reads what timelines are made of: the ledger, results and records of an entry. */
import type { Entry } from "../beat/entry.js";
import type { EntryCache } from "../beat/entry-cache.js";
import { hasSchedule } from "../beat/entry-view.js";
import { namesOf } from "../beat/entry-lookup.js";
import { historyOf, type HistoryRow } from "../beat/history.js";
import { triggerId } from "../beat/occurrences.js";
import type { EpochMs } from "../core/clock.js";
import { isSunbeatError } from "../core/errors.js";
import type { EntrySnapshot } from "../store/contracts/entries.js";
import type { TaskRecord } from "../store/contracts/history.js";
import type { Store } from "../store/contracts/store.js";
import type { StoredResult } from "../store/contracts/stored-result.js";
import {
  cellsOf,
  ticksOf,
  type TickFacts,
  type TimelineCell,
  type TimelineItem,
  type TimelineRange,
} from "./timeline.js";

export interface Timeline {
  readonly entry: string;
  readonly from: Date;
  readonly to: Date;
  /** In order of due; empty where there are cells. */
  readonly items: readonly TimelineItem[];
  /** Where there are more ticks than `limit`: counts over equal times. */
  readonly cells: readonly TimelineCell[] | null;
  /** Ticks before this one were not looked at; null: all were. */
  readonly reached: Date | null;
}

export interface TimelineSource {
  readonly store: Pick<Store, "entries" | "ledger" | "results" | "history" | "now">;
  /** Of stored definitions. */
  readonly cache: EntryCache;
}

/** Ticks that one timeline looks at. */
const MOST_TICKS = 10_000;
/** Results read, the newest; older ones are mostly gone, and records tell of them. */
const MOST_RESULTS = 200;
const RECORDS_A_PAGE = 2_000;
const MOST_PAGES = 6;
const CELLS = 240;
/** A run may end so long after its tick. */
const LONGEST_RUN_MS = 86_400_000;

export async function readTimeline(
  source: TimelineSource,
  name: string,
  range: TimelineRange,
): Promise<Timeline> {
  const { store } = source;
  const [[stored = null], names, now] = await Promise.all([
    store.entries.get([name]),
    namesOf(store.entries, name),
    store.now(),
  ]);
  const { from, to, limit } = range;
  const within = { after: from - 1, before: to + 1 };
  let rows = await rowsOf(source, names, within, limit + 1);
  const isWide = rows.length > limit;
  if (isWide) rows = await rowsOf(source, names, within, MOST_TICKS);
  const facts = await factsOf(source, { names, stored, now, rows }, from, to, !isWide);
  const items = ticksOf(facts, { ...range, limit: MOST_TICKS });
  const cells = items.length > limit ? cellsOf(items, range, CELLS) : null;
  const isCut = rows.length === MOST_TICKS;
  return {
    ...{ entry: name, from: new Date(from), to: new Date(to), cells, items: cells === null ? items : [] },
    reached: isCut ? rows[0]!.due : null,
  };
}

/** The newest `count` ticks of each, oldest first. */
export async function readTimelines(
  source: TimelineSource,
  names: readonly string[],
  options: Pick<TimelineRange, "lateAfterMs" | "graceMs"> & { readonly count: number },
): Promise<Map<string, readonly TimelineItem[]>> {
  const { store, cache } = source;
  const [found, now] = await Promise.all([store.entries.get(names), store.now()]);
  const all = await Promise.all(
    names.map(async (name, index) => {
      const stored = found[index] ?? null;
      const names = stored?.previousName === undefined ? [name] : await namesOf(store.entries, name);
      const rows = await rowsOf(source, names, { before: now + 1 }, options.count);
      return { name, names, stored, now, rows };
    }),
  );
  const ids = all.flatMap(({ rows }) => rows.flatMap(({ taskId }) => taskId ?? []));
  const results = await resultsOf(store, ids);
  const timelines = await Promise.all(
    all.map(async (ticks) => {
      // What was never accounted for is in no row.
      const first = ticks.rows[0]?.due.getTime() ?? Math.min(now, ticks.stored?.cursor?.due ?? now);
      const records =
        ticks.rows.length === 0
          ? new Map<string, TaskRecord[]>()
          : await recordsOf(store, ticks.names, first, now, 1);
      const own = new Set(ticks.rows.flatMap(({ taskId }) => taskId ?? []));
      const facts: TickFacts = {
        ...ticks,
        entry: entryOf(cache, ticks.stored),
        results: new Map([...results].filter(([id]) => own.has(id))),
        records,
      };
      const range = { from: first, to: now, limit: options.count, ...options };
      return [ticks.name, ticksOf(facts, range)] as const;
    }),
  );
  return new Map(timelines);
}

type Ticks = Pick<TickFacts, "names" | "stored" | "now" | "rows">;

async function factsOf(
  { store, cache }: TimelineSource,
  ticks: Ticks,
  from: EpochMs,
  to: EpochMs,
  withTriggers: boolean,
): Promise<TickFacts> {
  const { names, rows } = ticks;
  const sent = rows.flatMap(({ taskId }) => taskId ?? []).slice(-MOST_RESULTS);
  const skipped = withTriggers ? rows.filter(({ fate }) => fate === "skipped").slice(-MOST_RESULTS) : [];
  const byHand = skipped.flatMap(({ due }) => names.map((name) => triggerId(name, String(due.getTime()))));
  const [results, records] = await Promise.all([
    resultsOf(store, [...sent, ...byHand]),
    recordsOf(store, names, rows[0]?.due.getTime() ?? from, to + LONGEST_RUN_MS, MOST_PAGES),
  ]);
  return { ...ticks, entry: entryOf(cache, ticks.stored), results, records };
}

/** States are joined here, from more than results. */
const NO_RESULTS = { get: (ids: readonly string[]) => Promise.resolve(ids.map(() => null)) };

function rowsOf(
  { store, cache }: TimelineSource,
  names: readonly string[],
  within: { readonly after?: EpochMs; readonly before: EpochMs },
  limit: number,
): Promise<HistoryRow[]> {
  const source = { ledger: store.ledger, results: NO_RESULTS, book: cache.book };
  return historyOf(source, names, { ...within, limit, keep: "newest" });
}

async function resultsOf(
  store: Pick<Store, "results">,
  ids: readonly string[],
): Promise<Map<string, StoredResult>> {
  if (ids.length === 0) return new Map();
  const found = await store.results.get(ids);
  return new Map(found.flatMap((result) => (result === null ? [] : [[result.id, result] as const])));
}

/** By id, oldest first: of runs that ended from `from` to `to`, under any of these names. */
async function recordsOf(
  store: Pick<Store, "history">,
  names: readonly string[],
  from: EpochMs,
  to: EpochMs,
  pages: number,
): Promise<Map<string, TaskRecord[]>> {
  const byId = new Map<string, TaskRecord[]>();
  for (const name of names) {
    let before = to + 1;
    for (let page = 0; page < pages; page++) {
      const records = await store.history.runsOf(name, { after: from, before, limit: RECORDS_A_PAGE });
      for (const record of records) {
        const same = byId.get(record.id);
        if (same === undefined) byId.set(record.id, [record]);
        else same.unshift(record);
      }
      if (records.length < RECORDS_A_PAGE) break;
      before = records.at(-1)!.at;
    }
  }
  return byId;
}

/** Null where its schedule is not known here, or its definition cannot be read. */
function entryOf(cache: EntryCache, stored: EntrySnapshot | null): Entry | null {
  if (stored === null) return null;
  try {
    const entry = cache.read(stored);
    return hasSchedule(entry, stored, cache) && !entry.atStart ? entry : null;
  } catch (error) {
    if (isSunbeatError(error)) return null;
    throw error;
  }
}
