/**
 * When will this entry run? The answer for everybody who asks: what a beat sends that leads from `now` on, as long as
 * nobody edits the entry and no run is skipped because an earlier one has not ended. Pure and synchronous: no store, no
 * clock, no log.
 */
import type { EpochMs } from "../core/clock.js";
import type { Cursor, EntryRecord } from "../store/contracts/entries.js";
import { GRACE_MS } from "./misfire.js";
import { cursorAfter, cursorAt, cursorFollowing, withJitter } from "./occurrences.js";
import { type PlannedEntry, planDue } from "./planner.js";
import { beginning, DISABLED } from "./revise.js";

/** What decides when an entry runs. */
export interface ForetoldEntry extends PlannedEntry {
  readonly enabled: boolean;
  readonly atStart: boolean;
}

/** What the store knows that decides about it, too. */
export type EntryState = Pick<EntryRecord, "cursor" | "runs" | "pausedAt" | "disabled">;

export interface ForetoldRun {
  /** The occurrence's own instant. */
  readonly due: EpochMs;
  /** When it is sent: `due` plus jitter, or now, where that is over. */
  readonly sentAt: EpochMs;
  /** It has been missed, and is caught up. */
  readonly late: boolean;
}

/**
 * Why no further run follows: a reason of the store ("ended", "max-runs", "disabled", "left-code", "invalid"), "paused",
 * or "at-start": it has no due times, and is sent when a beat process first leads.
 */
export type Ending = string;

/**
 * Runs before `from` are counted one by one where so many are left; beyond that nobody sees the end, and the walk begins
 * at `from`.
 */
const MOST_COUNTED = 1_000_000;

/**
 * The runs that are sent at `from` (now) or later, in order. `state` null: the entry is new, and a beat registers it at
 * `now`. Throws SUNBEAT_SCHEDULE_INVALID, or whatever a custom schedule throws.
 */
export function* foretell(
  entry: ForetoldEntry,
  state: EntryState | null,
  now: EpochMs,
  from: EpochMs = now,
): Generator<ForetoldRun, Ending, void> {
  const begun = state ?? { ...beginning(entry, now), pausedAt: null, runs: 0 };
  if (begun.disabled !== null) return begun.disabled;
  if (begun.pausedAt !== null) return "paused";
  if (entry.atStart) return now < (entry.endAt ?? Infinity) ? "at-start" : DISABLED.ended;
  const maxRuns = entry.maxRuns ?? Infinity;
  let { runs } = begun;
  let cursor = begun.cursor === null ? null : withJitter(entry, begun.cursor);
  let caughtUp = 0;
  while (cursor !== null && cursor.dispatchAt <= now) {
    const plan = planDue(entry, { cursor, runs, caughtUp }, now);
    for (const decision of plan.decisions) {
      if (decision.kind !== "send") continue;
      runs++;
      caughtUp++;
      if (now >= from) yield caughtUpRun(entry, decision.due, now);
    }
    cursor = plan.next;
  }
  if (cursor !== null && maxRuns - runs > MOST_COUNTED) cursor = skippedTo(entry, cursor, from);
  for (; cursor !== null && runs < maxRuns; runs++, cursor = cursorFollowing(entry, cursor.due)) {
    const { due: due, dispatchAt: sentAt } = cursor;
    if (sentAt >= from) yield { due, sentAt, late: false };
  }
  return runs < maxRuns ? DISABLED.ended : DISABLED.maxRuns;
}

function caughtUpRun(entry: ForetoldEntry, due: EpochMs, now: EpochMs): ForetoldRun {
  return { due, sentAt: now, late: now - cursorAt(entry, due).dispatchAt > GRACE_MS };
}

/** The first occurrence that may be sent at `from` or later, where that is not the one at the cursor. */
function skippedTo(entry: ForetoldEntry, cursor: Cursor, from: EpochMs): Cursor | null {
  const earliest = from - entry.jitterMs;
  return earliest <= cursor.due ? cursor : cursorAfter(entry, earliest - 1);
}
