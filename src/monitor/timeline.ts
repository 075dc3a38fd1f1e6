/**
 * What became of each tick of an entry: a join of what the ledger, results and records know. Pure. A result expires before the record
 * of its run does, and that before the row of the ledger; what is known of a tick by none of them is "unknown".
 */
import type { Entry } from "../beat/entry.js";
import type { HistoryRow } from "../beat/history.js";
import { cursorAt, dueFollowing, triggerId } from "../beat/occurrences.js";
import type { EpochMs } from "../core/clock.js";
import type { EntrySnapshot } from "../store/contracts/entries.js";
import type { RecordState, TaskRecord } from "../store/contracts/history.js";
import type { StoredResult } from "../store/contracts/stored-result.js";

/** From the best to the worst: the worst one gives its colour to a cell. */
export const FATES = [
  "succeeded",
  "triggered",
  "running",
  "waiting",
  "buffered",
  "skipped",
  "unknown",
  "revoked",
  "retrying",
  "failed",
  "missed",
] as const;
export type Fate = (typeof FATES)[number];

export interface TimelineItem {
  /** The tick; of a run that was sent by hand when it was sent, or the tick that it is. */
  readonly due: Date;
  /** When it was sent or skipped; null: neither was done yet. */
  readonly at: Date | null;
  /** How long after its due time and its jitter it was sent; null: it was not. */
  readonly lateMs: number | null;
  /** It was sent more than `lateAfter` late. */
  readonly late: boolean;
  readonly fate: Fate;
  /** Why it was skipped or ended. */
  readonly reason: string | null;
  readonly taskId: string | null;
  /** State of the task, where anything of it is kept. */
  readonly state: string | null;
  readonly waitMs: number | null;
  readonly runMs: number | null;
  readonly worker: string | null;
  /** Runs that have ended, as far as records go. */
  readonly attempts: number;
  /** Term of the leader that sent or skipped it; null: a person or an edit did. */
  readonly term: string | null;
  /** `Name: message` of its last failure. */
  readonly error: string | null;
  /** It stands for so many that were skipped for one reason, the last one at `until`: of a schedule that only code knows. */
  readonly count: number;
  readonly until: Date | null;
}

export interface TimelineCell {
  readonly from: Date;
  /** Not among it. */
  readonly to: Date;
  readonly counts: Readonly<Partial<Record<Fate, number>>>;
  readonly late: number;
  readonly worst: Fate | null;
}

/** What the join is made of. */
export interface TickFacts {
  /** The name of the entry, and those that it had before. */
  readonly names: readonly string[];
  readonly now: EpochMs;
  /** In order of due. */
  readonly rows: readonly HistoryRow[];
  /** Null: the entry is not there any more. */
  readonly stored: EntrySnapshot | null;
  /** Null: its schedule is not known here. */
  readonly entry: Entry | null;
  readonly results: ReadonlyMap<string, Pick<StoredResult, "state" | "reason" | "worker" | "at">>;
  /** By id of the task, oldest first. */
  readonly records: ReadonlyMap<string, readonly TaskRecord[]>;
}

export interface TimelineRange {
  readonly from: EpochMs;
  /** Among it. */
  readonly to: EpochMs;
  readonly lateAfterMs: number;
  /** How long after its dispatch time nobody counts a tick as missed. */
  readonly graceMs: number;
  readonly limit: number;
}

/** In order of due; of more than `limit` the newest. */
export function ticksOf(facts: TickFacts, range: TimelineRange): TimelineItem[] {
  const items = facts.rows.map((row) => itemOf(facts, row, range.lateAfterMs));
  items.push(...triggeredTicks(facts, items, range), ...openTicks(facts, range));
  const inside = items.filter(({ due }) => due.getTime() >= range.from && due.getTime() <= range.to);
  inside.sort((a, b) => a.due.getTime() - b.due.getTime());
  return inside.slice(-range.limit);
}

interface Counts {
  readonly counts: Partial<Record<Fate, number>>;
  late: number;
}

/** `count` cells of equal time over the whole range. */
export function cellsOf(
  items: readonly TimelineItem[],
  { from, to }: Pick<TimelineRange, "from" | "to">,
  count: number,
): TimelineCell[] {
  const width = Math.max(1, Math.ceil((to + 1 - from) / count));
  const cells = Array.from({ length: count }, (): Counts => ({ counts: {}, late: 0 }));
  for (const { due, fate, late, count: many } of items) {
    const cell = cells[Math.min(count - 1, Math.floor((due.getTime() - from) / width))];
    if (cell === undefined) continue;
    cell.counts[fate] = (cell.counts[fate] ?? 0) + many;
    if (late) cell.late++;
  }
  return cells.map(({ counts, late }, index) => ({
    from: new Date(from + index * width),
    to: new Date(from + (index + 1) * width),
    counts,
    late,
    worst: FATES.findLast((fate) => counts[fate] !== undefined) ?? null,
  }));
}

const BLANK = {
  ...{
    at: null,
    lateMs: null,
    late: false,
    reason: null,
    taskId: null,
    state: null,
    waitMs: null,
    runMs: null,
  },
  ...{ worker: null, attempts: 0, term: null, error: null, count: 1, until: null },
} as const;

