/** The ledger: one row per occurrence or range, found by entry and due. */
import type { EpochMs } from "../../core/clock.js";
import type { Ledger, LedgerQuery, LedgerRecord, Retention } from "../contracts/ledger.js";
import type { Connection } from "./connection.js";
import type { Step } from "./step.js";
import { LIMIT } from "./transaction.js";

interface StoredRow {
  readonly entry: string;
  readonly due: EpochMs;
  readonly dueTo: EpochMs;
  readonly fate: "sent" | "skipped";
  readonly reason: string | null;
  readonly taskId: string | null;
  readonly at: EpochMs;
  readonly term: string | null;
  readonly count: number | null;
  readonly schedule: string | null;
}

function restored(row: StoredRow): LedgerRecord {
  const { entry, due, dueTo, fate, reason, taskId, at, term, count, schedule } = row;
  if (count === null) return { kind: "row", entry, due, fate, reason, taskId, at, term };
  return {
    ...{ kind: "range", entry, from: due, to: dueTo, count },
    ...{ reason: reason ?? "", schedule: schedule ?? "", at, term },
  };
}

const SELECTION = `SELECT entry, due, due_to AS dueTo, fate, reason, task_id AS taskId, at, term, count, schedule
  FROM ledger WHERE entry = ? AND due < ? AND due_to > ?`;
const OLDEST = `${SELECTION} ORDER BY due, seq ${LIMIT}`;
const NEWEST = `${SELECTION} ORDER BY due DESC, seq DESC ${LIMIT}`;

export function queryLedger(step: Step, entry: string, query: LedgerQuery): LedgerRecord[] {
  const { after = -Number.MAX_VALUE, before = Number.MAX_VALUE, limit, keep } = query;
  const sql = keep === "oldest" ? OLDEST : NEWEST;
  const rows = step.all<StoredRow>(sql, entry, before, after, limit).map(restored);
  return keep === "oldest" ? rows : rows.reverse();
}

/**
 * Drops at most `limit` records written before `until`. Records are numbered in the order in which they were written,
 * so the old ones are the first ones, but for those of a time when the clock was ahead: they stay, and are passed over.
 */
export function trimByAge(step: Step, until: EpochMs, limit: number): number {
  return step.run(
    `DELETE FROM ledger WHERE seq IN (SELECT seq FROM ledger WHERE at <= ? ORDER BY seq ${LIMIT}) AND at < ?`,
    ...[step.now, limit, until],
  );
}

/** The first entry after `name` that has records. */
export function nextWithRecords(step: Step, name: string): string | null {
  return (
    step.get<{ entry: string | null }>("SELECT min(entry) AS entry FROM ledger WHERE entry > ?", name)
      ?.entry ?? null
  );
}

/** Drops at most `limit` of the oldest records of an entry that are more than `keep`. */
export function trimByCount(step: Step, entry: string, keep: number, limit: number): number {
  const surplus =
    (step.get<{ count: number }>("SELECT count(*) AS count FROM ledger WHERE entry = ?", entry)?.count ?? 0) -
    keep;
  if (surplus <= 0) return 0;
  return step.run(
    `DELETE FROM ledger WHERE seq IN (SELECT seq FROM ledger WHERE entry = ? ORDER BY due, seq ${LIMIT})`,
    ...[entry, Math.min(surplus, limit)],
  );
}

/** A look at the ledgers of all entries may be long: one call goes on where the last one stopped. */
const LEDGERS_PER_TRIM = 1_000;

export function sqliteLedger(connection: Connection): Ledger {
  /** The last entry whose ledger was trimmed to its end. */
  let doneTo = "";

  return {
    rows: (name, query) => connection.read((step) => queryLedger(step, name, query)),

    async trim(retention, limit) {
      const trimmed = await connection.write((step) => trimSome(step, retention, limit, doneTo));
      ({ doneTo } = trimmed);
      return trimmed.dropped;
    },
  };
}

/** Gives `doneTo` anew: an entry in which the limit stops the trim is not done, and the next one goes on there. */
function trimSome(
  step: Step,
  { maxAgeMs, maxRowsPerEntry }: Retention,
  limit: number,
  doneTo: string,
): { readonly dropped: number; readonly doneTo: string } {
  let dropped = trimByAge(step, step.now - maxAgeMs, limit);
  for (let looked = 0; looked < LEDGERS_PER_TRIM && dropped < limit; looked++) {
    const name = nextWithRecords(step, doneTo);
    if (name === null) return { dropped, doneTo: "" };
    dropped += trimByCount(step, name, maxRowsPerEntry, limit - dropped);
    if (dropped < limit) doneTo = name;
  }
  return { dropped, doneTo };
}
