import { IANAZone } from "luxon";
import type { EpochMs } from "../core/clock.js";
import { ScheduleError } from "../core/errors.js";
import { didYouMean, nearest } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import { correctionOf, isForeign } from "./zone-names.js";

/**
 * A stretch of time in which a zone keeps one offset. Everything is in whole minutes: `start` and `end` count
 * from the epoch in UTC, `fresh` and `echo` are local (UTC plus offset).
 *
 * A long stretch is cut into several segments with the same offset; a cut is never within a week of a change.
 */
export interface Segment {
  readonly start: number;
  /** First minute after the segment. */
  readonly end: number;
  readonly offset: number;
  readonly previousOffset: number;
  /**
   * Local minutes below this were reached before the segment began. Above the segment's first local minute
   * there is a fold and the minutes between come again; below it there is a gap and they never came.
   */
  readonly fresh: number;
  /** Local minutes from here on come again in a later segment; Infinity where there is no such minute. */
  readonly echo: number;
}

/** The rules of a time zone: instants to offsets. */
export interface Zone {
  readonly name: string;
  /** The segment in which a minute (from the epoch, UTC) lies. */
  at(minute: number): Segment;
}

/** The limit of `Date`: no schedule has an occurrence beyond it. */
export const MAX_INSTANT: EpochMs = 8.64e15;
/** A change of at least this many minutes moves a date line; it is no daylight saving. */
const DATE_LINE_MINUTES = 1440;
/** No two zones, or two offsets of one zone, are further apart than this. */
export const WIDEST_SHIFT_MINUTES = 2880;

const MINUTE_MS = 60_000;
const STEP = 7 * 1440;
const PAGE = 2 ** 19; // minutes; 364 days
const MAX_PAGES = 1024; // per zone; a full table is some 300 kB
const LAST_PROBE: EpochMs = MAX_INSTANT - WIDEST_SHIFT_MINUTES * MINUTE_MS;

const UTC_NAMES = new Set(["utc", "etc/utc", "gmt", "etc/gmt", "etc/zulu", "zulu", "etc/uct", "uct"]);

/** Whether the offset of a zone is the same at all times, whatever the data of the runtime. */
export function isFixedZone(name: string): boolean {
  return UTC_NAMES.has(name.toLowerCase()) || /^etc\//i.test(name);
}

const UTC_SEGMENT: Segment = {
  start: -Infinity,
  end: Infinity,
  offset: 0,
  previousOffset: 0,
  fresh: -Infinity,
  echo: Infinity,
};

/** Holds no minute: where a zone has not looked yet. */
const NOWHERE: Segment = { ...UTC_SEGMENT, start: 0, end: 0 };

/**
 * The offset segments of one zone, learned from the runtime's zone data a page (about a year) at a time and
 * kept. luxon is the only source of offsets; a probe costs microseconds, so that `at` must rarely need one.
 */
class TableZone implements Zone {
  readonly name: string;
  readonly #source: IANAZone;
  readonly #pages = new Map<number, readonly Segment[]>();
  #last = NOWHERE;

  constructor(name: string) {
    this.name = name;
    this.#source = IANAZone.create(name);
  }

