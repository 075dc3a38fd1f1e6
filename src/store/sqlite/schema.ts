/**
 * The tables, as an ordered list of migrations; `user_version` is the number of those applied.
 *
 * message holds everything that was sent and has not ended, one row each, in one of five states. `seq` is its age:
 * it grows with every sending, retry and return from the dead letters, so the rowid order that every index ends
 * with is the order of age. Each state has its own partial index, so a row costs one index entry beside those of
 * its id and its entry, and what waits costs nothing to what is leased.
 *
 * lock_request holds those who wait for a lock or hold a permit of it, by `ticket`; a lock has a row while it has
 * requests. buffered_run holds the run that an entry buffers: its message is blocked by "entry".
 *
 * part holds those of graphs: its message is blocked by "part" until it may begin, and after an end that a resume undoes. todo
 * holds what follows from ended parts and is not done yet.
 *
 * All instants and durations are integer milliseconds.
 */
import { NOT_REVOKED } from "../rules/states.js";
import type { Handle } from "./driver.js";

/** "sunb": says to `file` and to us that the database is sunbeat's. */
export const APPLICATION_ID = 0x73756e62;

/** The state of a message. */
export const BLOCKED = -1;
export const READY = 0;
export const SCHEDULED = 1;
export const LEASED = 2;
export const DEAD = 4;

/**
 * The status of a request for a lock. ABSENT: a task that neither waits nor holds a permit, or a process that was passed over;
 * both keep their ticket.
 */
export const WAITING = 0;
export const HOLDING = 1;
export const ABSENT = 2;

