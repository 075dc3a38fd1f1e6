import {
  type AlertMute,
  type AlertPut,
  type AlertRecord,
  type AlertStore,
  OUTBOX_ROWS,
  type OutboxRow,
  PAST_ALERTS,
} from "../contracts/alerts.js";
import type { Connection } from "./connection.js";
import type { SqlValue } from "./driver.js";
import { LIMIT, type Transaction } from "./transaction.js";

interface AlertRow {
  readonly record: string;
  readonly version: number;
}

export function sqliteAlerts(connection: Connection): AlertStore {
  return {
    alerts: ({ standing, limit, before }) =>
      connection.read((step) => {
        const where: string[] = [];
        const values: SqlValue[] = [];
        if (standing !== undefined) where.push(`is_open = ${standing ? 1 : 0}`);
        if (before !== undefined) {
          where.push("seq < (SELECT seq FROM alert WHERE id = ?)");
          values.push(before);
        }
        const condition = where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`;
        return step
          .all<AlertRow>(
            `SELECT record, version FROM alert ${condition} ORDER BY seq DESC ${LIMIT}`,
            ...values,
            limit,
          )
          .map(readAlert);
      }),

    putAlert: (alert, expect) =>
      connection.write((step) => {
        if (!isExpected(step, alert, expect)) return "conflict";
        write(step, alert, expect);
        for (const { id, url, body } of alert.webhooks) {
          step.run(
            "INSERT OR REPLACE INTO alert_outbox (id, url, body, tries, due_at) VALUES (?, ?, ?, 0, ?)",
            ...[id, url, body, step.now],
          );
        }
        if (alert.webhooks.length > 0) keepNewest(step, "alert_outbox", "1", OUTBOX_ROWS);
        return "stored";
      }),

    outbox: (limit, leaseMs) =>
      connection.write((step) => {
        const rows = step.all<OutboxRow>(
          `SELECT id, url, body, tries FROM alert_outbox WHERE due_at <= ? ORDER BY seq ${LIMIT}`,
          ...[step.now, limit],
        );
        for (const { id } of rows) {
          step.run(
            "UPDATE alert_outbox SET due_at = ?, tries = tries + 1 WHERE id = ?",
            ...[step.now + leaseMs, id],
          );
        }
        return rows.map((row) => ({ ...row }));
      }),

    told: (id, outcome) =>
      connection.write((step) => {
        if (typeof outcome === "string") step.run("DELETE FROM alert_outbox WHERE id = ?", id);
        else {
          const dueAt = step.now + outcome.retryInMs;
          step.run("UPDATE alert_outbox SET due_at = ? WHERE id = ?", dueAt, id);
        }
      }),

    mute: ({ kind, subject, by }, forMs) =>
      connection.write((step) => {
        step.run("DELETE FROM alert_mute WHERE until <= ?", step.now);
        if (forMs === 0) step.run("DELETE FROM alert_mute WHERE kind = ? AND subject = ?", kind, subject);
        else {
          step.run(
            "INSERT OR REPLACE INTO alert_mute (kind, subject, asked_by, until) VALUES (?, ?, ?, ?)",
            ...[kind, subject, by, forMs === null ? null : step.now + forMs],
          );
        }
      }),

    mutes: () =>
      connection.read((step) =>
        step
          .all<AlertMute>(
            'SELECT kind, subject, asked_by AS "by", until FROM alert_mute WHERE until IS NULL OR until > ? ORDER BY kind, subject',
            step.now,
          )
          .map((row) => ({ ...row })),
      ),
  };
}

function isExpected(step: Transaction, { id, kind, subject }: AlertPut, expect: number | null): boolean {
  if (expect !== null) {
    return step.get<AlertRow>("SELECT version FROM alert WHERE id = ?", id)?.version === expect;
  }
  const sql = "SELECT 1 FROM alert WHERE id = ? OR (kind = ? AND subject = ? AND is_open = 1)";
  return step.get(sql, id, kind, subject) === undefined;
}

function write(step: Transaction, alert: AlertPut, expect: number | null): void {
  const { webhooks: _, ...record } = alert;
  const { id, kind, subject, raisedAt, clearedAt } = record;
  const standing = clearedAt === null ? 1 : 0;
  if (standing === 0 && raisedAt === null) {
    step.run("DELETE FROM alert WHERE id = ?", id);
    return;
  }
  const text = JSON.stringify(record);
  if (expect === null) {
    step.run(
      "INSERT INTO alert (id, kind, subject, is_open, version, record) VALUES (?, ?, ?, ?, 1, ?)",
      ...[id, kind, subject, standing, text],
    );
  } else {
    step.run(
      "UPDATE alert SET is_open = ?, version = version + 1, record = ? WHERE id = ?",
      ...[standing, text, id],
    );
  }
  if (standing === 0) keepNewest(step, "alert", "is_open = 0", PAST_ALERTS);
}

/** Whatever is older than so many goes. */
function keepNewest(step: Transaction, table: "alert" | "alert_outbox", where: string, rows: number): void {
  step.run(
    `DELETE FROM ${table} WHERE ${where} AND seq <= (SELECT seq FROM ${table} WHERE ${where} ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
    rows,
  );
}

function readAlert({ record, version }: AlertRow): AlertRecord {
  return { ...(JSON.parse(record) as Omit<AlertRecord, "version">), version };
}
