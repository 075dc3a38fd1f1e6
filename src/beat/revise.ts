/**
 * What a new, changed or returning definition does to a stored entry. Pure.
 *
 * - A new entry starts at registration: nothing before it is due.
 * - As long as what decides about instants is unchanged, the cursor stays: other changes lose no occurrence.
 * - A changed schedule never makes the past due. What was due before it, and is not accounted for, is recorded as
 *   skipped("changed"), with one exception: the newest such occurrence stays due if the new schedule has it too and
 *   nothing newer, so that an entry changed at its due second still runs.
 * - An entry that comes back (to code, or enabled again) restarts at now.
 */
import type { EpochMs } from "../core/clock.js";
import type {
  Cursor,
  EntryDefinition,
  EntryPut,
  EntryRecord,
  EntrySnapshot,
} from "../store/contracts/entries.js";
import type { LedgerRange } from "../store/contracts/ledger.js";
import type { Entry } from "./entry.js";
import { cursorAfter, cursorAt, dueFollowing, restartCursor, type Timing } from "./occurrences.js";

/** Why an entry does not run any more: `disabled` in the store. */
export const DISABLED = {
  byDefinition: "disabled",
  ended: "ended",
  maxRuns: "max-runs",
  leftCode: "left-code",
  renamed: "renamed",
  invalid: "invalid",
} as const;

/** Reasons of ranges that a write to the entry leaves in the ledger. */
export type PastReason = "changed" | "disabled" | "left-code" | "paused";

interface Past {
  readonly range: LedgerRange;
  /** The last but one occurrence of the range, or null when it has only one. */
  readonly beforeLast: EpochMs | null;
}

/** The occurrences from `cursor` to `now`, as one range; null when there is none. */
function past(entry: Entry | null, cursor: Cursor | null, now: EpochMs, reason: PastReason): Past | null {
  if (cursor === null || cursor.due > now) return null;
  let to = cursor.due;
  let count = 1;
  let beforeLast: EpochMs | null = null;
  if (entry !== null) {
    let next = dueFollowing(entry, to);
    while (next !== null && next <= now) {
      beforeLast = to;
      to = next;
      count++;
      next = dueFollowing(entry, to);
    }
  }
  const range = { from: cursor.due, to, count, reason, schedule: entry?.scheduleText ?? "null" };
  return { range, beforeLast };
}

/** Ledger records for what was due until `now` and is given up. `entry` is null when it cannot be read. */
export function pastRanges(
  entry: Entry | null,
  cursor: Cursor | null,
  now: EpochMs,
  reason: PastReason,
): LedgerRange[] {
  const found = past(entry, cursor, now, reason);
  return found === null ? [] : [found.range];
}

/** A write that changes nothing but what `changes` says. */
export function putOf(stored: EntryRecord, changes: Partial<EntryPut>): EntryPut {
  const { name, owner, version, definition, revision, etag, cursor, basis, pausedAt, disabled } = stored;
  return {
    ...{ name, owner, version, definition, revision, expect: etag, cursor, pausedAt, disabled, ledger: [] },
    ...(basis !== undefined && { basis }),
    ...changes,
  };
}

/** The entry as the store shall have it. */
export interface Wanted {
  /** With the calendars of this process. */
  readonly entry: Entry;
  readonly owner: string;
  readonly version: number;
  /** Of a cursor of this entry that is computed now; absent or "": none. */
  readonly basis?: string;
}

/**
 * The write that makes `stored` what is wanted, or null when it is that already. `old` is the stored definition, or
 * null when there is none or it cannot be read.
 */
export function revise(
  stored: EntrySnapshot | null,
  old: Entry | null,
  wanted: Wanted,
  now: EpochMs,
): EntryPut | null {
  const { entry } = wanted;
  const definition = definitionOf(wanted);
  const basis = wanted.basis ? { basis: wanted.basis } : {};
  if (stored === null) {
    return { ...definition, expect: null, ...beginning(entry, now), ...basis, pausedAt: null, ledger: [] };
  }
  const returning = goneFromCode(stored) || stored.disabled === DISABLED.invalid;
  if (stored.revision === entry.revision && stored.owner === wanted.owner && !returning) {
    // Else a deploy between the two that comes late would overwrite what the newest one has, too.
    // One that is not signed, or by a key of before, says the same in another text: it is signed anew.
    if (stored.definition !== entry.definition) {
      return putOf(stored, {
        version: Math.max(stored.version, wanted.version),
        definition: entry.definition,
      });
    }
    return stored.version < wanted.version ? putOf(stored, { version: wanted.version }) : null;
  }
  const { cursor, ledger } = carriedOver(stored, old, entry, now);
  const disabled = disabledReason(entry, cursor, stored.runs);
  const { basis: _, ...put } = putOf(stored, definition);
  return { ...put, ...basis, cursor: disabled === null ? cursor : null, disabled, ledger };
}

