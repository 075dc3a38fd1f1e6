/** Calendars of days off, under their names: what `holidays(name)` stands for. */
import type { EpochMs } from "../../core/clock.js";

export interface CalendarHead {
  readonly name: string;
  /** "runtime", or "code:" and the name of the app whose code declares it. */
  readonly owner: string;
  /** Deploy number of the owner; whoever puts sees to it that a lower one never overwrites a higher. */
  readonly version: number;
  /** Equal for calendars with equal days. */
  readonly digest: string;
  /** Changes with every write: the token for `put` and `remove`. Never used twice. */
  readonly etag: number;
  /** When it was written. */
  readonly at: EpochMs;
}

export interface StoredCalendar extends CalendarHead {
  /** JSON, opaque to the store. */
  readonly data: string;
}

export interface CalendarPut extends Omit<StoredCalendar, "etag" | "at"> {
  /** The etag that was read; null: no calendar of this name may be there. */
  readonly expect: number | null;
}

/** A store holds so many. */
export const MOST_CALENDARS = 1_000;

/** Each write is told on the topic "calendars", with the name. */
export interface CalendarStore {
  /** "conflict": it has changed since it was read. "full": it would be one more than MOST_CALENDARS. */
  put(calendar: CalendarPut): Promise<"stored" | "conflict" | "full">;
  get(names: readonly string[]): Promise<(StoredCalendar | null)[]>;
  /** All of them without their data, in order of name. */
  list(): Promise<CalendarHead[]>;
  remove(name: string, expect: number): Promise<"removed" | "conflict" | "gone">;
}