/** The state of a mark among the results: it keeps an id known, and nobody is told of it. */
export const MARK = "";

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE message (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    place INTEGER NOT NULL,
    task TEXT NOT NULL,
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL,
    eta INTEGER,
    expires INTEGER,
    max_deliveries INTEGER NOT NULL,
    result_ttl INTEGER NOT NULL,
    entry TEXT,
    retries INTEGER NOT NULL DEFAULT 0,
    deliveries INTEGER NOT NULL DEFAULT 0,
    enqueued_at INTEGER NOT NULL,
    token TEXT,
    worker TEXT,
    lease_until INTEGER,
    revoked INTEGER NOT NULL DEFAULT ${NOT_REVOKED},
    dead_at INTEGER,
    dead_reason TEXT,
    body TEXT NOT NULL
  );
  CREATE INDEX message_ready ON message (queue, priority DESC) WHERE place = ${READY};
  CREATE INDEX message_delayed ON message (eta, queue) WHERE place = ${SCHEDULED};
  CREATE INDEX message_held ON message (lease_until, queue) WHERE place = ${LEASED};
  CREATE INDEX message_dead ON message (place) WHERE place = ${DEAD};
  CREATE INDEX message_dead_queue ON message (queue) WHERE place = ${DEAD};
  CREATE INDEX message_unfinished ON message (entry, enqueued_at) WHERE entry IS NOT NULL AND place < 3;

  CREATE TABLE revocation (
    id TEXT PRIMARY KEY,
    until INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX revocation_until ON revocation (until);

  CREATE TABLE result (
    -- Never used twice, so that another process finds what is new by a number alone.
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    payload TEXT,
    reason TEXT,
    worker TEXT,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL
  );
  CREATE INDEX result_until ON result (until);

  CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    stamp INTEGER NOT NULL,
    nominal INTEGER,
    dispatch_at INTEGER,
    paused_at INTEGER,
    disabled TEXT,
    disabled_at INTEGER,
    last_nominal INTEGER,
    runs INTEGER NOT NULL DEFAULT 0,
    owner TEXT NOT NULL,
    version INTEGER NOT NULL,
    revision TEXT NOT NULL,
    definition TEXT NOT NULL
  );
  CREATE INDEX entry_due ON entry (dispatch_at, name)
    WHERE dispatch_at IS NOT NULL AND paused_at IS NULL AND disabled IS NULL;

  CREATE TABLE held_run (
    entry TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    due INTEGER NOT NULL,
    term TEXT,
    triggered INTEGER NOT NULL,
    max_runs INTEGER,
    timeout_ms INTEGER,
    grace_end INTEGER,
    wake_at INTEGER
  );
  CREATE INDEX held_run_wake ON held_run (wake_at) WHERE wake_at IS NOT NULL;

  CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY,
    entry TEXT NOT NULL,
    -- A row begins and ends at its due time; only a range has a count and a schedule.
    due INTEGER NOT NULL,
    due_to INTEGER NOT NULL,
    fate TEXT NOT NULL,
    reason TEXT,
    task_id TEXT,
    at INTEGER NOT NULL,
    term TEXT,
    count INTEGER,
    schedule TEXT
  );
  CREATE INDEX ledger_due ON ledger (entry, due);

  -- One row. The epoch stays when the lead is given up: it only grows.
  CREATE TABLE leader (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    until INTEGER NOT NULL,
    last_seen INTEGER NOT NULL
  );

  CREATE TABLE signal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    origin TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload TEXT NOT NULL,
    at INTEGER NOT NULL
  );

  -- Numbers that only grow: the stamp of the last write to any entry.
  CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO counter VALUES ('stamp', 0);
  `,
  `
  -- JSON of what the message needs, as MessageLock has it.
  ALTER TABLE message ADD COLUMN lock TEXT;
  CREATE INDEX message_parked ON message (queue) WHERE place = ${BLOCKED};

  CREATE TABLE lock (
    name TEXT PRIMARY KEY,
    capacity INTEGER NOT NULL,
    -- When a permit of a lock with a line ends, or earlier; null: there is no line.
    wake_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX lock_wake ON lock (wake_at) WHERE wake_at IS NOT NULL;

  CREATE TABLE contender (
    turn INTEGER PRIMARY KEY,
    lock TEXT NOT NULL,
    -- Of a task its id, of a process the name of the waiter.
    id TEXT NOT NULL,
    is_task INTEGER NOT NULL,
    label TEXT NOT NULL,
    standing INTEGER NOT NULL,
    since INTEGER NOT NULL,
    -- Of a holder the end of the permit; of a process in line, how long it counts as alive; of a task in line, null.
    until INTEGER,
    grant_ms INTEGER NOT NULL,
    token TEXT,
    fence INTEGER,
    give_up_at INTEGER,
    UNIQUE (id, is_task, lock)
  );
  CREATE INDEX contender_line ON contender (lock, turn) WHERE standing = ${WAITING};
  CREATE INDEX contender_held ON contender (lock, until) WHERE standing = ${HOLDING};
  CREATE INDEX contender_until ON contender (until) WHERE standing = ${HOLDING};
  CREATE INDEX contender_give_up ON contender (give_up_at) WHERE standing = ${WAITING} AND give_up_at IS NOT NULL;
  INSERT INTO counter VALUES ('fence', 0);
  `,
  `
  -- What happened to locks; the oldest rows go as new ones come.
  CREATE TABLE lock_history (
    seq INTEGER PRIMARY KEY,
    lock TEXT NOT NULL,
    event TEXT NOT NULL,
    is_task INTEGER NOT NULL,
    id TEXT NOT NULL,
    label TEXT NOT NULL,
    fence INTEGER,
    at INTEGER NOT NULL,
    -- How long it waited or was held.
    took_ms INTEGER
  );
  `,
  `
  -- One row: the folder, by its number, and the name under which the file is in use (home.ts).
  CREATE TABLE home (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL
  );
  `,
  `
  -- How long the id stays known once the message has ended without a result.
  ALTER TABLE message ADD COLUMN id_ttl INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- The field's words for what was there before, and one state for all that is blocked: it says what it waits for.
  ALTER TABLE message RENAME COLUMN place TO state;
  ALTER TABLE message ADD COLUMN blocker TEXT;
  DROP INDEX message_delayed;
  DROP INDEX message_held;
  DROP INDEX message_parked;
  DROP INDEX message_unfinished;
  UPDATE message SET blocker = 'lock' WHERE state = ${BLOCKED};
  UPDATE message SET blocker = 'entry', state = ${BLOCKED} WHERE state = 3;
  CREATE INDEX message_scheduled ON message (eta, queue) WHERE state = ${SCHEDULED};
  CREATE INDEX message_leased ON message (lease_until, queue) WHERE state = ${LEASED};
  CREATE INDEX message_blocked ON message (blocker, queue) WHERE state = ${BLOCKED};
  CREATE INDEX message_unfinished ON message (entry, enqueued_at)
    WHERE entry IS NOT NULL AND state <> ${DEAD} AND blocker IS NOT 'entry';

  ALTER TABLE entry RENAME COLUMN stamp TO etag;
  ALTER TABLE entry RENAME COLUMN nominal TO due;
  ALTER TABLE entry RENAME COLUMN last_nominal TO last_due;
  UPDATE counter SET name = 'etag' WHERE name = 'stamp';

  ALTER TABLE held_run RENAME TO buffered_run;
  DROP INDEX held_run_wake;
  CREATE INDEX buffered_run_wake ON buffered_run (wake_at) WHERE wake_at IS NOT NULL;

  ALTER TABLE contender RENAME TO lock_request;
  ALTER TABLE lock_request RENAME COLUMN turn TO ticket;
  ALTER TABLE lock_request RENAME COLUMN standing TO status;
  ALTER TABLE lock_request RENAME COLUMN give_up_at TO wait_deadline;
  DROP INDEX contender_line;
  DROP INDEX contender_held;
  DROP INDEX contender_until;
  DROP INDEX contender_give_up;
  CREATE INDEX lock_request_waiting ON lock_request (lock, ticket) WHERE status = ${WAITING};
  CREATE INDEX lock_request_holding ON lock_request (lock, until) WHERE status = ${HOLDING};
  CREATE INDEX lock_request_until ON lock_request (until) WHERE status = ${HOLDING};
  CREATE INDEX lock_request_deadline ON lock_request (wait_deadline)
    WHERE status = ${WAITING} AND wait_deadline IS NOT NULL;
  -- Processes that were passed over: of a lock, and by the end of their tickets.
  CREATE INDEX lock_request_skipped ON lock_request (lock, until) WHERE status = ${ABSENT} AND is_task = 0;
  CREATE INDEX lock_request_ticket ON lock_request (until) WHERE status = ${ABSENT} AND is_task = 0;
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings the database from `version` to SCHEMA_VERSION. Runs inside the caller's write transaction. */
export function migrate(handle: Handle, version: number): void {
  for (const statements of MIGRATIONS.slice(version)) handle.exec(statements);
  handle.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  handle.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}
