/**
 * Two questions about one entry, answered from plain data: which occurrences are due at an instant and what is to
 * become of each, and when is the next. Pure and synchronous: no store, no clock, no log.
 */
import type { EpochMs } from "../core/clock.js";
import type { Cursor } from "../store/contracts/entries.js";
import { type Decision, type MisfirePolicy, MisfireSorter } from "./misfire.js";
import { cursorFollowing, type Timing, withJitter } from "./occurrences.js";

/** What the planner reads of an entry. */
export interface PlannedEntry extends Timing {
  readonly misfire: MisfirePolicy;
  /** Occurrences sent in all; null: no limit. */
  readonly maxRuns: number | null;
}

export interface PlanState {
  readonly cursor: Cursor;
  /** Occurrences sent so far. */
  readonly runs: number;
  /** Those of them that were sent since the entry fell behind, where it is still catching up. Default 0. */
  readonly caughtUp?: number;
}

export interface Plan {
  /** In order of time. Empty only when the entry has used up its runs, or waits for a jitter that its cursor did not know. */
  readonly decisions: readonly Decision[];
  /** The first occurrence that is not decided. It may be due already: then there is more to plan. */
  readonly next: Cursor | null;
  /** Why there is no next one; null when there is. */
  readonly disable: string | null;
}

/** What a beat that is busy, or limited, plans otherwise. */
export interface PlanLimits {
  /** As of when it is judged whether an occurrence is late. Default: now. */
  readonly judgedAt?: EpochMs;
  /** Occurrences sent at most: the plan ends before the next one. At least 1. Default: no limit. */
  readonly startsLeft?: number;
}

/**
 * Occurrences looked at in one plan: it bounds the time the loop is held up (about 0.2 s of crontab). Beyond it the
 * plan is cut and `next` is due at once.
 */
const LONGEST_WALK = 1_000_000;

/** The decisions about what is due at `now`. Throws SUNBEAT_SCHEDULE_INVALID, or whatever a custom schedule throws. */
export function planDue(
  entry: PlannedEntry,
  state: PlanState,
  now: EpochMs,
  { judgedAt = now, startsLeft = Infinity }: PlanLimits = {},
): Plan {
  const runsLeft = entry.maxRuns === null ? Infinity : entry.maxRuns - state.runs;
  if (runsLeft <= 0) return { decisions: [], next: null, disable: "max-runs" };
  const sorter = new MisfireSorter({
    ...{ misfire: entry.misfire, judgedAt, caughtUp: state.caughtUp ?? 0 },
    sendsLeft: Math.min(runsLeft, startsLeft),
  });
  let cursor: Cursor | null = withJitter(entry, state.cursor);
  for (let walked = 0; cursor !== null && cursor.dispatchAt <= now && walked < LONGEST_WALK; walked++) {
    if (!sorter.take(cursor)) break;
    cursor = cursorFollowing(entry, cursor.due);
  }
  sorter.finish(cursor);
  return { decisions: sorter.decisions, next: cursor, disable: cursor === null ? "ended" : null };
}
