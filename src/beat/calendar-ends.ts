/** Calendars whose last day is near: told once a day, since whoever has the data must give those of the years that follow. */
import type { EpochMs } from "../core/clock.js";
import type { Events } from "../events/index.js";
import type { CalendarBook } from "./calendar-book.js";

const DAY_MS = 86_400_000;
/** From so many days before the end on. */
export const TOLD_DAYS = 30;

/** Whole days from now to the last day that is covered; negative: it is over. */
export function daysLeft(to: string, now: EpochMs): number {
  return Math.floor(Date.parse(to) / DAY_MS) - Math.floor(now / DAY_MS);
}

export class CalendarEnds {
  readonly #book: CalendarBook;
  readonly #events: Pick<Events, "emit">;
  #toldOn = -Infinity;

  constructor(book: CalendarBook, events: Pick<Events, "emit">) {
    this.#book = book;
    this.#events = events;
  }

  /** At any time while this process leads. */
  look(now: EpochMs): void {
    const today = Math.floor(now / DAY_MS);
    if (today <= this.#toldOn) return;
    this.#toldOn = today;
    for (const { data, digest } of this.#book.list()) {
      const { to } = data.covers;
      const days = daysLeft(to, now);
      if (days <= TOLD_DAYS) this.#events.emit("calendar-ends", { calendar: data.name, to, days, digest });
    }
  }
}
