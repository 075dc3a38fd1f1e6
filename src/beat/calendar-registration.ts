/** Writes the calendars that code declares into the store, before its entries: at the start of a beat, or when they are applied. */
import type { Logger } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { InTime } from "../core/patience.js";
import type { CalendarData } from "../schedules/index.js";
import type { CalendarPut, CalendarStore, StoredCalendar } from "../store/contracts/calendars.js";
import { digestOf } from "./calendar-book.js";

export interface CalendarRegistrationDeps {
  readonly store: { readonly calendars: Pick<CalendarStore, "get" | "put"> };
  readonly logger: Logger;
  readonly inTime: InTime;
  readonly calendars: readonly CalendarData[];
  readonly owner: string;
  readonly version: number;
  /** Whether a write may be done; `stored`: what it was decided on. Absent: each may. */
  readonly acceptsCalendar?: ((put: CalendarPut, stored: StoredCalendar | null) => boolean) | undefined;
}

/** Names of calendars that are declared here, and were not touched. */
export interface CalendarRegistration {
  /** Another owner has the name. */
  readonly conflicts: readonly string[];
  /** A newer version has written it, with other data. */
  readonly newer: readonly string[];
}

const MOST_ROUNDS = 5;

/** An older deploy (lower version) and another owner's calendar change nothing. Rejects with the store's error. */
export async function registerCalendars(deps: CalendarRegistrationDeps): Promise<CalendarRegistration> {
  const { store, inTime, acceptsCalendar: accepts } = deps;
  const conflicts = new Set<string>();
  const newer = new Set<string>();
  let open = deps.calendars;
  for (let round = 0; open.length > 0 && round < MOST_ROUNDS; round++) {
    const names = open.map(({ name }) => name);
    const found = await inTime("calendars.get", store.calendars.get(names));
    const lost: CalendarData[] = [];
    for (const [index, data] of open.entries()) {
      const { name } = data;
      const stored = found[index] ?? null;
      const put = decide(deps, data, stored);
      if (put === "conflict") conflicts.add(name);
      else if (put === "newer") newer.add(name);
      else if (put !== null && accepts?.(put, stored) !== false) {
        const outcome = await inTime("calendars.put", store.calendars.put(put));
        if (outcome === "conflict") lost.push(data);
        if (outcome === "full")
          deps.logger.error(`beat: calendar ${quote(name)} is not stored: the store has its thousand`);
      }
    }
    open = lost;
  }
  return { conflicts: [...conflicts], newer: [...newer] };
}

/** Null: it is stored as declared, or differs in nothing that may be written. */
function decide(
  { owner, version, logger }: CalendarRegistrationDeps,
  data: CalendarData,
  stored: StoredCalendar | null,
): CalendarPut | "conflict" | "newer" | null {
  const { name } = data;
  if (stored !== null && stored.owner !== owner) {
    logger.error(
      `beat: calendar ${quote(name)} belongs to somebody else (${stored.owner}), and is left as it is; ` +
        "rename it in code, or delete the stored one",
    );
    return "conflict";
  }
  const text = JSON.stringify(data);
  if (stored !== null && stored.version > version) {
    if (stored.data === text) return null;
    logger.warn(`beat: calendar ${quote(name)} is left alone, written by a newer version`);
    return "newer";
  }
  if (stored?.data === text && stored.version === version) return null;
  return { name, owner, version, digest: digestOf(data), data: text, expect: stored?.etag ?? null };
}
