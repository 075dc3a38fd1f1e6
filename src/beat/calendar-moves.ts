/** Which entries other data would move: other calendars, or the time zone data of this process. */
import type { EpochMs } from "../core/clock.js";
import { isSunbeatError } from "../core/errors.js";
import { tzVersion } from "../core/tz-data.js";
import type { CalendarData } from "../schedules/index.js";
import type { EntryRecord } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import { basisOf, mayDepend, mentionsCalendar, type Moved, movedBy } from "./basis.js";
import type { CalendarBook } from "./calendar-book.js";
import type { Entry } from "./entry.js";
import { EntryCache } from "./entry-cache.js";

export interface CalendarMove {
  readonly entry: string;
  /** What is due next now, and with the calendar; null: nothing. */
  readonly from: EpochMs;
  readonly to: EpochMs | null;
  /** A tick would have been due that is over. */
  readonly passed: boolean;
}

const PAGE = 1_000;

/** In order of name. Entries that this process cannot read are not among them. Rejects with the store's error. */
export async function calendarMoves(
  store: Pick<Store, "entries" | "now">,
  declared: readonly Entry[],
  book: CalendarBook,
  data: CalendarData,
): Promise<CalendarMove[]> {
  const cache = new EntryCache(declared, { book: book.with([data]) });
  const now = await store.now();
  const moves: CalendarMove[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.entries.list({ ...(after !== undefined && { after }), limit: PAGE });
    for (const stored of page) {
      if (!mentionsCalendar(stored.definition)) continue;
      const moved = moveOf(stored, cache, tzVersion(), now);
      if (moved === null || !moved.causes.calendars.includes(data.name)) continue;
      moves.push({ entry: stored.name, from: moved.from, to: moved.to, passed: moved.passed });
    }
    if (page.length < PAGE) return moves;
    after = page.at(-1)!.name;
  }
}

/** Of an entry that runs: what the calendars of the cache and these time zone data make of its cursor; null: nothing. */
export function moveOf(stored: EntryRecord, cache: EntryCache, tz: string, now: EpochMs): Moved | null {
  if (stored.pausedAt !== null || stored.disabled !== null || !mayDepend(stored.definition)) return null;
  try {
    const entry = cache.runnable(stored);
    return movedBy(stored, entry, basisOf(entry, cache.book, tz), now);
  } catch (error) {
    if (isSunbeatError(error)) return null;
    throw error;
  }
}
