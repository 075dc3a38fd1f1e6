/**
 * The occurrences of an entry: its schedule, seen through `startAt`, `endAt` and jitter. Pure.
 */
import { createHash } from "node:crypto";
import type { EpochMs } from "../core/clock.js";
import { ScheduleError } from "../core/errors.js";
import { fnv1a, spreadHash } from "../core/fnv.js";
import { quote } from "../core/quote.js";
import type { Schedule } from "../schedules/schedule.js";
import type { Cursor } from "../store/contracts/entries.js";

/** What decides when an entry is due. */
export interface Timing {
  readonly name: string;
  readonly schedule: Schedule;
  /** An occurrence counts only if startAt <= due < endAt. */
  readonly startAt: EpochMs | null;
  readonly endAt: EpochMs | null;
  /** The longest delay of a dispatch after its due instant. */
  readonly jitterMs: number;
}

/** Longer names are replaced by their hash in ids, which have 255 characters at most. */
const LONGEST_NAME_IN_ID = 200;

function idPrefix(name: string): string {
  return name.length <= LONGEST_NAME_IN_ID ? name : createHash("sha256").update(name).digest("hex");
}

/**
 * The message id of an occurrence: equal wherever and whenever it is computed, so that no store takes it twice. A key
 * that is no instant means something within its schedule only, so the schedule is in the id, too: today's sunset in
 * another place, after the entry has moved there, is another occurrence. Its hash stays FNV-1a as it is: stores hold such ids.
 */
export function occurrenceId(
  entry: Pick<Timing, "name" | "schedule"> & { readonly scheduleText: string },
  due: EpochMs,
): string {
  const { name, schedule, scheduleText } = entry;
  const key = schedule.occurrenceKey?.(due);
  const occurrence = key === undefined ? String(due) : `${key}.${fnv1a(scheduleText).toString(36)}`;
  return `${idPrefix(name)}@${occurrence}`;
}

/** The message id of a run sent by hand. */
export function triggerId(name: string, unique: string): string {
  return `${idPrefix(name)}!${unique}`;
}

/**
 * The first due instant after `after`, or null. Throws SUNBEAT_SCHEDULE_INVALID when a custom schedule answers
 * with anything but a later whole number: believing it would make a loop without end.
 */
export function dueAfter(entry: Timing, after: EpochMs): EpochMs | null {
  const from = entry.startAt === null ? after : Math.max(after, entry.startAt - 1);
  const due = entry.schedule.next(from);
  if (due === null) return null;
  if (!Number.isSafeInteger(due) || due <= from) {
    throw new ScheduleError(
      "SUNBEAT_SCHEDULE_INVALID",
      `entry ${quote(entry.name)}: next(${from}) of its schedule gave ${quote(due)}; ` +
        "expected null or a later instant in whole epoch milliseconds",
      { details: { entry: entry.name } },
    );
  }
  return entry.endAt !== null && due >= entry.endAt ? null : due;
}

/** The due instant after the occurrence at `due`, or null. */
export function dueFollowing(entry: Timing, due: EpochMs): EpochMs | null {
  const following = entry.schedule.following?.(due);
  if (following === undefined) return dueAfter(entry, due + (entry.schedule.separationMs ?? 0));
  // What follows may lie before the start of the entry, or after its end.
  return following === null ? null : dueAfter(entry, following - 1);
}

/**
 * When the occurrence at `due` is to be sent. The delay is the same share of the jitter for every occurrence of
 * an entry and ends before the next due instant, so that no two of its runs change places.
 */
export function cursorAt(entry: Timing, due: EpochMs): Cursor {
  if (entry.jitterMs === 0) return { due, dispatchAt: due };
  const following = dueFollowing(entry, due);
  return { due, dispatchAt: due + dispatchDelay(entry, following === null ? null : following - due) };
}

/** How long after its due time an occurrence is sent; `gapMs` until the next one, null where it is the last. */
export function dispatchDelay(entry: Pick<Timing, "name" | "jitterMs">, gapMs: number | null): number {
  if (entry.jitterMs === 0) return 0;
  const room = gapMs === null ? entry.jitterMs : Math.min(entry.jitterMs, gapMs);
  return Math.floor((spreadHash(entry.name) / 2 ** 32) * room);
}

/** A cursor as the entry's jitter wants it, where it was written by a process that knew of none. */
export function withJitter(entry: Timing, cursor: Cursor): Cursor {
  const isBare = entry.jitterMs > 0 && cursor.dispatchAt === cursor.due;
  return isBare ? cursorAt(entry, cursor.due) : cursor;
}

/** The first occurrence after `after`, or null. */
export function cursorAfter(entry: Timing, after: EpochMs): Cursor | null {
  const due = dueAfter(entry, after);
  return due === null ? null : cursorAt(entry, due);
}

/** The occurrence after the one at `due`, or null. */
export function cursorFollowing(entry: Timing, due: EpochMs): Cursor | null {
  const following = dueFollowing(entry, due);
  return following === null ? null : cursorAt(entry, following);
}

/**
 * Where an entry starts, or starts anew, at `now`: nothing until then is due, nor what is accounted for already. After
 * an occurrence of the same schedule its separation is kept; one of another schedule is another event.
 */
export function restartCursor(
  entry: Timing,
  now: EpochMs,
  last: { readonly due: EpochMs | null; readonly sameSchedule: boolean },
): Cursor | null {
  if (last.due === null) return cursorAfter(entry, now);
  const following = last.sameSchedule ? dueFollowing(entry, last.due) : null;
  // What follows the last one keeps apart from it; where that is over, nothing is near enough to matter.
  if (following !== null && following > now) return cursorAt(entry, following);
  return cursorAfter(entry, Math.max(now, last.due));
}