  at(minute: number): Segment {
    const last = this.#last;
    if (minute >= last.start && minute < last.end) return last;
    for (const segment of this.#page(Math.floor(minute / PAGE))) {
      if (minute < segment.end) return (this.#last = segment);
    }
    throw new RangeError(`no segment of ${this.name} holds minute ${minute}`); // the pages have no holes
  }

  #page(index: number): readonly Segment[] {
    let page = this.#pages.get(index);
    if (page === undefined) {
      if (this.#pages.size >= MAX_PAGES) this.#pages.clear();
      page = segmentsOf(index * PAGE, (index + 1) * PAGE, (minute) => this.#offset(minute));
      this.#pages.set(index, page);
    }
    return page;
  }

  /** Whole minutes: local mean times with seconds are rounded down. */
  #offset(minute: number): number {
    const instant = Math.max(-LAST_PROBE, Math.min(LAST_PROBE, minute * MINUTE_MS));
    return Math.floor(this.#source.offset(instant));
  }
}

type OffsetAt = (minute: number) => number;

/**
 * The segments that meet [from, to). Changes are looked for two steps further to either side, and a segment that
 * reaches so far is cut one step out: so no cut is near a change, and every segment knows its neighbours.
 */
function segmentsOf(from: number, to: number, offsetAt: OffsetAt): Segment[] {
  const first = from - 2 * STEP;
  const starts = [first];
  const offsets = [offsetAt(first)];
  for (let minute = first; minute < to + 2 * STEP; minute += STEP) {
    findChanges(
      minute,
      offsets.at(-1)!,
      minute + STEP,
      offsetAt(minute + STEP),
      offsetAt,
      (start, offset) => {
        starts.push(start);
        offsets.push(offset);
      },
    );
  }
  const fresh = starts.map((start, i) => start + offsets[i]!);
  for (let i = 1; i < starts.length; i++) {
    if (crossesDateLine(offsets, i)) continue;
    fresh[i] = Math.max(i === 1 ? -Infinity : fresh[i - 1]!, starts[i]! + offsets[i - 1]!);
  }
  const echo = starts.map(() => Infinity);
  for (let i = starts.length - 2; i >= 0; i--) {
    if (!crossesDateLine(offsets, i + 1)) echo[i] = Math.min(echo[i + 1]!, starts[i + 1]! + offsets[i + 1]!);
  }
  return offsets
    .map((offset, i): Segment => {
      const start = i === 0 ? from - STEP : starts[i]!;
      const end = starts[i + 1] ?? to + STEP;
      const previousOffset = offsets[i - 1] ?? offset;
      return {
        start,
        end,
        offset,
        previousOffset,
        fresh: i === 0 ? start + offset : fresh[i]!,
        echo: echo[i]!,
      };
    })
    .filter((segment) => segment.start < to && segment.end > from);
}

/** Calls `found` with every change of offset after `from` up to and including `to`, in order. */
function findChanges(
  from: number,
  before: number,
  to: number,
  after: number,
  offsetAt: OffsetAt,
  found: (start: number, offset: number) => void,
): void {
  if (before === after) return;
  if (to - from === 1) return found(to, after);
  const middle = Math.floor((from + to) / 2);
  const between = offsetAt(middle);
  findChanges(from, before, middle, between, offsetAt, found);
  findChanges(middle, between, to, after, offsetAt, found);
}

function crossesDateLine(offsets: readonly number[], i: number): boolean {
  return Math.abs(offsets[i]! - offsets[i - 1]!) >= DATE_LINE_MINUTES;
}

const zones = new Map<string, Zone>();

/**
 * The zone of an IANA name in any letter case ("Europe/Paris", "EST", "Etc/GMT-3"), kept for the life of the
 * process. Refuses anything else with SUNBEAT_TIMEZONE_INVALID: "+02:00", "local", and what the runtime takes without
 * IANA, such as "BST", which it reads as Bangladesh.
 */
export function zone(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  // From Node 22 on the runtime takes "+02:00" for a zone; it has no rules, and "Etc/GMT-2" says the same.
  const isName = typeof name === "string" && /^[a-z]/i.test(name) && IANAZone.isValidZone(name);
  if (!isName || isForeign(name)) throw unknownZone(name);
  const made: Zone = UTC_NAMES.has(name.toLowerCase())
    ? { name, at: () => UTC_SEGMENT }
    : new TableZone(name);
  zones.set(name, made);
  return made;
}

function unknownZone(name: unknown): ScheduleError {
  const { problem, meant } = (typeof name === "string" ? correctionOf(name) : undefined) ?? unknownName(name);
  return new ScheduleError("SUNBEAT_TIMEZONE_INVALID", `timezone: ${quote(name)} ${problem}`, {
    details: { value: quote(name), nearest: meant },
  });
}

function unknownName(name: unknown): { readonly problem: string; readonly meant: string | undefined } {
  const names = ["UTC", ...Intl.supportedValuesOf("timeZone")];
  const [hint, meant] =
    typeof name === "string" ? [didYouMean(name, names), nearest(name, names)] : ["", undefined];
  return {
    problem: `is not a time zone of this runtime${hint}; give an IANA name such as "Europe/Paris"`,
    meant,
  };
}

/**
 * The instant of a finite local civil time, given in milliseconds as though it were UTC. A time that comes twice is
 * its first pass; a time that a change skips is the first instant after the gap.
 */
export function instantOf(zone: Zone, localMs: number): EpochMs {
  const local = Math.floor(localMs / MINUTE_MS);
  let segment = zone.at(local - WIDEST_SHIFT_MINUTES);
  while (local >= segment.end + segment.offset) segment = zone.at(segment.end);
  if (local < segment.start + segment.offset) return segment.start * MINUTE_MS;
  return localMs - segment.offset * MINUTE_MS;
}

/** The local civil time of an instant, in milliseconds as though it were UTC. Inverse of `instantOf`. */
export function localOf(zone: Zone, instant: EpochMs): number {
  return instant + zone.at(Math.floor(instant / MINUTE_MS)).offset * MINUTE_MS;
}
