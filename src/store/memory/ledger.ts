/** The ledger: one list per entry, in order of due. */
import type { EpochMs } from "../../core/clock.js";
import type { Ledger, LedgerQuery, LedgerRecord, Retention } from "../contracts/ledger.js";
import { enter, type EntryLedger, type MemoryState } from "./state.js";

function beginOf(record: LedgerRecord): EpochMs {
  return record.kind === "row" ? record.due : record.from;
}

function endOf(record: LedgerRecord): EpochMs {
  return record.kind === "row" ? record.due : record.to;
}

/** Files one record. Records come nearly in order, so the place is found from the end. */
export function addRecord(state: MemoryState, entry: LedgerRecord): void {
  let ledger = state.ledgers.get(entry.entry);
  if (!ledger) {
    ledger = { records: [], oldestAt: entry.at };
    state.ledgers.set(entry.entry, ledger);
  }
  const { records } = ledger;
  let at = records.length;
  for (; at > 0; at--) {
    const before = records[at - 1];
    if (!before || beginOf(before) <= beginOf(entry)) break;
  }
  records.splice(at, 0, entry);
  ledger.oldestAt = Math.min(ledger.oldestAt, entry.at);
}

export function queryLedger(state: MemoryState, name: string, query: LedgerQuery): LedgerRecord[] {
  const { after = -Infinity, before = Infinity, limit, keep } = query;
  const found = (state.ledgers.get(name)?.records ?? []).filter(
    (each) => endOf(each) > after && beginOf(each) < before,
  );
  return keep === "oldest" ? found.slice(0, limit) : found.slice(Math.max(0, found.length - limit));
}

/** Looks at each ledger once, in constant time where nothing is to be dropped. */
export function trimLedgers(state: MemoryState, retention: Retention, limit: number, now: EpochMs): number {
  let left = limit;
  for (const [name, ledger] of state.ledgers) {
    if (left <= 0) break;
    left -= trim(ledger, retention, left, now);
    if (ledger.records.length === 0) state.ledgers.delete(name);
  }
  return limit - left;
}

function trim(ledger: EntryLedger, retention: Retention, limit: number, now: EpochMs): number {
  const eldest = now - retention.maxAgeMs;
  let surplus = ledger.records.length - retention.maxRowsPerEntry;
  if (surplus <= 0 && ledger.oldestAt >= eldest) return 0;
  let dropped = 0;
  ledger.records = ledger.records.filter((each) => {
    if (dropped >= limit || (surplus <= 0 && each.at >= eldest)) return true;
    surplus--;
    dropped++;
    return false;
  });
  ledger.oldestAt = ledger.records.reduce((oldest, each) => Math.min(oldest, each.at), Infinity);
  return dropped;
}

export function memoryLedger(state: MemoryState): Ledger {
  return {
    async rows(name, query) {
      enter(state);
      return queryLedger(state, name, query);
    },

    async trim(retention, limit) {
      return trimLedgers(state, retention, limit, enter(state));
    },
  };
}
