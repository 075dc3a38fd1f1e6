import type { BeatStats } from "../beat/index.js";
import type { LoopState } from "../core/loop-mark.js";
import type { WorkerStats } from "../worker/options.js";

/** The workers and beats of this process, as they stand. */
export interface NodeParts {
  readonly workers: readonly Pick<
    WorkerStats,
    "state" | "running" | "prefetched" | "recordsLeftOut" | "pools"
  >[];
  readonly beats: readonly Pick<BeatStats, "state" | "lagMs" | "limitedSince" | "drift">[];
  /** The loops that they live by. */
  readonly loops?: readonly LoopState[];
  readonly isDraining?: boolean;
  readonly eventsDropped?: number;
}
