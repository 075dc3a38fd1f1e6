/** What is wrong, whom to tell of it, and who watches. */
export const ALERT_TABLES = `
  -- One row, as the table leader has it: who watches.
  CREATE TABLE IF NOT EXISTS watcher (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    until INTEGER NOT NULL,
    last_seen INTEGER NOT NULL
  );

  CREATE TABLE IF NOT EXISTS alert (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    version INTEGER NOT NULL,
    -- JSON of all else.
    record TEXT NOT NULL
  );
  CREATE UNIQUE INDEX IF NOT EXISTS alert_open ON alert (kind, subject) WHERE is_open = 1;
  CREATE INDEX IF NOT EXISTS alert_past ON alert (seq) WHERE is_open = 0;

  CREATE TABLE IF NOT EXISTS alert_outbox (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    body TEXT NOT NULL,
    tries INTEGER NOT NULL,
    due_at INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS alert_outbox_due ON alert_outbox (due_at);

  CREATE TABLE IF NOT EXISTS alert_mute (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    until INTEGER,
    PRIMARY KEY (kind, subject)
  ) WITHOUT ROWID;
  `;
