import {
  type CalendarHead,
  type CalendarStore,
  MOST_CALENDARS,
  type StoredCalendar,
} from "../contracts/calendars.js";
import type { Connection } from "./connection.js";

/** Calendars of days off, and what the walk over the entries keeps. */
export const CALENDAR_TABLES = `
  CREATE TABLE IF NOT EXISTS calendar (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    etag INTEGER NOT NULL,
    at INTEGER NOT NULL,
    data TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS basis_walk (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    basis TEXT,
    walk TEXT
  );`;

const HEAD = "name, owner, version, digest, etag, at";

export function sqliteCalendars(connection: Connection): CalendarStore {
  return {
    put: ({ expect, name, owner, version, digest, data }) =>
      connection.write((step) => {
        const before = step.get<{ etag: number }>("SELECT etag FROM calendar WHERE name = ?", name);
        if ((before?.etag ?? null) !== expect) return "conflict";
        const { count } = step.get<{ count: number }>("SELECT count(*) AS count FROM calendar")!;
        if (before === undefined && count >= MOST_CALENDARS) return "full";
        step.run(
          `INSERT INTO calendar (${HEAD}, data) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, version = excluded.version,
               digest = excluded.digest, etag = excluded.etag, at = excluded.at, data = excluded.data`,
          ...[name, owner, version, digest, step.etag(), step.now, data],
        );
        step.publish("calendars", name);
        return "stored";
      }),

    get: (names) =>
      connection.read((step) =>
        names.map((name) => {
          const row = step.get<StoredCalendar>(`SELECT ${HEAD}, data FROM calendar WHERE name = ?`, name);
          return row ? { ...row } : null;
        }),
      ),

    list: () =>
      connection.read((step) =>
        step.all<CalendarHead>(`SELECT ${HEAD} FROM calendar ORDER BY name`).map((row) => ({ ...row })),
      ),

    remove: (name, expect) =>
      connection.write((step) => {
        const found = step.get<{ etag: number }>("SELECT etag FROM calendar WHERE name = ?", name);
        if (found === undefined) return "gone";
        if (found.etag !== expect) return "conflict";
        step.run("DELETE FROM calendar WHERE name = ?", name);
        step.publish("calendars", name);
        return "removed";
      }),
  };
}
