/** A search in bounded steps. */
import type { Clock, EpochMs } from "../core/clock.js";
import type { HistoryStore, TaskRecord } from "../store/contracts/history.js";
import type { TaskQuery } from "./query.js";

/** Records that one step looks at; between two steps others have their turn. */
const STEP_ROWS = 20_000;
const MOST_STEPS = 10;
const MOST_MS = 1_000;

export interface FoundTasks {
  /** Newest first. */
  readonly rows: readonly TaskRecord[];
  /** Where to go on; null: all was looked at. */
  readonly next: string | null;
  readonly scanned: number;
  /** Searched back to this instant; null: nothing was looked at. */
  readonly reached: EpochMs | null;
}

export interface SearchOptions {
  readonly limit: number;
  readonly cursor?: string;
}

/** Looks at no more than ten steps and for no longer than a second, and tells how far it came. */
export async function searchTasks(
  history: Pick<HistoryStore, "records">,
  clock: Clock,
  query: TaskQuery,
  { limit, cursor }: SearchOptions,
): Promise<FoundTasks> {
  const until = clock.monotonicMs() + MOST_MS;
  const rows: TaskRecord[] = [];
  let [scanned, reached, next]: [number, EpochMs | null, string | null] = [0, null, cursor ?? null];
  for (let step = 0; step < MOST_STEPS; step++) {
    if (step > 0) await new Promise<void>((resolve) => clock.soon(resolve));
    const from = next === null ? {} : { cursor: next };
    const page = await history.records(
      { ...query, ...from, limit: limit - rows.length },
      { rows: STEP_ROWS },
    );
    rows.push(...page.rows);
    scanned += page.scanned;
    ({ next } = page);
    reached = page.reached ?? reached;
    if (next === null || rows.length >= limit || clock.monotonicMs() >= until) break;
  }
  return { rows, next, scanned, reached };
}
