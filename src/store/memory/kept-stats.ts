import type { EpochMs } from "../../core/clock.js";
import type { StatStep } from "../contracts/history.js";
import type { StatKind } from "../rules/stats.js";

interface Slot {
  readonly at: EpochMs;
  readonly text: string;
}

/** What statistics a memory store has. */
export interface KeptStats {
  /** By step, number in the ring, kind and name. */
  readonly slots: Map<string, Slot>;
  /** Name -> its newest slot. */
  readonly names: Readonly<Record<StatKind, Map<string, EpochMs>>>;
  readonly boots: Map<string, { readonly number: number; readonly at: EpochMs }>;
  readonly rolled: Map<StatStep, EpochMs>;
}

export function newStats(): KeptStats {
  return {
    slots: new Map(),
    names: { task: new Map(), queue: new Map() },
    boots: new Map(),
    rolled: new Map(),
  };
}
