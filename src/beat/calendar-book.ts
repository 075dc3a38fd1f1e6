/** The calendars of days off as this process knows them: those of the store as of the last look, and those that its code declares. */
import { createHash } from "node:crypto";
import { ScheduleError } from "../core/errors.js";
import { didYouMean, nearest } from "../core/nearest.js";
import type { InTime } from "../core/patience.js";
import { quote } from "../core/quote.js";
import type { CalendarData } from "../schedules/index.js";
import type { CalendarHead, CalendarStore } from "../store/contracts/calendars.js";

/** A calendar is a megabyte at most. */
const AT_ONCE = 8;
const DIGEST_LENGTH = 16;

export interface KnownCalendar {
  readonly data: CalendarData;
  readonly digest: string;
  /** Null: code declares it, and no beat has stored it yet. */
  readonly head: CalendarHead | null;
}

/** Equal for calendars that are equal for a schedule: of dates and range, without names and source. */
export function digestOf({ days, covers }: CalendarData): string {
  const dates = days.map((day) => (typeof day === "string" ? day : day.date));
  const text = JSON.stringify([covers.from, covers.to, ...dates]);
  return createHash("sha256").update(text).digest("hex").slice(0, DIGEST_LENGTH);
}

export class CalendarBook {
  readonly #declared: ReadonlyMap<string, KnownCalendar>;
  #known: ReadonlyMap<string, KnownCalendar>;
  #generation = 0;
  #isRead = false;

  /** `declared`: checked already. */
  constructor(declared: readonly CalendarData[] = []) {
    this.#declared = new Map(
      declared.map((data) => [data.name, { data, digest: digestOf(data), head: null }]),
    );
    this.#known = this.#declared;
  }

  /** Another number once a calendar came, changed or went. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether the store was asked. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** In order of name. */
  list(): KnownCalendar[] {
    return [...this.#known.values()].sort((a, b) => (a.data.name < b.data.name ? -1 : 1));
  }

  find(name: string): KnownCalendar | undefined {
    return this.#known.get(name);
  }

  isDeclared(name: string): boolean {
    return this.#declared.has(name);
  }

  /** For schedules. */
  readonly lookup = (name: string): CalendarData | undefined => this.#known.get(name)?.data;

  /** Throws SUNBEAT_CALENDAR_UNKNOWN. */
  assertKnown(names: readonly string[]): void {
    const missing = names.find((name) => !this.#known.has(name));
    if (missing === undefined) return;
    const near = nearest(missing, this.#known.keys());
    throw new ScheduleError(
      "SUNBEAT_CALENDAR_UNKNOWN",
      `calendar ${quote(missing)}: expected the name of a calendar that is registered; there is none of this name` +
        `${didYouMean(missing, this.#known.keys())}; register it: app.calendars.set, or sunbeat calendar set`,
      { details: { field: "calendar", value: quote(missing), ...(near !== undefined && { hint: near }) } },
    );
  }

  /** As though these were stored. */
  with(calendars: readonly CalendarData[]): CalendarBook {
    if (calendars.length === 0) return this;
    const book = new CalendarBook([...this.#declared.values()].map((known) => known.data));
    const added = calendars.map((data) => [data.name, { data, digest: digestOf(data), head: null }] as const);
    book.#take(new Map([...this.#known, ...added]));
    book.#isRead = this.#isRead;
    return book;
  }

  /** Reads what has changed. Rejects with the store's error. */
  async refresh(
    { calendars }: { readonly calendars: Pick<CalendarStore, "get" | "list"> },
    inTime: InTime = unbounded,
  ): Promise<void> {
    const heads = await inTime("calendars.list", calendars.list());
    this.#isRead = true;
    const changed = heads.filter(({ name, etag }) => this.#known.get(name)?.head?.etag !== etag);
    const gone = [...this.#known.values()].some(
      ({ head }) => head !== null && !heads.some(({ name }) => name === head.name),
    );
    if (changed.length === 0 && !gone) return;
    const known = new Map(this.#declared);
    for (const { name } of heads) {
      const before = this.#known.get(name);
      if (before !== undefined) known.set(name, before);
    }
    for (let from = 0; from < changed.length; from += AT_ONCE) {
      const names = changed.slice(from, from + AT_ONCE).map(({ name }) => name);
      for (const stored of await inTime("calendars.get", calendars.get(names))) {
        if (stored === null) continue;
        const { data, ...head } = stored;
        known.set(head.name, { head, digest: head.digest, data: JSON.parse(data) as CalendarData });
      }
    }
    this.#take(known);
  }

  #take(known: ReadonlyMap<string, KnownCalendar>): void {
    this.#known = known;
    this.#generation++;
  }
}

const unbounded: InTime = (_step, work) => work;
