/** What one look at the system has found: plain facts, from which the rules judge. */
import type { EpochMs } from "../core/clock.js";
import type { TaskRecord } from "../store/contracts/history.js";
import type { LeaderInfo } from "../store/contracts/leases.js";
import type { SeenNode } from "../store/contracts/presence.js";

export interface Look {
  /** By the store's clock. */
  readonly at: EpochMs;
  /** The beat that leads. */
  readonly leader: Pick<LeaderInfo, "id" | "host" | "until"> | null;
  /** Whether any entry is to run some day. */
  readonly hasEntries: boolean;
  /** Entries whose time to be sent has come, earliest first. */
  readonly overdue: readonly OverdueEntry[];
  /** There are more of them: what is not among them is not judged. */
  readonly overdueIsCut: boolean;
  readonly nodes: readonly SeenNode[];
  readonly queues: readonly WatchedQueue[];
  /** Entries whose runs were looked at this time; of others nothing is said. */
  readonly runs: ReadonlyMap<string, EntryRuns>;
  /** With the last day that each covers. */
  readonly calendars: readonly { readonly name: string; readonly to: string }[];
}

/** What the rules need of an entry's definition. */
export interface EntryTerms {
  readonly graceMs: number | null;
  readonly failures: number | null;
  readonly mute: boolean;
  /** Of its schedule, for people. */
  readonly timezone: string;
}

export interface OverdueEntry extends EntryTerms {
  readonly entry: string;
  readonly due: EpochMs;
  /** With its jitter. */
  readonly dispatchAt: EpochMs;
}

export interface EntryRuns extends EntryTerms {
  /** Neither paused nor disabled. */
  readonly active: boolean;
  /** Ended ones, newest first; null: they were not looked at. */
  readonly ended: readonly Pick<TaskRecord, "at" | "id" | "state" | "error" | "due">[] | null;
  /** The oldest that has not ended, where the entry says how long it may take. */
  readonly unfinished: { readonly id: string; readonly sentAt: EpochMs; readonly runtimeMs: number } | null;
}

export interface WatchedQueue {
  readonly queue: string;
  readonly ready: number;
  /** Dead letters, without those that are kept so that they can be run again. */
  readonly dead: number;
  readonly oldestReadyAt: EpochMs | null;
  readonly paused: boolean;
}
