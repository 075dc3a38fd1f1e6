import { type AlertRecord, type AlertStore, OUTBOX_ROWS, PAST_ALERTS } from "../contracts/alerts.js";
import { enter, type MemoryState } from "./state.js";

export function memoryAlerts(state: MemoryState): AlertStore {
  const { alerts, mutes, outbox } = state;
  return {
    async alerts({ standing, limit, before }) {
      enter(state);
      const newestFirst = [...alerts.values()].reverse();
      const from = before === undefined ? 0 : newestFirst.findIndex(({ id }) => id === before) + 1;
      if (before !== undefined && from === 0) return [];
      const wanted = newestFirst
        .slice(from)
        .filter(({ clearedAt }) => standing === undefined || standing === (clearedAt === null));
      return wanted.slice(0, limit);
    },

    async putAlert({ webhooks, ...alert }, expect) {
      const now = enter(state);
      const before = expect === null ? standingOf(state, alert) : alerts.get(alert.id);
      if (expect === null ? before !== undefined || alerts.has(alert.id) : before?.version !== expect) {
        return "conflict";
      }
      if (alert.clearedAt !== null && alert.raisedAt === null) alerts.delete(alert.id);
      else alerts.set(alert.id, { ...alert, version: (expect ?? 0) + 1 });
      const past = [...alerts.values()].filter(({ clearedAt }) => clearedAt !== null);
      for (const { id } of past.slice(0, Math.max(0, past.length - PAST_ALERTS))) alerts.delete(id);
      for (const { id, url, body } of webhooks) outbox.set(id, { id, url, body, tries: 0, dueAt: now });
      for (const id of [...outbox.keys()].slice(0, Math.max(0, outbox.size - OUTBOX_ROWS))) outbox.delete(id);
      return "stored";
    },

    async outbox(limit, leaseMs) {
      const now = enter(state);
      const due = [...outbox.values()].filter(({ dueAt }) => dueAt <= now).slice(0, limit);
      return due.map((row) => {
        row.dueAt = now + leaseMs;
        const { id, url, body, tries } = row;
        row.tries++;
        return { id, url, body, tries };
      });
    },

    async told(id, outcome) {
      const now = enter(state);
      const row = outbox.get(id);
      if (typeof outcome === "string") outbox.delete(id);
      else if (row !== undefined) row.dueAt = now + outcome.retryInMs;
    },

    async mute({ kind, subject, by }, forMs) {
      const now = enter(state);
      const key = keyOf(kind, subject);
      if (forMs === 0) mutes.delete(key);
      else mutes.set(key, { kind, subject, by, until: forMs === null ? null : now + forMs });
    },

    async mutes() {
      const now = enter(state);
      for (const [key, { until }] of mutes) if (until !== null && until <= now) mutes.delete(key);
      return [...mutes.values()].sort((a, b) =>
        keyOf(a.kind, a.subject) < keyOf(b.kind, b.subject) ? -1 : 1,
      );
    },
  };
}

const keyOf = (kind: string, subject: string): string => `${kind} ${subject}`;

function standingOf(state: MemoryState, { kind, subject }: Pick<AlertRecord, "kind" | "subject">) {
  return [...state.alerts.values()].find(
    (one) => one.kind === kind && one.subject === subject && one.clearedAt === null,
  );
}
