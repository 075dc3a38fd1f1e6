import type { EpochMs } from "../core/clock.js";
import { quote } from "../core/quote.js";
import { type Lint, referencesOf, type ScheduleJSON } from "../schedules/index.js";
import type { CalendarBook } from "./calendar-book.js";
import { daysLeft } from "./calendar-ends.js";

/** From so many days before the end of a calendar on. */
const LINTED_DAYS = 90;

/** What is to be known of the calendars that an entry names: they end, or are not there. `definition`: as the store has it. */
export function calendarLints(definition: string, book: CalendarBook, at: EpochMs): Lint[] {
  if (!definition.includes('"calendar":"')) return [];
  const { schedule } = JSON.parse(definition) as { readonly schedule: ScheduleJSON };
  return referencesOf(schedule).calendars.flatMap((name): Lint[] => {
    const found = book.find(name);
    if (found === undefined) {
      // Without a look at the store only those of the code are known.
      if (!book.isRead) return [];
      const message = `calendar ${quote(name)} is not registered: the entry waits for it`;
      return [{ code: "calendar-missing", field: "schedule", message }];
    }
    const { to } = found.data.covers;
    const days = daysLeft(to, at);
    if (days > LINTED_DAYS) return [];
    const when = days < 0 ? "ended" : "ends";
    const message = `calendar ${quote(name)} ${when} on ${to}: later days count as open; give it the years that follow`;
    return [{ code: "calendar-ends", field: "schedule", message }];
  });
}
