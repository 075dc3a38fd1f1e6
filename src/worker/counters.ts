/** What the tasks of this process do, counted until it is told. */
import type { StatDelta } from "../store/contracts/history.js";
import type { Outcome } from "./outcome.js";

/** Bucket `i` holds times up to 2^i ms, the 18th all that are longer. */
const LAST_BUCKET = 17;

type Counted = { -readonly [Key in keyof StatDelta]: StatDelta[Key] } & {
  readonly run: Record<number, number>;
  readonly wait: Record<number, number>;
};

export function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.min(LAST_BUCKET, Math.ceil(Math.log2(ms)));
}

/** How an end is counted; null: it is none. */
function kindOf({ kind }: Outcome): "ok" | "failed" | "retried" | "other" | null {
  switch (kind) {
    case "succeeded":
    case "replaced":
      return "ok";
    case "failed":
    case "timed-out":
    case "dead":
    case "exhausted":
    case "lost":
      return "failed";
    case "retried":
      return "retried";
    case "ignored":
    case "skipped":
    case "revoked":
    case "expired":
      return "other";
    case "requeued":
    case "deferred":
    case "unknown":
    case "blocked":
    case "rate-limited":
    case "cooled-down":
    case "returned":
    case "abandoned":
      return null;
  }
}

export class Counters {
  #counted = new Map<string, Counted>();
  /** Called when there is something to tell, and was nothing before. */
  onFirst: (() => void) | null = null;

  /** Called once the store has the end. `runMs` 0: it did not run. */
  count(task: string, outcome: Outcome, runMs: number, waitMs: number | null): void {
    const kind = kindOf(outcome);
    if (kind === null) return;
    let counted = this.#counted.get(task);
    if (counted === undefined) {
      if (this.#counted.size === 0) this.onFirst?.();
      counted = { task, ok: 0, failed: 0, retried: 0, other: 0, sumMs: 0, maxMs: 0, run: {}, wait: {} };
      this.#counted.set(task, counted);
    }
    counted[kind]++;
    if (runMs > 0) {
      counted.sumMs += runMs;
      if (runMs > counted.maxMs) counted.maxMs = runMs;
      const bucket = bucketOf(runMs);
      counted.run[bucket] = (counted.run[bucket] ?? 0) + 1;
    }
    if (waitMs === null) return;
    const bucket = bucketOf(waitMs);
    counted.wait[bucket] = (counted.wait[bucket] ?? 0) + 1;
  }

  /** What was counted since the last time. */
  take(): StatDelta[] {
    const deltas = [...this.#counted.values()].map((counted) => ({
      ...counted,
      sumMs: Math.round(counted.sumMs),
      maxMs: Math.round(counted.maxMs),
    }));
    if (deltas.length > 0) this.#counted = new Map();
    return deltas;
  }
}
