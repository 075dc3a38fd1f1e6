import { AUDIT_ROWS, type AuditStore } from "../contracts/audit.js";
import { watched } from "./presence.js";
import { enter, type MemoryState } from "./state.js";

export function memoryAudit(state: MemoryState): AuditStore {
  return {
    async add({ by, via, from, verb, target, args, outcome }) {
      const at = enter(state);
      const { audit } = state;
      audit.push({ id: String(++state.sequence), at, by, via, from, verb, target, args, outcome });
      if (audit.length >= AUDIT_ROWS * 1.1) audit.splice(0, audit.length - AUDIT_ROWS);
      return watched(state, at);
    },

    async list({ limit, before, by, target }) {
      enter(state);
      return state.audit
        .slice(-AUDIT_ROWS)
        .filter(
          (row) =>
            (before === undefined || Number(row.id) < Number(before)) &&
            (by === undefined || row.by === by) &&
            (target === undefined || row.target === target),
        )
        .slice(-limit)
        .reverse();
    },
  };
}
