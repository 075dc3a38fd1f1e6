import type { LedgerRecord } from "../entries.js";
import { fromWire, fromWord, fromWordOrNull, words } from "./text.js";

/**
 * A member of scripts/lib/ledger.lua: "<entry> <due> <fate> <at - due> <reason> <term> <tail>". Null for one that nobody
 * of us wrote.
 */
export function readLedgerRecord(entry: string, member: string): LedgerRecord | null {
  const parts = words(member, 6);
  if (!parts) return null;
  const [, dueText, fate, age, reason = "", termText = ""] = parts.head;
  const due = Number(dueText);
  const at = due + Number(age);
  const term = fromWordOrNull(termText);
  switch (fate ?? "") {
    case "S":
      return {
        ...{ kind: "row", entry, due, fate: "sent", reason: fromWordOrNull(reason) },
        ...{ taskId: fromWire(parts.rest), at, term },
      };
    case "K":
      return {
        kind: "row",
        entry,
        due,
        fate: "skipped",
        reason: fromWordOrNull(reason),
        taskId: null,
        at,
        term,
      };
    case "R": {
      const range = words(parts.rest, 2);
      if (!range) return null;
      const [to, count] = range.head.map(Number);
      return {
        ...{ kind: "range", entry, from: due, to: to ?? due, count: count ?? 0, reason: fromWord(reason) },
        ...{ schedule: fromWire(range.rest), at, term },
      };
    }
    default:
      return null;
  }
}
