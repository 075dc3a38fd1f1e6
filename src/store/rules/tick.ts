/** Whether a planned tick may be done. */
import type { EpochMs } from "../../core/clock.js";
import {
  dueFrom,
  dueTo,
  type EntryRecord,
  type TickItem,
  type TickItemOutcome,
} from "../contracts/entries.js";

/** What a tick is judged by, beside the cursor. */
export type Judged = Pick<EntryRecord, "revision" | "lastDue" | "pausedAt" | "disabled">;

/**
 * Why nothing of the item may be done, in the order of `TickItemOutcome`; null: it may. `due` is the cursor's, null
 * without one.
 */
export function refusalOf(
  { revision, lastDue, pausedAt, disabled }: Judged,
  due: EpochMs | null,
  item: TickItem,
  now: EpochMs,
): Exclude<TickItemOutcome["outcome"], "ticked" | "gone"> | null {
  if (revision !== item.revision) return "stale";
  if (due !== item.expect) return "moved";
  const [first] = item.plan;
  // Without a cursor to compare, the newest occurrence accounted for tells a repeated tick.
  if (item.expect === null && first && lastDue !== null && dueFrom(first) <= lastDue) return "moved";
  if (item.plan.some((planned) => dueTo(planned) > now)) return "early";
  return pausedAt !== null || disabled !== null ? "paused" : null;
}
