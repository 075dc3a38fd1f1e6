import type { Ending } from "../beat/index.js";
import type { EpochMs } from "../core/clock.js";
import type { ListedEntry } from "./entries.js";
import { firstLines, type Line, type Lines, type RunLine } from "./occurrences.js";

/** What a preview shows in one line, at its place in time: a run or one that is left out, or a day of a frequent entry. */
export type Item = LineItem | GroupItem;

export interface LineItem {
  readonly entry: ListedEntry;
  readonly at: EpochMs;
  readonly line: Line;
}

export interface GroupItem {
  readonly entry: ListedEntry;
  readonly at: EpochMs;
  readonly group: Group;
}

/** Runs of one entry on one day. */
export interface Group {
  readonly first: RunLine;
  readonly last: RunLine;
  readonly count: number;
  /** The shortest and the longest time between two of them. */
  readonly gapsMs: readonly [least: number, most: number];
  readonly late: number;
  /** The remark of the first that has one, and how many others have one. */
  readonly note: string | null;
  readonly moreNotes: number;
  /** There are more: so many are not counted. */
  readonly isCut: boolean;
}

/** An entry with more runs than that in the whole time is told in groups. */
const FEW = 12;
/** So many runs of one day are a group. */
const FEWEST = 3;
/** Counting a day of one run each second takes 0.1 s. */
const MOST_COUNTED = 100_000;

export interface Items {
  readonly items: Item[];
  readonly ending: Ending | null;
}

/** At most `most` items, one for each line. */
export function eachItem(entry: ListedEntry, all: Lines, most: number): Items {
  const { lines, ending } = firstLines(all, most);
  return { items: lines.map((line) => single(entry, line)), ending };
}

/** One item for each line of an entry that has few runs, else one for each day. */
export function groupedItems(entry: ListedEntry, all: Lines, dayOf: (at: EpochMs) => number): Items {
  const { lines, ending } = firstLines(all, FEW + 1);
  if (lines.filter(({ kind }) => kind === "run").length <= FEW) {
    return { items: lines.map((line) => single(entry, line)), ending };
  }
  const days = new Days(entry, dayOf);
  for (const line of lines) days.add(line);
  for (;;) {
    if (days.count === MOST_COUNTED) return { items: days.end(true), ending: null };
    const { done, value } = all.next();
    if (done === true) return { items: days.end(false), ending: value };
    days.add(value);
  }
}

function single(entry: ListedEntry, line: Line): LineItem {
  return { entry, at: line.kind === "run" ? line.sentAt : line.at, line };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Puts the runs of each day together; keeps no more of a day than its group. */
class Days {
  /** Runs so far. */
  count = 0;
  readonly #entry: ListedEntry;
  readonly #dayOf: (at: EpochMs) => number;
  readonly #items: Item[] = [];
  #day: number | null = null;
  /** The first runs of the day, while they are too few for a group. */
  #runs: RunLine[] = [];
  #group: Writable<Group> | null = null;

  constructor(entry: ListedEntry, dayOf: (at: EpochMs) => number) {
    this.#entry = entry;
    this.#dayOf = dayOf;
  }

  add(line: Line): void {
    if (line.kind === "omitted") {
      this.#items.push(single(this.#entry, line));
      return;
    }
    this.count++;
    const day = this.#dayOf(line.sentAt);
    if (day !== this.#day) this.#endDay(false);
    this.#day = day;
    if (this.#group === null) this.#runs.push(line);
    else join(this.#group, line);
    if (this.#runs.length < FEWEST) return;
    this.#group = begun(this.#runs[0]!);
    for (const run of this.#runs.slice(1)) join(this.#group, run);
    this.#runs = [];
  }

  end(isCut: boolean): Item[] {
    this.#endDay(isCut);
    return this.#items;
  }

  #endDay(isCut: boolean): void {
    for (const run of this.#runs) this.#items.push(single(this.#entry, run));
    const group = this.#group;
    if (group !== null)
      this.#items.push({ entry: this.#entry, at: group.first.sentAt, group: { ...group, isCut } });
    this.#runs = [];
    this.#group = null;
  }
}

function begun(run: RunLine): Writable<Group> {
  const { note, late } = run;
  return {
    ...{ first: run, last: run, count: 1, gapsMs: [Infinity, 0], late: late ? 1 : 0 },
    ...{ note, moreNotes: 0, isCut: false },
  };
}

function join(group: Writable<Group>, run: RunLine): void {
  const gapMs = run.at - group.last.at;
  group.gapsMs = [Math.min(group.gapsMs[0], gapMs), Math.max(group.gapsMs[1], gapMs)];
  group.last = run;
  group.count++;
  if (run.late) group.late++;
  if (run.note === null) return;
  if (group.note === null) group.note = run.note;
  else group.moreNotes++;
}
