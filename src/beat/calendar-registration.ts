/** Writes the calendars that code declares into the store, at the start of every beat, before its entries. */
import type { Logger } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { InTime } from "../core/patience.js";
import type { CalendarData } from "../schedules/index.js";
import type { CalendarPut, StoredCalendar } from "../store/contracts/calendars.js";
import type { Store } from "../store/contracts/store.js";
import { digestOf } from "./calendar-book.js";

interface CalendarRegistrationDeps {
  readonly store: Pick<Store, "calendars">;
  readonly logger: Logger;
  readonly inTime: InTime;
  readonly calendars: readonly CalendarData[];
  readonly owner: string;
  readonly version: number;
}

const MOST_ROUNDS = 5;

/** An older deploy (lower version) and another owner's calendar change nothing. Rejects with the store's error. */
export async function registerCalendars(deps: CalendarRegistrationDeps): Promise<void> {
  const { store, inTime } = deps;
  let open = deps.calendars;
  for (let round = 0; open.length > 0 && round < MOST_ROUNDS; round++) {
    const names = open.map(({ name }) => name);
    const stored = await inTime("calendars.get", store.calendars.get(names));
    const lost: CalendarData[] = [];
    for (const [index, data] of open.entries()) {
      const put = decide(deps, data, stored[index] ?? null);
      if (put === null) continue;
      const outcome = await inTime("calendars.put", store.calendars.put(put));
      if (outcome === "conflict") lost.push(data);
      if (outcome === "full")
        deps.logger.error(`beat: calendar ${quote(data.name)} is not stored: the store has its thousand`);
    }
    open = lost;
  }
}

function decide(
  { owner, version, logger }: CalendarRegistrationDeps,
  data: CalendarData,
  stored: StoredCalendar | null,
): CalendarPut | null {
  const { name } = data;
  if (stored !== null && stored.owner !== owner) {
    logger.error(
      `beat: calendar ${quote(name)} belongs to somebody else (${stored.owner}), and is left as it is; ` +
        "rename it in code, or delete the stored one",
    );
    return null;
  }
  const text = JSON.stringify(data);
  if (stored !== null && stored.version > version) {
    if (stored.data !== text)
      logger.warn(`beat: calendar ${quote(name)} is left alone, written by a newer version`);
    return null;
  }
  if (stored?.data === text && stored.version === version) return null;
  return { name, owner, version, digest: digestOf(data), data: text, expect: stored?.etag ?? null };
}
