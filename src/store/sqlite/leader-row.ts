/** Who has a lease, as the one row of its table. */
import type { EpochMs } from "../../core/clock.js";
import type { LeaseName } from "../contracts/leases.js";
import type { Transaction } from "./transaction.js";

export interface LeaderRow {
  readonly id: string;
  readonly nonce: string;
  readonly host: string;
  readonly version: string;
  readonly epoch: number;
  readonly until: EpochMs;
  readonly lastSeen: EpochMs;
}

/** The table of each lease. */
export const LEASE_TABLES = { beat: "leader", watch: "watcher" } as const satisfies Record<LeaseName, string>;

export function leaderRow(at: Transaction, name: LeaseName = "beat"): LeaderRow | undefined {
  return at.get(
    `SELECT id, nonce, host, version, epoch, until, last_seen AS lastSeen FROM ${LEASE_TABLES[name]}`,
  );
}

export function currentLeader(at: Transaction, name: LeaseName = "beat"): LeaderRow | null {
  const leader = leaderRow(at, name);
  return leader && leader.until > at.now ? leader : null;
}

export function termOf({ epoch, nonce }: Pick<LeaderRow, "epoch" | "nonce">): string {
  return `${epoch}:${nonce}`;
}

/** Whether the term is that of the leader, and its lease has not ended. */
export function isCurrentTerm(at: Transaction, term: string): boolean {
  const leader = currentLeader(at);
  return leader !== null && termOf(leader) === term;
}
