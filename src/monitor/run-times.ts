/** How long tasks run, from the histograms of the last day: buckets of powers of two, so each figure is the upper end of one. */
import type { EpochMs } from "../core/clock.js";
import type { HistoryStore, StatDelta } from "../store/contracts/history.js";

export interface RunTimes {
  /** Null: no run of it is known. */
  p50(task: string): number | null;
  p95(task: string): number | null;
}

const DAY_MS = 86_400_000;

export async function readRunTimes(history: Pick<HistoryStore, "stats">, now: EpochMs): Promise<RunTimes> {
  const points = await history.stats({ from: now - DAY_MS, to: now, step: "10min" });
  const byTask = new Map<string, Map<number, number>>();
  for (const { tasks } of points) for (const delta of tasks) add(byTask, delta);
  const at = (task: string, share: number): number | null => percentile(byTask.get(task), share);
  return { p50: (task) => at(task, 0.5), p95: (task) => at(task, 0.95) };
}

/** Nothing is known. */
export const NO_RUN_TIMES: RunTimes = { p50: () => null, p95: () => null };

function add(byTask: Map<string, Map<number, number>>, { task, run }: StatDelta): void {
  const buckets = byTask.get(task) ?? new Map<number, number>();
  byTask.set(task, buckets);
  for (const [bucket, count] of Object.entries(run)) {
    buckets.set(Number(bucket), (buckets.get(Number(bucket)) ?? 0) + count);
  }
}

function percentile(buckets: ReadonlyMap<number, number> | undefined, share: number): number | null {
  if (buckets === undefined) return null;
  const all = [...buckets].sort(([a], [b]) => a - b);
  const wanted = share * all.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of all) {
    seen += count;
    if (seen >= wanted) return 2 ** bucket;
  }
  return null;
}
