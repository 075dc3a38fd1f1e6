import type { EpochMs } from "../../core/clock.js";
import type { Dropped } from "../contracts/consumer.js";
import type { Freed, Records } from "../rules/records.js";
import { EntryTable } from "./entry-table.js";
import { FailedTable } from "./failed-table.js";
import { GraphTable } from "./graph-table.js";
import { HistoryTable } from "./history-table.js";
import { isCurrentTerm } from "./leader-row.js";
import { LaneTable } from "./lane-table.js";
import { LockTable } from "./lock-table.js";
import { MessageTable } from "./message-table.js";
import { RateTable } from "./rate-table.js";
import { PauseTable } from "./pause-table.js";
import { ResultTable } from "./result-table.js";
import { LEASED, SCHEDULED, WAITING } from "./schema.js";
import { StatTable } from "./stat-table.js";
import { Transaction } from "./transaction.js";
import { UniqueTable } from "./unique-table.js";

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
  readonly lanes = new LaneTable(this);
  readonly pauses = new PauseTable(this);
  readonly messages = new MessageTable(this, this.lanes);
  readonly results = new ResultTable(this);
  readonly locks = new LockTable(this);
  readonly entries = new EntryTable(this);
  readonly graphs = new GraphTable(this);
  readonly rates = new RateTable(this);
  readonly uniques = new UniqueTable(this);
  readonly history = new HistoryTable(this);
  readonly stats = new StatTable(this);
  readonly failed = new FailedTable(this);
  readonly freed: Freed = { entry: new Set(), lock: new Set(), part: new Set(), unique: new Set() };
  readonly dropped: Dropped[] = [];

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
