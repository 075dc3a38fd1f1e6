/**
 * A declared entry that goes on under a new name. Pure.
 *
 * Two writes, the old entry's first: it is disabled as "renamed" under the etag that was read, and keeps its cursor; then the
 * new one is put with what that etag said. A tick that comes between the reading and the first write makes it a conflict, and
 * all is decided again; one that comes after it finds the old entry disabled. So no occurrence is sent under both names. Of a crash
 * between the writes the old entry tells where to go on, and the next registration does.
 */
import { ConfigurationError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { EpochMs } from "../core/clock.js";
import type { EntryPut, EntrySnapshot } from "../store/contracts/entries.js";
import type { Entry } from "./entry.js";
import { DISABLED, goneFromCode, putOf, takenOver, type Wanted } from "./revise.js";

export interface Rename {
  /** Null: that is done already. */
  readonly old: EntryPut | null;
  /** To be put when `old` is stored. */
  readonly put: EntryPut;
}

/** What a rename reads. */
export interface RenameState {
  /** Under the new name. */
  readonly stored: EntrySnapshot | null;
  /** Under the old one. */
  readonly from: EntrySnapshot | null;
  /** Its definition; null when it cannot be read. */
  readonly old: Entry | null;
}

/** Null: there is nothing to take over. */
export function renameOf({ stored, from, old }: RenameState, wanted: Wanted, now: EpochMs): Rename | null {
  if (from === null || !isOurs(from, wanted) || !canTakeOver(stored, from, wanted)) return null;
  const { version } = wanted;
  const isDone = from.disabled === DISABLED.renamed;
  return {
    old: isDone ? null : putOf(from, { version, disabled: DISABLED.renamed }),
    put: takenOver(stored, from, old, wanted, now),
  };
}

function isOurs({ owner, version }: EntrySnapshot, wanted: Wanted): boolean {
  return owner === wanted.owner && version <= wanted.version;
}

function canTakeOver(stored: EntrySnapshot | null, from: EntrySnapshot, wanted: Wanted): boolean {
  if (stored === null) return true;
  // One that runs has been renamed already, or was there before: its own cursor counts.
  if (!isOurs(stored, wanted) || !goneFromCode(stored)) return false;
  // Of an old entry that is disabled as renamed since before this one was gone, the cursor is over.
  return from.disabled !== DISABLED.renamed || stored.disabledAt! < from.disabledAt!;
}

/** Throws SUNBEAT_ENTRY_INVALID for a `renamedFrom` that two entries have, or that another entry is called. */
export function assertRenames(entries: readonly Entry[]): void {
  const declared = new Set(entries.map(({ name }) => name));
  const takenBy = new Map<string, string>();
  for (const { name, renamedFrom } of entries) {
    if (renamedFrom === null) continue;
    const other = declared.has(renamedFrom) ? renamedFrom : takenBy.get(renamedFrom);
    if (other !== undefined) throw refused(name, renamedFrom, other);
    takenBy.set(renamedFrom, name);
  }
}

function refused(name: string, renamedFrom: string, other: string): ConfigurationError {
  const why = other === renamedFrom ? "is declared, too" : `is the renamedFrom of ${quote(other)}, too`;
  return new ConfigurationError(
    "SUNBEAT_ENTRY_INVALID",
    `entry ${quote(name)}: renamedFrom: expected a name that no other entry has, got ${quote(renamedFrom)}, which ${why}`,
    { details: { entry: name, field: "renamedFrom", value: renamedFrom } },
  );
}
