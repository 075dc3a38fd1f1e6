/** What a calendar would do to the entries that name it, before it is stored. */
import type { EpochMs } from "../core/clock.js";
import { isSunbeatError } from "../core/errors.js";
import { tzVersion } from "../core/tz-data.js";
import type { CalendarData } from "../schedules/index.js";
import type { Store } from "../store/contracts/store.js";
import { basisOf, mentionsCalendar, rebase } from "./basis.js";
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
  const cache = new EntryCache(declared, { book: book.with(data) });
  const now = await store.now();
  const moves: CalendarMove[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.entries.list({ ...(after !== undefined && { after }), limit: PAGE });
    for (const stored of page) {
      if (!mentionsCalendar(stored.definition) || stored.pausedAt !== null || stored.disabled !== null)
        continue;
      try {
        const entry = cache.runnable(stored);
        if (!entry.calendars.includes(data.name)) continue;
        const moved = rebase(stored, entry, basisOf(entry, cache.book, tzVersion()), now);
        if (moved === null) continue;
        moves.push({ entry: stored.name, from: moved.from, to: moved.to, passed: moved.passed });
      } catch (error) {
        if (!isSunbeatError(error)) throw error;
      }
    }
    if (page.length < PAGE) return moves;
    after = page.at(-1)!.name;
  }
}
