/**
 * Buckets of tokens, as the generic cell rate algorithm (GCRA) has them: one instant says all. A token comes every interval, and as
 * many as `burst` gather. A run may take more tokens than are there: it begins when one is, and what it owes is paid by those to
 * come. So in any time t runs take at most `burst` tokens, those that come in t, and what the last run owes.
 */
import type { EpochMs } from "../../core/clock.js";
import type { Rate } from "../../tasks/rate-limit.js";

export interface Bucket {
  /** When the bucket is full again, in ms and parts of them. */
  readonly fullAt: number;
  /** By which that was reckoned; 0: there was no limit. */
  readonly intervalMs: number;
  readonly burst: number;
  /** When this was written: a clock that has gone back shows. */
  readonly at: EpochMs;
  /** No token before, whatever the limit. */
  readonly shutUntil: EpochMs;
}

/** Of one token; 0: there is no limit. */
export function intervalOf(rate: Rate | null): number {
  return rate === null ? 0 : rate.perMs / rate.limit;
}

/** The bucket as of `now` and of a limit that may be another one than before. Null: a full one. */
export function bucketAt(bucket: Bucket | null, rate: Rate | null, now: EpochMs): Bucket {
  const intervalMs = intervalOf(rate);
  const burst = rate?.burst ?? 1;
  if (bucket === null) return { fullAt: now, intervalMs, burst, at: now, shutUntil: 0 };
  // What lay ahead when it was written lies ahead still, but no more than that.
  const backMs = Math.max(0, bucket.at - now);
  const before = { ...bucket, fullAt: Math.max(now, bucket.fullAt - backMs) };
  return {
    fullAt: isReckonedBy(bucket, rate)
      ? before.fullAt
      : Math.max(now, now + (burst - 1 + owed(before, now)) * intervalMs),
    intervalMs,
    burst,
    at: now,
    shutUntil: bucket.shutUntil - backMs,
  };
}

/** Whether its instants are those of this limit. */
export function isReckonedBy({ intervalMs, burst }: Bucket, rate: Rate | null): boolean {
  return intervalMs === intervalOf(rate) && burst === (rate?.burst ?? 1);
}

/** Tokens until a run may begin; below 0: so many more are there. */
function owed({ fullAt, intervalMs, burst }: Bucket, now: EpochMs): number {
  return intervalMs === 0 ? -Infinity : (fullAt - now) / intervalMs - (burst - 1);
}

/** When a run may begin, of a bucket as of now: not after now, at once. */
export function freeAt({ fullAt, intervalMs, burst, shutUntil }: Bucket): number {
  return Math.max(intervalMs === 0 ? 0 : fullAt - (burst - 1) * intervalMs, shutUntil);
}

/** Without the tokens of one run. */
export function without(bucket: Bucket, tokens: number): Bucket {
  return { ...bucket, fullAt: bucket.fullAt + tokens * bucket.intervalMs };
}

/** Shut until then, and with one token from then on. */
export function shut(bucket: Bucket, until: EpochMs): Bucket {
  const shutUntil = Math.max(bucket.shutUntil, until);
  const emptyAt = shutUntil + (bucket.burst - 1) * bucket.intervalMs;
  return { ...bucket, shutUntil, fullAt: Math.max(bucket.fullAt, emptyAt) };
}
