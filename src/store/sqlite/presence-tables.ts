/** Who is there, which events are watched, and the headers of what is not to begin. */
export const PRESENCE_TABLES = `
  CREATE TABLE IF NOT EXISTS node (
    name TEXT PRIMARY KEY,
    boot TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    -- JSON.
    record TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS node_until ON node (until);

  CREATE TABLE IF NOT EXISTS watch (
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (id, type)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS watch_type ON watch (type, until);
  CREATE INDEX IF NOT EXISTS watch_until ON watch (until);

  CREATE TABLE IF NOT EXISTS header_mark (
    seq INTEGER PRIMARY KEY,
    -- JSON, in order of the names.
    headers TEXT NOT NULL UNIQUE,
    until INTEGER NOT NULL
  );`;
