import type { Ledger, LedgerRecord, Retention } from "../contracts/ledger.js";
import type { Caller } from "./caller.js";
import { CODES, defineScript, type WireNumber } from "./script.js";
import { fromWire, fromWord, fromWordOrNull, toWord, words } from "./text.js";

/**
 * A member of scripts/lib/records.lua: "<entry> <due> <fate> <at - due> <reason> <term> <tail>". Null for one that nobody
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
    case CODES.fate.sent:
      return {
        ...{ kind: "row", entry, due, fate: "sent", reason: fromWordOrNull(reason) },
        ...{ taskId: fromWire(parts.rest), at, term },
      };
    case CODES.fate.skipped:
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
    case CODES.fate.range: {
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

/** Scripts that one call of `trim` runs at most; each looks at 200 entries. */
const TRIM_STEPS = 50;
/** Records that one of them drops at most. */
const TRIMMED = 1_000;
const ledgerScript = defineScript("ledger", ([from, members]: [string, string[]]) => ({ from, members }));
const trimScript = defineScript("ledger-trim", ([dropped, from]: [WireNumber, string]) => ({
  dropped: Number(dropped),
  from,
}));

export function redisLedger(caller: Caller): Ledger {
  /** The entry at which the next trim goes on; "" for the first. */
  let trimFrom = "";

  return {
    async rows(name, { after, before, limit, keep }) {
      caller.assertOpen();
      const found: LedgerRecord[] = [];
      let from = "";
      do {
        const step = await caller.call(ledgerScript, {
          ...{ entry: toWord(name), order: CODES.order[keep], from },
          ...{ after: after ?? "-inf", before: before ?? "inf", limit: limit - found.length },
        });
        for (const member of step.members) {
          const record = readLedgerRecord(name, member);
          if (record) found.push(record);
        }
        ({ from } = step);
      } while (from !== "" && found.length < limit);
      return keep === "oldest" ? found : found.reverse();
    },

    async trim(retention: Retention, limit) {
      caller.assertOpen();
      let dropped = 0;
      let rounds = 0;
      for (let step = 0; step < TRIM_STEPS && dropped < limit; step++) {
        const args = {
          ...{ age: retention.maxAgeMs, keep: retention.maxRowsPerEntry },
          limit: Math.min(limit - dropped, TRIMMED),
          from: trimFrom,
        };
        const done = await caller.call(trimScript, args);
        dropped += done.dropped;
        trimFrom = done.from;
        // From wherever the last call stopped to the end, and once from the beginning.
        if (trimFrom === "" && ++rounds === 2) break;
      }
      return dropped;
    },
  };
}
