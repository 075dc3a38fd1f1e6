/**
 * Tables that came later, and change the meaning of none that was there: so an older sunbeat goes on using the file, and the
 * version stays.
 */
export const ADDED_TABLES = `
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
  `;
