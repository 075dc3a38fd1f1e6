/** What stores whose steps run in this process share about a planned tick; scripts of a server say the same for themselves. */
import type { EpochMs } from "../core/clock.js";
import type { EntryRecord, PlannedOccurrence, TickItem, TickItemOutcome } from "./entries.js";

export function firstDue(planned: PlannedOccurrence): EpochMs {
  return planned.kind === "range" ? planned.from : planned.due;
}

export function lastDue(planned: PlannedOccurrence): EpochMs {
  return planned.kind === "range" ? planned.to : planned.due;
}

/** What a tick is judged by, beside the cursor. */
export type Judged = Pick<EntryRecord, "revision" | "lastNominal" | "pausedAt" | "disabled">;

/**
 * Why nothing of the item may be done, in the order of `TickItemOutcome`; null: it may. `nominal` is the cursor's, null
 * without one.
 */
export function refusalOf(
  { revision, lastNominal, pausedAt, disabled }: Judged,
  nominal: EpochMs | null,
  item: TickItem,
  now: EpochMs,
): Exclude<TickItemOutcome["outcome"], "ticked" | "gone"> | null {
  if (revision !== item.revision) return "stale";
  if (nominal !== item.expect) return "moved";
  const [first] = item.plan;
  // Without a cursor to compare, the newest occurrence accounted for tells a repeated tick.
  if (item.expect === null && first && lastNominal !== null && firstDue(first) <= lastNominal) return "moved";
  if (item.plan.some((planned) => lastDue(planned) > now)) return "early";
  return pausedAt !== null || disabled !== null ? "paused" : null;
}
