import { AUDIT_ROWS, type AuditRecord, type AuditStore } from "../contracts/audit.js";
import type { Connection } from "./connection.js";
import { watched } from "./presence.js";
import { LIMIT } from "./transaction.js";

export function sqliteAudit(connection: Connection): AuditStore {
  return {
    add: ({ by, via, from, verb, target, args, outcome }) =>
      connection.write((step) => {
        const { seq } = step.get<{ seq: number }>(
          `INSERT INTO audit (at, done_by, via, came_from, verb, target, args, outcome)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
          ...[step.now, by, via, from, verb, target, args, outcome],
        )!;
        step.run("DELETE FROM audit WHERE seq <= ?", seq - AUDIT_ROWS);
        return watched(step);
      }),

    // Ten thousand rows are looked through in a few milliseconds: no index is worth its cost.
    list: ({ limit, before, by = null, target = null }) =>
      connection.read((step) =>
        step
          .all<Omit<AuditRecord, "id"> & { readonly seq: number }>(
            `SELECT seq, at, done_by AS by, via, came_from AS "from", verb, target, args, outcome FROM audit
               WHERE seq < ? AND (? IS NULL OR done_by = ?) AND (? IS NULL OR target = ?) ORDER BY seq DESC ${LIMIT}`,
            ...[
              before === undefined ? Number.MAX_SAFE_INTEGER : Number(before),
              ...[by, by, target, target, limit],
            ],
          )
          .map(({ seq, ...row }) => ({ id: String(seq), ...row })),
      ),
  };
}
