import type { EpochMs } from "../../core/clock.js";
import type { Freed, Records } from "../rules/records.js";
import { EntryTable } from "./entry-table.js";
import { GraphTable } from "./graph-table.js";
import { isCurrentTerm } from "./leader-row.js";
import { LockTable } from "./lock-table.js";
import { MessageTable } from "./message-table.js";
import { ResultTable } from "./result-table.js";
import { LEASED, SCHEDULED, WAITING } from "./schema.js";
import { Transaction } from "./transaction.js";

/** What wakes a claim, one look into an index each; a blocker that time can end has a row. */
const WAKE_UPS = [
  `SELECT min(eta) AS at FROM message WHERE state = ${SCHEDULED}`,
  `SELECT min(lease_until) AS at FROM message WHERE state = ${LEASED}`,
  "SELECT min(wake_at) AS at FROM buffered_run WHERE wake_at IS NOT NULL",
  "SELECT min(wake_at) AS at FROM lock WHERE wake_at IS NOT NULL",
  `SELECT min(wait_deadline) AS at FROM lock_request WHERE status = ${WAITING} AND wait_deadline IS NOT NULL`,
];

/** One transaction as the rules see it. */
export class Step extends Transaction implements Records {
  readonly messages = new MessageTable(this);
  readonly results = new ResultTable(this);
  readonly locks = new LockTable(this);
  readonly entries = new EntryTable(this);
  readonly graphs = new GraphTable(this);
  readonly freed: Freed = { entry: new Set(), lock: new Set(), part: new Set() };

  nextWakeAt(): EpochMs | null {
    if (this.graphs.hasTodo()) return this.now;
    let next = Infinity;
    for (const sql of WAKE_UPS) {
      next = Math.min(next, this.get<{ readonly at: EpochMs | null }>(sql)?.at ?? Infinity);
    }
    return next === Infinity ? null : next;
  }

  isCurrentTerm(term: string): boolean {
    return isCurrentTerm(this, term);
  }
}
