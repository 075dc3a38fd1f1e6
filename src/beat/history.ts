/**
 * The ledger of an entry for people: one row per due time. Long runs of skips are stored as ranges and expanded here,
 * by the schedule that was in force, only as far as the page needs.
 */
import type { EpochMs } from "../core/clock.js";
import {
  asSchedule,
  referencesOf,
  type Schedule,
  type ScheduleJSON,
  scheduleFromJSON,
} from "../schedules/index.js";
import type { Ledger, LedgerQuery, LedgerRecord, StoredLedgerRange } from "../store/contracts/ledger.js";
import type { Results } from "../store/contracts/results.js";
import type { CalendarBook } from "./calendar-book.js";
import { dueAfter, dueFollowing, type Timing } from "./occurrences.js";

export interface HistoryRow {
  readonly entry: string;
  readonly due: Date;
  readonly fate: "sent" | "skipped";
  /** Why it was skipped; "triggered" for a run sent by hand. */
  readonly reason?: string;
  readonly taskId?: string;
  /** When it was sent or skipped. */
  readonly at: Date;
  /** Term of the leader; null when a person or an edit did it. */
  readonly term: string | null;
  /** What became of the task, where its result is kept. */
  readonly state?: string;
  /** Last due time and number of those this row stands for: a range of a schedule that only code knows. */
  readonly until?: Date;
  readonly count?: number;
}

export interface HistoryQuery {
  /** Due times after this instant only. */
  readonly after?: EpochMs;
  /** Due times before this instant only. */
  readonly before?: EpochMs;
  /** Rows at most. With `after` the oldest are given, so that the last `due` leads to the next page; else the newest. */
  readonly limit: number;
  /** Which end `limit` keeps, where that is not to follow from `after`. */
  readonly keep?: LedgerQuery["keep"];
}

export interface HistorySource {
  readonly ledger: Pick<Ledger, "rows">;
  readonly results: Pick<Results, "get">;
  /** Calendars that ranges were computed with, as they are now. */
  readonly book: CalendarBook;
}

/** Rows in order of due. */
export async function history(
  store: HistorySource,
  name: string,
  query: HistoryQuery,
): Promise<HistoryRow[]> {
  const keep = keepOf(query);
  const records = await recordsOf(store.ledger, name, query, keep);
  const rows = records.flatMap((record) => rowsOf(record, query, { keep, book: store.book }));
  rows.sort((a, b) => a.due.getTime() - b.due.getTime());
  const page = keep === "oldest" ? rows.slice(0, query.limit) : rows.slice(-query.limit);
  return withStates(store.results, page);
}

function keepOf({ keep, after }: HistoryQuery): LedgerQuery["keep"] {
  return keep ?? (after === undefined ? "newest" : "oldest");
}

/** The same of an entry that had other names before. */
export async function historyOf(
  store: Parameters<typeof history>[0],
  names: readonly string[],
  query: HistoryQuery,
): Promise<HistoryRow[]> {
  const pages = await Promise.all(names.map((name) => history(store, name, query)));
  const rows = pages.flat().sort((a, b) => a.due.getTime() - b.due.getTime());
  return keepOf(query) === "newest" ? rows.slice(-query.limit) : rows.slice(0, query.limit);
}

/**
 * Records that hold the page. Ranges of an entry do not overlap, though runs sent by hand may lie inside one: so one
 * range at most reaches in from outside, and every other record gives a row.
 */
async function recordsOf(
  ledger: Pick<Ledger, "rows">,
  name: string,
  query: HistoryQuery,
  keep: LedgerQuery["keep"],
): Promise<LedgerRecord[]> {
  const limit = query.limit + 1;
  const records = await ledger.rows(name, { ...query, limit, keep });
  const first = records[0];
  if (keep === "oldest" || first === undefined || records.length < limit) return records;
  // Left off are those that begin earlier: the one range among them that reaches in comes first here.
  const [reaching] = await ledger.rows(name, {
    ...query,
    after: beginOf(first),
    limit: 1,
    keep: "oldest",
  });
  const left = reaching?.kind === "range" && reaching.from < beginOf(first);
  return left ? [reaching, ...records] : records;
}

function beginOf(record: LedgerRecord): EpochMs {
  return record.kind === "row" ? record.due : record.from;
}

async function withStates(results: Pick<Results, "get">, rows: HistoryRow[]): Promise<HistoryRow[]> {
  const ids = rows.flatMap(({ taskId }) => taskId ?? []);
  if (ids.length === 0) return rows;
  const found = await results.get(ids);
  const states = new Map(ids.map((id, index) => [id, found[index]?.state]));
  return rows.map((row) => {
    const state = row.taskId === undefined ? undefined : states.get(row.taskId);
    return state === undefined ? row : { ...row, state };
  });
}

interface Expansion {
  readonly keep: LedgerQuery["keep"];
  readonly book: CalendarBook;
}

function rowsOf(record: LedgerRecord, query: HistoryQuery, { keep, book }: Expansion): HistoryRow[] {
  const { entry, term } = record;
  const at = new Date(record.at);
  if (record.kind === "row") {
    if (!isInside(record.due, query)) return [];
    const { fate, reason, taskId } = record;
    const due = new Date(record.due);
    return [
      { entry, due, fate, ...(reason !== null && { reason }), ...(taskId !== null && { taskId }), at, term },
    ];
  }
  const skipped = { entry, fate: "skipped", reason: record.reason, at, term } as const;
  const schedule = scheduleOf(record, book);
  if (schedule === null) {
    const { from, to, count } = record;
    return [{ ...skipped, due: new Date(from), ...(count > 1 && { until: new Date(to), count }) }];
  }
  return instantsOf(record, schedule, query, keep).map((due) => ({ ...skipped, due: new Date(due) }));
}

function isInside(due: EpochMs, { after, before }: HistoryQuery): boolean {
  return (after === undefined || due > after) && (before === undefined || due < before);
}

/** Null when only code knows it, or its calendar is gone. */
function scheduleOf(range: StoredLedgerRange, book: CalendarBook): Schedule | null {
  try {
    const json = JSON.parse(range.schedule) as ScheduleJSON | null;
    if (json === null) return null;
    book.assertKnown(referencesOf(json).calendars);
    return asSchedule(scheduleFromJSON(json), { calendars: book.lookup });
  } catch {
    return null;
  }
}

/** At most `query.limit` due times of a range, from the end that is kept. */
function instantsOf(
  range: StoredLedgerRange,
  schedule: Schedule,
  query: HistoryQuery,
  keep: LedgerQuery["keep"],
): EpochMs[] {
  const timing: Timing = { name: range.entry, schedule, startAt: null, endAt: null, jitterMs: 0 };
  const instants: EpochMs[] = [];
  let due: EpochMs | null = range.from;
  // A far page of a long range: start near it. The schedule is pure, so it is on the same instants there.
  if (query.after !== undefined && query.after >= range.from) due = dueAfter(timing, query.after);
  while (due !== null && due <= range.to && (query.before === undefined || due < query.before)) {
    instants.push(due);
    if (keep === "oldest" && instants.length === query.limit) break;
    // The newest are wanted: let go of the older ones now and then, so that memory stays bounded.
    if (instants.length >= 2 * query.limit + 1_000) instants.splice(0, instants.length - query.limit);
    due = dueFollowing(timing, due);
  }
  return keep === "oldest" ? instants : instants.slice(-query.limit);
}
