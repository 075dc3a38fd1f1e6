import type { Retention } from "../store/contracts/ledger.js";

export interface BeatOptions {
  /** How long the lead is held without renewal, so at most so long nobody leads after a crash. */
  readonly leaseMs: number;
  /** The store is asked at least so often. */
  readonly maxLoopIntervalMs: number;
  /** Entries read and occurrences sent in one step of the store. */
  readonly batch: number;
  readonly retention: Retention;
  /** Jitter of entries that name none. Default 0. */
  readonly spreadMs?: number;
  /** Starts a second at most; the others wait. Default: no limit. */
  readonly maxStartsPerSecond?: number | null;
  /** How often the leader sweeps the store and trims the ledger. */
  readonly maintenanceIntervalMs: number;
  /** Whether the leader samples queues for statistics, each minute. Default false. */
  readonly samples?: boolean;
  /** Owner of the code entries: "code:" and the app's name. */
  readonly owner: string;
  /** Deploy number of the code entries. */
  readonly version: number;
  /** "apply": code entries are compared at the start, and not written. Default "auto". */
  readonly register?: "auto" | "apply";
  readonly hostname: string;
}

export const BEAT_DEFAULTS = {
  leaseMs: 15_000,
  maxLoopIntervalMs: 300_000,
  // On Redis a step of 250 takes 3 ms of the server, one of 1,000 above 9 ms, and all together take as long.
  batch: 250,
  maintenanceIntervalMs: 60_000,
  retention: { maxAgeMs: 30 * 86_400_000, maxRowsPerEntry: 10_000 },
} as const satisfies Partial<BeatOptions>;
