import type { EpochMs } from "../../core/clock.js";
import type { EntryPut, EntryRecord, EntrySnapshot, EntryStore, PutOutcome } from "../contracts/entries.js";
import type { Connection } from "./connection.js";
import { HAS_ENDED } from "./ends.js";
import { followUp } from "./follow-up.js";
import { recordRange } from "./ledger.js";
import { fixInstants, isKnown } from "./messages.js";
import { bufferedRunOf, dropBufferedRun, heldRunOfId, startRun } from "./runs.js";
import { BUFFERED } from "./schema.js";
import { LIMIT, type Step } from "./step.js";
import { tick } from "./tick.js";

interface EntryRow {
  readonly name: string;
  readonly owner: string;
  readonly version: number;
  readonly definition: string;
  readonly revision: string;
  readonly etag: number;
  readonly due: EpochMs | null;
  readonly dispatchAt: EpochMs | null;
  readonly pausedAt: EpochMs | null;
  readonly disabled: string | null;
  readonly disabledAt: EpochMs | null;
  readonly lastDue: EpochMs | null;
  readonly runs: number;
}

interface SnapshotRow extends EntryRow {
  readonly unfinished: number;
  readonly buffered: number;
}

const COLUMNS = `name, owner, version, definition, revision, stamp AS etag, nominal AS due, dispatch_at AS dispatchAt,
  paused_at AS pausedAt, disabled, disabled_at AS disabledAt, last_nominal AS lastDue, runs`;
/** The store's now comes first, twice. */
const ENTRY = `SELECT ${COLUMNS},
  (SELECT count(*) FROM message WHERE message.entry = entry.name AND place < ${BUFFERED} AND NOT ${HAS_ENDED}) AS unfinished,
  EXISTS (SELECT 1 FROM held_run JOIN message USING (id)
    WHERE held_run.entry = entry.name AND NOT ${HAS_ENDED}) AS buffered FROM entry`;
const LIVE = "dispatch_at IS NOT NULL AND paused_at IS NULL AND disabled IS NULL";
const DUE = `SELECT ${COLUMNS} FROM entry WHERE ${LIVE} AND dispatch_at <= ? ORDER BY dispatch_at, name ${LIMIT}`;
const NEXT = `SELECT dispatch_at AS at FROM entry WHERE ${LIVE} ORDER BY dispatch_at, name LIMIT 1 OFFSET ? + 0`;

function record({ due, dispatchAt, ...same }: EntryRow): EntryRecord {
  return { ...same, cursor: due === null || dispatchAt === null ? null : { due, dispatchAt } };
}

function snapshot({ unfinished, buffered, ...row }: SnapshotRow): EntrySnapshot {
  return { ...record(row), unfinished, buffered: buffered === 1 };
}

function put(step: Step, item: EntryPut): PutOutcome {
  const before = step.get<{ etag: number; revision: string }>(
    "SELECT stamp AS etag, revision FROM entry WHERE name = ?",
    item.name,
  );
  if ((before?.etag ?? null) !== item.expect) return "conflict";
  // Its maxRuns may be another than the one under which a run of it is buffered: the next tick knows.
  if (before && before.revision !== item.revision) {
    step.run("UPDATE held_run SET max_runs = NULL WHERE entry = ?", item.name);
  }
  step.run(
    `INSERT INTO entry (name, owner, version, definition, revision, stamp, nominal, dispatch_at, paused_at, disabled,
       disabled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, version = excluded.version,
       definition = excluded.definition, revision = excluded.revision, stamp = excluded.stamp,
       nominal = excluded.nominal, dispatch_at = excluded.dispatch_at, paused_at = excluded.paused_at,
       disabled_at = CASE WHEN excluded.disabled IS disabled THEN disabled_at ELSE excluded.disabled_at END,
       disabled = excluded.disabled`,
    ...[item.name, item.owner, item.version, item.definition, item.revision, step.etag()],
    ...[item.cursor?.due ?? null, item.cursor?.dispatchAt ?? null, item.pausedAt, item.disabled],
    item.disabled === null ? null : step.now,
  );
  for (const range of item.ledger) recordRange(step, item.name, range, null);
  step.publish("entries", item.name);
  return "stored";
}

export function sqliteEntries(connection: Connection): EntryStore {
  return {
    get: (names) =>
      connection.read((step) =>
        names.map((name) => {
          const row = step.get<SnapshotRow>(`${ENTRY} WHERE name = ?`, step.now, step.now, name);
          return row ? snapshot(row) : null;
        }),
      ),

    list: ({ after = null, limit }) =>
      connection.read((step) => {
        const { now } = step;
        const rows =
          after === null
            ? step.all<SnapshotRow>(`${ENTRY} ORDER BY name ${LIMIT}`, now, now, limit)
            : step.all<SnapshotRow>(`${ENTRY} WHERE name > ? ORDER BY name ${LIMIT}`, now, now, after, limit);
        return rows.map(snapshot);
      }),

    put: (items) => connection.writeEach(items, put),

    remove: (name, expect) =>
      connection.write((step) => {
        const entry = step.get<{ etag: number }>("SELECT stamp AS etag FROM entry WHERE name = ?", name);
        if (!entry) return "gone";
        if (entry.etag !== expect) return "conflict";
        const held = bufferedRunOf(step, name);
        if (held) dropBufferedRun(step, held, "removed");
        step.run("DELETE FROM entry WHERE name = ?", name);
        step.publish("entries", name);
        return "removed";
      }),

    due: (limit) =>
      connection.read((step) => {
        const rows = limit > 0 ? step.all<EntryRow>(DUE, step.now, limit) : [];
        return {
          entries: rows.map(record),
          nextAt: step.get<{ at: EpochMs }>(NEXT, rows.length)?.at ?? null,
          now: step.now,
        };
      }),

    tick: (term, items) => connection.write((step) => tick(step, term, items)),

    trigger: (name, message, overlap) =>
      connection.write((step) => {
        if (!step.get("SELECT 1 FROM entry WHERE name = ?", name)) return "gone";
        if (heldRunOfId(step, message.id)) return "buffered";
        if (isKnown(step, message.id)) return "sent";
        const sent = fixInstants({ ...message, entry: name }, step.now);
        const run = { entry: name, message: sent, due: step.now, term: null, counted: null };
        const outcome = startRun(step, run, overlap);
        followUp(step);
        step.publish("entries", name);
        return outcome;
      }),
  };
}
