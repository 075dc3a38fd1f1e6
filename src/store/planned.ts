/** What stores whose steps run in this process share about a planned tick; scripts of a server say the same for themselves. */
import type { EpochMs } from "../core/clock.js";
import type { EntryRecord, PlannedOccurrence, TickItem, TickItemOutcome } from "./entries.js";

export function dueFrom(planned: PlannedOccurrence): EpochMs {
  return planned.kind === "range" ? planned.from : planned.due;
}

export function dueTo(planned: PlannedOccurrence): EpochMs {
  return planned.kind === "range" ? planned.to : planned.due;
}

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
