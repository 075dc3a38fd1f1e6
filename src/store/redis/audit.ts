import { AUDIT_ROWS, type AuditPut, type AuditRecord, type AuditStore } from "../contracts/audit.js";
import type { Caller } from "./caller.js";
import { parts } from "./messages.js";
import { defineScript } from "./script.js";
import { fromWire, fromWord, toWire, toWord, words } from "./text.js";

const addScript = defineScript("audit-add", (types: string[]) => types.map(fromWord).sort());
const listScript = defineScript("audit-list", ([before, found]: [string, string[]]) => ({ before, found }));

export function redisAudit(caller: Caller): AuditStore {
  return {
    async add({ by, via, from, verb, target, args, outcome }) {
      const head = [by, via, from, verb, target, outcome].map(toWord).join(" ");
      // Repeated when its answer is lost: a row that stands twice misleads less than one that is missing.
      return caller.call(addScript, { rows: AUDIT_ROWS, head, args: toWire(args) });
    },

    async list({ limit, before, by, target }) {
      caller.assertOpen();
      const records: AuditRecord[] = [];
      const only = {
        by: by === undefined ? "" : toWord(by),
        target: target === undefined ? "" : toWord(target),
      };
      let from = before ?? "";
      do {
        const step = await caller.call(listScript, { ...only, before: from, limit: limit - records.length });
        for (const [id = "", text = ""] of parts(step.found, 2)) records.push(...readRow(id, text));
        from = step.before;
      } while (from !== "" && records.length < limit);
      return records;
    },
  };
}

/** None for what nobody of us wrote. */
function readRow(id: string, text: string): AuditRecord[] {
  const { head, rest = "" } = words(text, 7) ?? {};
  if (head === undefined) return [];
  const [at, by = "", via = "", from = "", verb = "", target = "", outcome = ""] = head;
  return [
    {
      ...{
        id,
        at: Number(at),
        by: fromWord(by),
        via: fromWord(via) as AuditPut["via"],
        from: fromWord(from),
      },
      ...{ verb: fromWord(verb), target: fromWord(target), args: fromWire(rest), outcome: fromWord(outcome) },
    },
  ];
}
