import type { EpochMs } from "../../core/clock.js";
import type { BasisWalk, EntryRecord, EntrySnapshot, EntryStore } from "../contracts/entries.js";
import { putEntry, removeEntry } from "../rules/entries.js";
import { tick, trigger } from "../rules/tick.js";
import type { Connection } from "./connection.js";
import { IS_UNFINISHED } from "./entry-table.js";
import { NOT_REVOKED } from "../rules/states.js";
import { DEAD, LEASED } from "./schema.js";
import { LIMIT } from "./transaction.js";

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
  readonly basis: string | null;
}

interface SnapshotRow extends EntryRow {
  readonly unfinished: number;
  readonly buffered: number;
  readonly lastSuccessAt: EpochMs | null;
  readonly previousName: string | null;
}

const COLUMNS = `name, owner, version, definition, revision, etag, due, dispatch_at AS dispatchAt,
  paused_at AS pausedAt, disabled, disabled_at AS disabledAt, last_due AS lastDue, runs, basis`;
/** With the store's now: whether the row of a message is of those that `endOf` gives a reason for. */
const HAS_ENDED = `(state NOT IN (${LEASED}, ${DEAD}) AND (revoked <> ${NOT_REVOKED} OR coalesce(expires <= ?, 0)))`;
/** The store's now comes first, twice. */
const ENTRY = `SELECT ${COLUMNS}, previous_name AS previousName,
  (SELECT count(*) FROM message WHERE message.entry = entry.name AND ${IS_UNFINISHED} AND NOT ${HAS_ENDED}) AS unfinished,
  EXISTS (SELECT 1 FROM buffered_run JOIN message USING (id)
    WHERE buffered_run.entry = entry.name AND NOT ${HAS_ENDED}) AS buffered,
  (SELECT at FROM entry_success WHERE entry_success.entry = entry.name) AS lastSuccessAt FROM entry`;
const LIVE = "dispatch_at IS NOT NULL AND paused_at IS NULL AND disabled IS NULL";
const DUE = `SELECT ${COLUMNS} FROM entry WHERE ${LIVE} AND dispatch_at <= ? ORDER BY dispatch_at, name ${LIMIT}`;
const NEXT = `SELECT dispatch_at AS at FROM entry WHERE ${LIVE} ORDER BY dispatch_at, name LIMIT 1 OFFSET ? + 0`;
const UPCOMING = `SELECT ${COLUMNS} FROM entry WHERE ${LIVE}`;
const IN_ORDER = `ORDER BY dispatch_at, name ${LIMIT}`;

function record({ due, dispatchAt, basis, ...same }: EntryRow): EntryRecord {
  const cursor = due === null || dispatchAt === null ? null : { due, dispatchAt };
  return { ...same, cursor, ...(basis !== null && same.disabled === null && { basis }) };
}

function snapshot({ unfinished, buffered, lastSuccessAt, previousName, ...row }: SnapshotRow): EntrySnapshot {
  return {
    ...{ ...record(row), unfinished, buffered: buffered === 1, lastSuccessAt },
    ...(previousName !== null && { previousName }),
  };
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

    put: (items) => connection.writeEach(items, putEntry),

    remove: (name, expect) => connection.write((step) => removeEntry(step, name, expect)),

    due: (limit) =>
      connection.read((step) => {
        const rows = limit > 0 ? step.all<EntryRow>(DUE, step.now, limit) : [];
        return {
          entries: rows.map(record),
          nextAt: step.get<{ at: EpochMs }>(NEXT, rows.length)?.at ?? null,
          now: step.now,
        };
      }),

    upcoming: ({ after, limit }) =>
      connection.read((step) => {
        const rows =
          after === null
            ? step.all<EntryRow>(`${UPCOMING} ${IN_ORDER}`, limit)
            : step.all<EntryRow>(
                `${UPCOMING} AND (dispatch_at, name) > (?, ?) ${IN_ORDER}`,
                ...[after.dispatchAt, after.name, limit],
              );
        return rows.map(record);
      }),

    basisWalk: () =>
      connection.read((step) => {
        const { basis = null, walk = null } = step.get<BasisWalk>("SELECT basis, walk FROM basis_walk") ?? {};
        return { basis, walk };
      }),

    putBasisWalk: (term, { basis, walk }) =>
      connection.write((step) => {
        if (!step.isCurrentTerm(term)) return "fenced";
        step.run(
          `INSERT INTO basis_walk (one, basis, walk) VALUES (1, ?, ?)
             ON CONFLICT (one) DO UPDATE SET basis = excluded.basis, walk = excluded.walk`,
          ...[basis, walk],
        );
        return "stored";
      }),

    tick: (term, items) => connection.write((step) => tick(step, term, items)),

    trigger: (name, message, overlap) => connection.write((step) => trigger(step, name, message, overlap)),
  };
}
