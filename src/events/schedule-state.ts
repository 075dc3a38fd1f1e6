/** What beats have told of schedules: calendars that end, entries that are not stored as declared, and cursors that moved. */
import type { EpochMs } from "../core/clock.js";
import { numberOf, put, textOf, type ToldEvent } from "./seen.js";

/** A calendar whose last day is near, or over. */
export interface SeenCalendar {
  readonly calendar: string;
  /** The last day that it covers. */
  readonly to: string;
  /** Days until then, when it was told. */
  readonly days: number;
  /** Equal for calendars with equal days. */
  readonly digest: string;
  readonly timestamp: EpochMs;
}

/** Entries that a beat found stored otherwise than its code declares them, when it began. */
export interface SeenDrift {
  readonly hostname: string;
  readonly count: number;
  /** How many of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** The first ten. */
  readonly entries: readonly string[];
  readonly timestamp: EpochMs;
}

/** The last time that other data moved what was due next of an entry. */
export interface SeenMove {
  readonly entry: string;
  readonly from: EpochMs;
  /** Null: nothing comes any more. */
  readonly to: EpochMs | null;
  readonly because: string;
  /** A tick was over by the new data, and was not made up. */
  readonly passed: boolean;
  readonly timestamp: EpochMs;
}

const MOST = 1_000;

type Clocked<T> = T & { readonly clock: number };

export class ScheduleState {
  readonly calendars = new Map<string, Clocked<SeenCalendar>>();
  readonly drift = new Map<string, Clocked<SeenDrift> & { readonly boot: unknown }>();
  readonly moves = new Map<string, Clocked<SeenMove>>();

  event(told: ToldEvent): void {
    const { hostname, type } = told;
    const drift = this.drift.get(hostname);
    const clock = numberOf(told["clock"]) ?? 0;
    // A beat that begins anew tells of what it finds, and of nothing where nothing drifts.
    if (drift !== undefined && drift.boot !== told["boot"] && clock > drift.clock)
      this.drift.delete(hostname);
    if (type === "calendar-ends") this.#calendar(told, clock);
    else if (type === "schedule-drift") this.#drift(told, clock);
    else if (type === "schedule-moved") this.#move(told, clock);
  }

  #calendar(told: ToldEvent, clock: number): void {
    const [calendar, to, days] = [textOf(told["calendar"]), textOf(told["to"]), numberOf(told["days"])];
    if (calendar === null || to === null || days === null) return;
    if (clock < (this.calendars.get(calendar)?.clock ?? 0)) return;
    const seen = {
      calendar,
      to,
      days,
      digest: textOf(told["digest"]) ?? "",
      timestamp: timestampOf(told),
      clock,
    };
    put(this.calendars, calendar, seen, MOST);
  }

  #drift(told: ToldEvent, clock: number): void {
    const { hostname, boot } = told;
    const { count, kinds, entries } = told;
    if (numberOf(count) === null || typeof kinds !== "object" || kinds === null || !Array.isArray(entries))
      return;
    if (clock < (this.drift.get(hostname)?.clock ?? 0)) return;
    const numbers = Object.entries(kinds).filter(([, number]) => numberOf(number) !== null);
    const seen = {
      ...{ hostname, count: count as number, kinds: Object.fromEntries(numbers) as Record<string, number> },
      entries: entries.filter((entry) => typeof entry === "string").slice(0, 10),
      ...{ timestamp: timestampOf(told), clock, boot },
    };
    put(this.drift, hostname, seen, MOST);
  }

  #move(told: ToldEvent, clock: number): void {
    const [entry, from, to] = [textOf(told["entry"]), numberOf(told["from"]), numberOf(told["to"])];
    if (entry === null || from === null || clock < (this.moves.get(entry)?.clock ?? 0)) return;
    const because = textOf(told["because"]) ?? "";
    const seen = {
      entry,
      from,
      to,
      because,
      passed: told["passed"] === true,
      timestamp: timestampOf(told),
      clock,
    };
    put(this.moves, entry, seen, MOST);
  }
}

function timestampOf(told: ToldEvent): EpochMs {
  return numberOf(told["timestamp"]) ?? 0;
}