/** Where a new entry stands that is registered at `now`: nothing until then is due. */
export function beginning(entry: Enabling, now: EpochMs): Pick<EntryPut, "cursor" | "disabled"> {
  const cursor = entry.enabled ? cursorAfter(entry, now) : null;
  return { cursor, disabled: disabledReason(entry, cursor, 0) };
}

/** Whether code declared it once, and does so no more under this name. */
export function goneFromCode({ disabled }: Pick<EntryRecord, "disabled">): boolean {
  return disabled === DISABLED.leftCode || disabled === DISABLED.renamed;
}

/** The write that makes an entry go on under a new name from where the old one stands, whether that is disabled as renamed yet or not. */
export function takenOver(
  stored: EntrySnapshot | null,
  from: EntrySnapshot,
  old: Entry | null,
  wanted: Wanted,
  now: EpochMs,
): EntryPut {
  const { entry } = wanted;
  // A cursor that stands beside "renamed" is that of an entry which ran until then.
  const ran = from.disabled === DISABLED.renamed && from.cursor !== null;
  const { cursor, ledger } = carriedOver(ran ? { ...from, disabled: null } : from, old, entry, now);
  const disabled = disabledReason(entry, cursor, from.runs);
  const { pausedAt, lastDue, runs, name: previousName } = from;
  const basis = cursor?.due === from.cursor?.due ? from.basis : wanted.basis;
  return {
    ...definitionOf(wanted),
    ...{ expect: stored?.etag ?? null, cursor: disabled === null ? cursor : null, pausedAt, disabled },
    ...(basis && cursor !== null && { basis }),
    ...{ previousName, ran: { lastDue, runs }, ledger },
  };
}

function definitionOf({ entry, owner, version }: Wanted): EntryDefinition {
  const { name, definition, revision } = entry;
  return { name, owner, version, definition, revision };
}

type Enabling = Timing & Pick<Entry, "enabled" | "maxRuns" | "atStart">;

function disabledReason(entry: Enabling, cursor: Cursor | null, runs: number): string | null {
  if (!entry.enabled) return DISABLED.byDefinition;
  if (entry.maxRuns !== null && runs >= entry.maxRuns) return DISABLED.maxRuns;
  return cursor === null && !entry.atStart ? DISABLED.ended : null;
}

type CarriedOver = Pick<EntryPut, "cursor" | "ledger">;

function carriedOver(stored: EntrySnapshot, old: Entry | null, entry: Entry, now: EpochMs): CarriedOver {
  // What was quarantined keeps its cursor, and so does what is changed in other ways than in time.
  const ran = stored.disabled === null || stored.disabled === DISABLED.invalid;
  if (stored.cursor !== null && ran && entry.enabled && old !== null && sameTiming(old, entry)) {
    return { cursor: cursorAt(entry, stored.cursor.due), ledger: [] };
  }
  const sameSchedule = old !== null && old.scheduleText === entry.scheduleText;
  const restart = entry.enabled ? restartCursor(entry, now, { due: stored.lastDue, sameSchedule }) : null;
  const reason = stored.pausedAt !== null ? "paused" : entry.enabled ? "changed" : "disabled";
  const overdue = ran ? past(old, stored.cursor, now, reason) : null;
  if (overdue === null) return { cursor: restart, ledger: [] };
  const { range, beforeLast } = overdue;
  if (reason !== "changed" || old === null || !hasNewest(entry, range.to, now)) {
    return { cursor: restart, ledger: [range] };
  }
  const ledger = beforeLast === null ? [] : [{ ...range, to: beforeLast, count: range.count - 1 }];
  return { cursor: cursorAt(entry, range.to), ledger };
}

function sameTiming(a: Entry, b: Entry): boolean {
  return (
    a.scheduleText === b.scheduleText &&
    a.startAt === b.startAt &&
    a.endAt === b.endAt &&
    a.jitterMs === b.jitterMs
  );
}

/** Whether `due` is an occurrence of `entry`, and the newest one until `now`. */
function hasNewest(entry: Entry, due: EpochMs, now: EpochMs): boolean {
  if (cursorAfter(entry, due - 1)?.due !== due) return false;
  const following = dueFollowing(entry, due);
  return following === null || following > now;
}