function itemOf(facts: TickFacts, row: HistoryRow, lateAfterMs: number): TimelineItem {
  const { due, at, term, reason = null, taskId = null, count = 1, until = null } = row;
  if (row.fate === "skipped")
    return { ...BLANK, due, at, term, fate: "skipped", reason, taskId, count, until };
  const isTriggered = reason === "triggered";
  const ended = taskId === null ? null : endOf(facts, taskId);
  const rest = { ...BLANK, at, term, taskId, ...ended?.shown };
  if (isTriggered) return { ...rest, due: tickOfTrigger(facts.names, taskId) ?? due, fate: "triggered" };
  const lateMs = Math.max(0, at.getTime() - dispatchOf(facts.entry, due.getTime()));
  return { ...rest, due, lateMs, late: lateMs > lateAfterMs, fate: ended?.fate ?? "unknown" };
}

interface End {
  readonly fate: Fate;
  readonly shown: Partial<TimelineItem>;
}

/** What became of a task, by the record of its last attempt and by its result, whichever is later. */
function endOf({ results, records }: TickFacts, id: string): End | null {
  const attempts = records.get(id) ?? [];
  const last = attempts.at(-1);
  const result = results.get(id);
  if (last === undefined && result === undefined) return null;
  const isOver = last !== undefined && last.state !== "retry";
  const byResult = result === undefined ? null : fateOfState(result.state, attempts.length > 0);
  const fate = isOver || byResult === null ? fateOfRecord(last!.state) : byResult;
  const shown = {
    state: isOver || result === undefined ? last!.state.toUpperCase() : result.state,
    reason: last?.reason ?? result?.reason ?? null,
    waitMs: last?.waitMs ?? null,
    runMs: last?.runMs ?? null,
    worker: last?.worker ?? result?.worker ?? null,
    attempts: attempts.length,
    error: last?.error ?? null,
  };
  return { fate, shown: { ...shown, state: STATE_WORDS[shown.state] ?? shown.state } };
}

/** The words of records that results say otherwise. */
const STATE_WORDS: Readonly<Record<string, string>> = {
  EXPIRED: "REVOKED",
  DEAD: "FAILURE",
  UPSTREAM: "FAILURE",
};

const RECORD_FATES: Readonly<Record<RecordState, Fate>> = {
  ...{ success: "succeeded", ignored: "succeeded", failure: "failed", retry: "retrying", revoked: "revoked" },
  ...{ expired: "revoked", skipped: "skipped", rejected: "failed", dead: "failed", upstream: "failed" },
};

function fateOfRecord(state: RecordState): Fate {
  return RECORD_FATES[state] ?? "unknown";
}

function fateOfState(state: string, wasTried: boolean): Fate {
  switch (state) {
    case "SUCCESS":
      return "succeeded";
    case "FAILURE":
      return "failed";
    case "REVOKED":
      return "revoked";
    case "RETRY":
      return "retrying";
    case "PENDING":
      return wasTried ? "retrying" : "waiting";
    default:
      return "running";
  }
}

/** When the tick at `due` is to be sent, as the entry stands now. */
function dispatchOf(entry: Entry | null, due: EpochMs): EpochMs {
  return entry === null || entry.jitterMs === 0 ? due : cursorAt(entry, due).dispatchAt;
}

/** Of a run by hand of a tick that was skipped: that tick. */
function tickOfTrigger(names: readonly string[], taskId: string | null): Date | null {
  const prefix = names.map((name) => triggerId(name, "")).find((begin) => taskId?.startsWith(begin));
  if (taskId === null || prefix === undefined) return null;
  const due = taskId.slice(prefix.length);
  return /^\d{1,16}$/.test(due) ? new Date(Number(due)) : null;
}

/** Runs by hand of ticks of this range, whose own row is in another: they are known by their records and results. */
function triggeredTicks(
  facts: TickFacts,
  items: readonly TimelineItem[],
  range: TimelineRange,
): TimelineItem[] {
  const told = new Set(items.map(({ taskId }) => taskId));
  const more: TimelineItem[] = [];
  for (const id of new Set([...facts.records.keys(), ...facts.results.keys()])) {
    if (told.has(id)) continue;
    const due = tickOfTrigger(facts.names, id);
    if (due === null || due.getTime() < range.from || due.getTime() > range.to) continue;
    more.push({ ...BLANK, due, fate: "triggered", taskId: id, ...endOf(facts, id)?.shown });
  }
  return more;
}

/** Ticks that are over and have no row: one that is kept back, those that nobody has dispatched, those of a pause that lasts. */
function openTicks({ stored, entry, rows, now }: TickFacts, range: TimelineRange): TimelineItem[] {
  if (stored === null) return [];
  const open: TimelineItem[] = [];
  const { lastDue, cursor, pausedAt, disabled } = stored;
  if (stored.buffered && lastDue !== null && !rows.some(({ due }) => due.getTime() === lastDue)) {
    open.push({ ...BLANK, due: new Date(lastDue), fate: "buffered" });
  }
  if (entry === null || cursor === null || disabled !== null) return open;
  let due: EpochMs | null = cursor.due;
  for (let left = range.limit; due !== null && due <= range.to && left > 0; left--) {
    const isOver = dispatchOf(entry, due) + (pausedAt === null ? range.graceMs : 0) < now;
    if (!isOver) break;
    const missed = { fate: "missed", reason: null } as const;
    const paused = { fate: "skipped", reason: "paused" } as const;
    if (due >= range.from)
      open.push({ ...BLANK, due: new Date(due), ...(pausedAt === null ? missed : paused) });
    due = dueFollowing(entry, due);
  }
  return open;
}
