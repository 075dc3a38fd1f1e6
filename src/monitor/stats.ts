/** Figures from buckets: each is the upper bound of the bucket in which it falls. */
import { joinDeltas, type StatDelta, type StatPoint } from "../store/contracts/history.js";

/** The last bucket holds all that is longer than the one before. */
const LAST_BUCKET = 17;

/** Upper bound of the bucket in which this share of all falls; null: nothing was counted. The longest bucket has none: `maxMs`. */
export function percentile(
  buckets: Readonly<Record<number, number>>,
  share: number,
  maxMs = Infinity,
): number | null {
  const counts = Array.from({ length: LAST_BUCKET + 1 }, (_, bucket) => buckets[bucket] ?? 0);
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let below = 0;
  const bucket = counts.findIndex((count) => (below += count) >= share * all);
  return bucket === LAST_BUCKET ? maxMs : Math.min(2 ** bucket, maxMs);
}

export interface TaskFigures {
  readonly task: string;
  readonly ok: number;
  readonly failed: number;
  readonly retried: number;
  readonly other: number;
  readonly meanMs: number | null;
  readonly maxMs: number;
  /** From buckets: upper bounds. */
  readonly run: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };
  readonly wait: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };
}

/** Over all slots, by task. */
export function figuresOf(points: readonly StatPoint[]): TaskFigures[] {
  const sums = new Map<string, StatDelta>();
  for (const { tasks } of points) {
    for (const delta of tasks) {
      const before = sums.get(delta.task);
      sums.set(delta.task, before ? joinDeltas(before, delta) : delta);
    }
  }
  return [...sums.values()].map(figures).sort((a, b) => (a.task < b.task ? -1 : 1));
}

function figures({ task, ok, failed, retried, other, sumMs, maxMs, run, wait }: StatDelta): TaskFigures {
  const runs = Object.values(run).reduce((sum, count) => sum + count, 0);
  const of = (buckets: StatDelta["run"], most?: number) => ({
    p50: percentile(buckets, 0.5, most),
    p95: percentile(buckets, 0.95, most),
    p99: percentile(buckets, 0.99, most),
  });
  return {
    ...{ task, ok, failed, retried, other, maxMs, meanMs: runs === 0 ? null : sumMs / runs },
    ...{ run: of(run, maxMs), wait: of(wait) },
  };
}
