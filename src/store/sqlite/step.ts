import type { EpochMs } from "../../core/clock.js";
import type { Freed, Records } from "../rules/records.js";
import { EntryTable } from "./entry-table.js";
import { isCurrentTerm } from "./leader-row.js";
import { LockTable } from "./lock-table.js";
import { MessageTable } from "./message-table.js";
import { ResultTable } from "./result-table.js";
import { LEASED, SCHEDULED, WAITING } from "./schema.js";
import { Transaction } from "./transaction.js";

interface At {
  readonly at: EpochMs | null;
}

/** One transaction as the rules see it. */
export class Step extends Transaction implements Records {
  readonly messages = new MessageTable(this);
  readonly results = new ResultTable(this);
  readonly locks = new LockTable(this);
  readonly entries = new EntryTable(this);
  readonly freed: Freed = { entries: new Set(), locks: new Set() };

  /** Five index look-ups. */
  nextWakeAt(): EpochMs | null {
    const next = Math.min(
      this.#first(`SELECT min(eta) AS at FROM message WHERE place = ${SCHEDULED}`),
      this.#first(`SELECT min(lease_until) AS at FROM message WHERE place = ${LEASED}`),
      this.#first("SELECT min(wake_at) AS at FROM held_run WHERE wake_at IS NOT NULL"),
      this.#first("SELECT min(wake_at) AS at FROM lock WHERE wake_at IS NOT NULL"),
      this.#first(
        `SELECT min(give_up_at) AS at FROM contender WHERE standing = ${WAITING} AND give_up_at IS NOT NULL`,
      ),
    );
    return next === Infinity ? null : next;
  }

  #first(sql: string): EpochMs {
    return this.get<At>(sql)?.at ?? Infinity;
  }

  isCurrentTerm(term: string): boolean {
    return isCurrentTerm(this, term);
  }
}
