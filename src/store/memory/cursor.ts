/** Which entries are due next, and which not at all. */
import type { EpochMs } from "../../core/clock.js";
import type { Cursor } from "../contracts/entries.js";
import type { Entry, MemoryState } from "./state.js";

export interface EntryCursor {
  readonly cursor: Cursor | null;
  readonly pausedAt: EpochMs | null;
  readonly disabled: string | null;
}

/** The one place that changes what decides about dueness: the heap must not see a key change under it. */
export function setCursor(state: MemoryState, entry: Entry, standing: EntryCursor, now: EpochMs): void {
  state.dueEntries.remove(entry);
  const { cursor, pausedAt, disabled } = standing;
  if (disabled !== entry.disabled) entry.disabledAt = disabled === null ? null : now;
  entry.cursor = cursor && { due: cursor.due, dispatchAt: cursor.dispatchAt };
  entry.pausedAt = pausedAt;
  entry.disabled = disabled;
  if (cursor && pausedAt === null && disabled === null) {
    state.dueEntries.push(entry, cursor.dispatchAt, entry.sequence);
  }
}

/** Disables an entry that has sent as many runs as it may. */
export function endWhenSpent(state: MemoryState, entry: Entry, maxRuns: number | null, now: EpochMs): void {
  if (maxRuns === null || entry.runs < maxRuns) return;
  const disabled = entry.disabled ?? "max-runs";
  setCursor(state, entry, { cursor: null, pausedAt: entry.pausedAt, disabled }, now);
}
