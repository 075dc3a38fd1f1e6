/**
 * Who leads. The term names one uninterrupted holding of the lead; its first part is an epoch that only grows, its
 * second the nonce of the attempt, since after a rollback of the store two leaders could get one epoch.
 */
import type { EpochMs } from "../../core/clock.js";

export interface Candidate {
  /** Stable for the life of the process. */
  readonly id: string;
  /** Random, new for every attempt to lead, kept while leading. */
  readonly nonce: string;
  readonly host: string;
  readonly version: string;
}

export type Election =
  | { readonly outcome: "leading"; readonly term: string; readonly until: EpochMs; readonly now: EpochMs }
  | { readonly outcome: "following"; readonly leader: LeaderInfo; readonly now: EpochMs };

export interface LeaderInfo {
  readonly id: string;
  readonly host: string;
  readonly version: string;
  readonly term: string;
  readonly until: EpochMs;
}

/**
 * What there is one of: the beat that dispatches, and the node that watches and tells of what is wrong. "beat" guards ticks; the
 * leases know nothing of each other.
 */
export type LeaseName = "beat" | "watch";

/** The channel topic that tells of a lease that was given up. */
export const LEASE_TOPICS = { beat: "leader", watch: "watcher" } as const satisfies Record<LeaseName, string>;

export interface Leases {
  /**
   * Takes the lead when nobody holds it, or extends the candidate's own holding to `leaseMs` from now. A holding that
   * has ended is not extended: the same candidate gets a new term.
   */
  elect(candidate: Candidate, leaseMs: number, name?: LeaseName): Promise<Election>;
  /**
   * Gives the lead up and publishes on the channel topic of the lease, so that another takes over at once. False when the
   * candidate does not lead; then nothing was done.
   */
  resign(candidate: Pick<Candidate, "id" | "nonce">, name?: LeaseName): Promise<boolean>;
  /** The current leader, or null when the last lease has ended. */
  leader(name?: LeaseName): Promise<LeaderInfo | null>;
}
