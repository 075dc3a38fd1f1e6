import { ALERT_TABLES } from "./alert-table.js";
import { AUDIT_TABLE } from "./audit-table.js";
import { PRESENCE_TABLES } from "./presence-tables.js";
import { CALENDAR_TABLES } from "./calendars.js";
import { ask, type Handle } from "./driver.js";
import { FAILED_TABLES } from "./failed-table.js";
import { HISTORY_TABLES } from "./history-table.js";
import { STAT_TABLES } from "./stat-table.js";

/**
 * Tables that came later, and change the meaning of none that was there: so an older sunbeat goes on using the file, and the
 * version stays.
 */
export const ADDED_TABLES = `${ALERT_TABLES}${FAILED_TABLES}${HISTORY_TABLES}${STAT_TABLES}
  CREATE TABLE IF NOT EXISTS graph (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    output TEXT NOT NULL,
    keep_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- Parts with a task, and how those ended that did; open counts joins, too.
    size INTEGER NOT NULL DEFAULT 0,
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    unrun INTEGER NOT NULL DEFAULT 0,
    open INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    until INTEGER,
    saved INTEGER NOT NULL DEFAULT 0,
    forgotten INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS graph_until ON graph (until) WHERE until IS NOT NULL;

  CREATE TABLE IF NOT EXISTS part (
    -- Order, in its graph as of all.
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    graph TEXT NOT NULL,
    -- Null: a join.
    task TEXT,
    stage TEXT NOT NULL,
    value TEXT,
    list TEXT,
    pending INTEGER NOT NULL,
    -- JSON of ids.
    inputs TEXT,
    takers INTEGER,
    culprit TEXT,
    callback INTEGER NOT NULL DEFAULT 0,
    pinned INTEGER NOT NULL DEFAULT 0,
    ttl_ms INTEGER NOT NULL DEFAULT 0,
    eta_ms INTEGER,
    expires_ms INTEGER,
    -- The part as which it ends, since it has made way for it.
    stand_in TEXT,
    grown TEXT
  );
  CREATE INDEX IF NOT EXISTS part_graph ON part (graph);
  CREATE INDEX IF NOT EXISTS part_pinned ON part (graph) WHERE pinned = 1;

  -- Who follows the parts that have this list.
  CREATE TABLE IF NOT EXISTS part_edge (
    graph TEXT NOT NULL,
    list TEXT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (graph, list, at),
    UNIQUE (graph, list, target, kind)
  ) WITHOUT ROWID;

  -- JSON of what a list cancels, and whether it has.
  CREATE TABLE IF NOT EXISTS part_cancel (
    graph TEXT NOT NULL,
    list TEXT NOT NULL,
    ranges TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (graph, list)
  ) WITHOUT ROWID;

  -- What was added to the group of a list.
  CREATE TABLE IF NOT EXISTS part_added (
    graph TEXT NOT NULL,
    list TEXT NOT NULL,
    at INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (graph, list, at)
  ) WITHOUT ROWID;

  -- JSON of lines, in order.
  CREATE TABLE IF NOT EXISTS todo (
    at INTEGER PRIMARY KEY,
    graph TEXT NOT NULL,
    line TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS todo_graph ON todo (graph);

  -- JSON of what code and operators say of a task.
  CREATE TABLE IF NOT EXISTS rate_limit (
    task TEXT PRIMARY KEY,
    terms TEXT NOT NULL
  ) WITHOUT ROWID;

  -- Buckets that are not full. Instants of tokens have parts of milliseconds.
  CREATE TABLE IF NOT EXISTS rate_bucket (
    name TEXT PRIMARY KEY,
    full_at REAL NOT NULL,
    interval_ms REAL NOT NULL,
    burst INTEGER NOT NULL,
    at INTEGER NOT NULL,
    shut_until INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS rate_bucket_full ON rate_bucket (full_at);

  -- Messages that carry their rates (weight is null for others), and those that wait for tokens (bucket is null for others).
  CREATE TABLE IF NOT EXISTS rate_message (
    id TEXT PRIMARY KEY,
    key TEXT,
    weight INTEGER,
    bucket TEXT,
    queue TEXT,
    rank INTEGER,
    seq INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS rate_message_waiting ON rate_message (bucket, queue, rank, seq) WHERE bucket IS NOT NULL;

  CREATE TABLE IF NOT EXISTS rate_backlog (
    bucket TEXT NOT NULL,
    queue TEXT NOT NULL,
    task TEXT NOT NULL,
    due_at REAL NOT NULL,
    turn_at REAL NOT NULL,
    PRIMARY KEY (bucket, queue)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS rate_backlog_due ON rate_backlog (queue, due_at);
  CREATE INDEX IF NOT EXISTS rate_backlog_turn ON rate_backlog (queue, turn_at);
  CREATE INDEX IF NOT EXISTS rate_backlog_task ON rate_backlog (task, bucket, queue);

  -- Who has a unique key, until when, and who waits for it; and what a message says of its key, as JSON.
  CREATE TABLE IF NOT EXISTS unique_key (
    key TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    ends_at INTEGER,
    timed INTEGER NOT NULL,
    waiting TEXT
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS unique_key_end ON unique_key (ends_at) WHERE ends_at IS NOT NULL;

  CREATE TABLE IF NOT EXISTS unique_message (
    id TEXT PRIMARY KEY,
    spec TEXT NOT NULL
  ) WITHOUT ROWID;

  -- Queues that share their turns among lanes. Of each priority the last turn that was taken; of each lane the last that it was given.
  CREATE TABLE IF NOT EXISTS fair_queue (
    queue TEXT PRIMARY KEY
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS fair_turn (
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    PRIMARY KEY (queue, priority)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lane (
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL,
    lane TEXT NOT NULL,
    last REAL NOT NULL,
    PRIMARY KEY (queue, priority, lane)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS message_lane (
    id TEXT PRIMARY KEY,
    lane TEXT NOT NULL,
    weight REAL NOT NULL
  ) WITHOUT ROWID;

  -- When a run of an entry succeeded last.
  CREATE TABLE IF NOT EXISTS entry_success (
    entry TEXT PRIMARY KEY,
    at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS paused_queue (
    queue TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    asked_by TEXT NOT NULL,
    reason TEXT,
    until INTEGER
  ) WITHOUT ROWID;

  -- How many messages wait in queues that have a bound; triggers keep it (queue-length.ts).
  CREATE TABLE IF NOT EXISTS queue_length (
    queue TEXT PRIMARY KEY,
    waiting INTEGER NOT NULL
  ) WITHOUT ROWID;

  ${AUDIT_TABLE}
  ${CALENDAR_TABLES}
  ${PRESENCE_TABLES}
  `;

/** The same for columns. */
const ADDED_COLUMNS = ["basis", "previous_name"];

export function addColumns(handle: Handle): void {
  const there = new Set(ask(handle, "SELECT row(name) FROM pragma_table_info('entry')").flat());
  for (const column of ADDED_COLUMNS) {
    if (!there.has(column)) handle.exec(`ALTER TABLE entry ADD COLUMN ${column} TEXT`);
  }
}
