/**
 * The basis of a cursor: the outside data with which it was computed, only those that matter: "t2025c;DE-BY=3f9c21aa90e1b7c4",
 * the version of the time zone data and the digests of calendars. Pure.
 */
import { createHash } from "node:crypto";
import type { EpochMs } from "../core/clock.js";
import { isOlderTz } from "../core/tz-data.js";
import type { EntryPut, EntryRecord } from "../store/contracts/entries.js";
import type { CalendarBook } from "./calendar-book.js";
import type { Entry } from "./entry.js";
import { cursorAt, dueAfter, dueFollowing, restartCursor } from "./occurrences.js";
import { DISABLED, pastRanges, putOf } from "./revise.js";

/** "": nothing from outside decides about its instants. */
export function basisOf(
  { calendars, isZoned }: Pick<Entry, "calendars" | "isZoned">,
  book: CalendarBook,
  tz: string,
): string {
  const named = calendars.map((name) => `${encodeURIComponent(name)}=${book.find(name)?.digest ?? ""}`);
  return [...(isZoned ? [`t${tz}`] : []), ...named].join(";");
}

/** The basis of all cursors together. */
export function wholeBasis(book: CalendarBook, tz: string): string {
  const calendars = book.list().map(({ data, digest }) => [data.name, digest]);
  if (calendars.length === 0) return `t${tz}`;
  return `t${tz};${createHash("sha256").update(JSON.stringify(calendars)).digest("hex").slice(0, 16)}`;
}

interface Parts {
  readonly tz: string | null;
  readonly rest: string;
}

function partsOf(basis: string): Parts {
  const [first = "", ...rest] = basis.split(";");
  return first.startsWith("t") && !first.includes("=")
    ? { tz: first.slice(1), rest: rest.join(";") }
    : { tz: null, rest: basis };
}

/** Whether nothing but newer time zone data stands in `stored`: a process with older data has nothing to say about it then. */
export function isAhead(stored: string, present: string): boolean {
  const [a, b] = [partsOf(stored), partsOf(present)];
  return a.rest === b.rest && a.tz !== null && b.tz !== null && isOlderTz(b.tz, a.tz);
}

/** Whether the time zone data of `stored` are newer than those of `present`. */
export function hasNewerTz(stored: string, present: string): boolean {
  const [a, b] = [partsOf(stored).tz, partsOf(present).tz];
  return a !== null && b !== null && isOlderTz(b, a);
}

/** What differs between two bases. */
export interface Causes {
  /** Null: it is the same. */
  readonly tz: { readonly from: string | null; readonly to: string } | null;
  /** Names of calendars. */
  readonly calendars: readonly string[];
}

export function causesOf(stored: string, present: string): Causes {
  const [a, b] = [partsOf(stored), partsOf(present)];
  const before = new Set(a.rest.split(";"));
  const changed = b.rest.split(";").filter((part) => part !== "" && !before.has(part));
  return {
    tz: b.tz !== null && a.tz !== b.tz ? { from: a.tz, to: b.tz } : null,
    calendars: changed.map((part) => decodeURIComponent(part.slice(0, part.lastIndexOf("=")))),
  };
}

/** For people: "tz 2025c -> 2026a", "calendar DE-BY". */
export function becauseOf({ tz, calendars }: Causes): string {
  const tzText = tz === null ? [] : [`tz ${tz.from ?? "unknown"} -> ${tz.to}`];
  return [...tzText, ...calendars.map((name) => `calendar ${name}`)].join(", ");
}

/** A cursor that other data put elsewhere. */
export interface Moved {
  readonly put: EntryPut;
  readonly from: EpochMs;
  readonly to: EpochMs | null;
  readonly causes: Causes;
  /** Under the new data a tick was due that is over: it is in the ledger as skipped("changed"). */
  readonly passed: boolean;
}

/**
 * What new data make of a stored cursor: null where the entry is due when it was. The past never fires: an occurrence that the new
 * data have before now is given up, and one that they do not have any more is no tick.
 */
function rebase(stored: EntryRecord, entry: Entry, basis: string, now: EpochMs): Moved | null {
  const { cursor, lastDue } = stored;
  if (cursor === null) return null;
  const { due: from } = cursor;
  if (from <= now && dueAfter(entry, from - 1) === from) return null;
  const to = restartCursor(entry, now, { due: lastDue, sameSchedule: true });
  if (to?.due === from) return null;
  const first = lastDue === null ? dueAfter(entry, Math.min(from, now)) : dueFollowing(entry, lastDue);
  const missed = first !== null && first <= now ? cursorAt(entry, first) : null;
  return {
    put: putOf(stored, {
      basis,
      cursor: to,
      disabled: to === null ? DISABLED.ended : null,
      ledger: pastRanges(entry, missed, now, "changed"),
    }),
    from,
    to: to?.due ?? null,
    causes: causesOf(stored.basis ?? "", basis),
    passed: missed !== null,
  };
}

/** The same for a process that computes with `present`: null also where nothing differs, and where the cursor is ahead of it. */
export function movedBy(stored: EntryRecord, entry: Entry, present: string, now: EpochMs): Moved | null {
  const { basis = "" } = stored;
  if (basis === present || present === "" || isAhead(basis, present)) return null;
  return rebase(stored, entry, present, now);
}

/** Whether the definition may name data from outside: asked before it is read. */
export function mayDepend(definition: string): boolean {
  return definition.includes('"timezone":"') || mentionsCalendar(definition);
}

export function mentionsCalendar(definition: string): boolean {
  return definition.includes('"calendar":"');
}
