/**
 * What the entries will send: starts over time, with what they need and where they meet. Computed from their definitions, by the same
 * walk by which a beat decides, in slices that leave the event loop to others.
 */
import { foretell } from "../beat/foretell.js";
import type { CalendarBook } from "../beat/index.js";
import type { EpochMs } from "../core/clock.js";
import { daysOffOf, endingCalendars } from "./days-off.js";
import type { EntryForecast, Forecast, ForecastEntry, ForecastRange } from "./forecast-types.js";
import { type Steps, stepsOf } from "./forecast-steps.js";
import { LockTimes } from "./lock-meetings.js";
import { loadLints } from "./load-lints.js";
import { NO_RUN_TIMES, type RunTimes } from "./run-times.js";
import { SecondCounts } from "./second-counts.js";
import { SharedDues, sharedKey } from "./shared-dues.js";
import { Slices } from "./slices.js";
import { AHEAD_MS, type ZoneNight, zoneNightsOf } from "./zone-nights.js";

export interface ForecastDeps {
  readonly now: EpochMs;
  readonly runTimes: RunTimes;
  readonly slices: Slices;
  /** Whose days are counted. */
  readonly timezone: string;
  /** Whose ends are told. Absent: none are known. */
  readonly book?: Pick<CalendarBook, "find"> | undefined;
  /** Starts a second of the beat; null: no limit. */
  readonly perSecond?: number | null;
  /** For so long nothing has been sent before `now`. */
  readonly outageMs?: number | null;
}

export const MOST_OCCURRENCES = 2_000_000;
/** More starts in a second are a crowd, where the beat names no budget. */
export const CROWDED_SECOND = 1_000;
const CROWDED_WITHIN_MS = 7 * 86_400_000;
const MOST_STEPPED = 50;
const MOST_PEAKS = 10;
const MOST_NIGHTS = 1_000;

export async function forecast(
  entries: readonly ForecastEntry[],
  range: ForecastRange,
  deps: ForecastDeps,
  unknown: readonly string[] = [],
): Promise<Forecast> {
  const { now, runTimes, slices, timezone, book, perSecond = null, outageMs = null } = deps;
  const tally = new Tally(range, runTimes);
  const { failing } = await new Walks(range, now, slices, tally).all(entries);
  const ahead = range.from + AHEAD_MS;
  const zoneNights: ZoneNight[] = [];
  for (const { entry } of entries) {
    if (zoneNights.length >= MOST_NIGHTS) break;
    zoneNights.push(...zoneNightsOf(entry, range.from, ahead));
    if (slices.isOverNow) await slices.next();
  }
  zoneNights.sort((a, b) => a.at.getTime() - b.at.getTime());
  const daysOff = await daysOffOf(entries, range.from, ahead, slices);
  const ending = book === undefined ? [] : endingCalendars(entries, book, ahead);
  const limit = perSecond ?? CROWDED_SECOND;
  const crowdedTo = Math.min(range.to, range.from + CROWDED_WITHIN_MS);
  // Each of these is a step that cannot be interrupted.
  await slices.next();
  const peak = tally.seconds.peaks(timezone);
  await slices.next();
  const crowded = { limit, ...tally.seconds.crowded(limit, crowdedTo, MOST_PEAKS) };
  await slices.next();
  const found = { ...tally.result(), peak, crowded };
  await slices.next();
  const outage =
    outageMs === null
      ? null
      : {
          lastsMs: outageMs,
          backlog: tally.seconds.inFirst(),
          perSecond,
          caughtUpAfterMs: perSecond === null ? 0 : tally.seconds.catchUpMs(perSecond),
        };
  const lints = await loadLints(entries, found, { now, slices, timezone });
  const coming = { zoneNights, daysOff, endingCalendars: ending };
  return { ...found, outage, lints, ...coming, unknown: [...unknown, ...failing] };
}

/** Their starts second by second, and nothing else, beside those of `counts`. True: there were too many, and not all are among them. */
export async function countSeconds(
  entries: readonly ForecastEntry[],
  range: ForecastRange,
  { now, slices }: Pick<ForecastDeps, "now" | "slices">,
  counts: SecondCounts,
): Promise<boolean> {
  const tally = new Tally(range, NO_RUN_TIMES, counts);
  await new Walks(range, now, slices, tally).all(entries);
  return tally.isCoarse;
}

/** The runs of all entries, counted; equal schedules are computed once. */
class Walks {
  readonly #range: ForecastRange;
  readonly #now: EpochMs;
  readonly #slices: Slices;
  readonly #tally: Tally;
  /** Each has its share of what is left: one that is due each second must not be all there is to see. */
  #left = MOST_OCCURRENCES;
  #entriesLeft = 0;

  constructor(range: ForecastRange, now: EpochMs, slices: Slices, tally: Tally) {
    this.#range = range;
    this.#now = now;
    this.#slices = slices;
    this.#tally = tally;
  }

  async all(entries: readonly ForecastEntry[]): Promise<{ readonly failing: string[] }> {
    const failing: string[] = [];
    this.#entriesLeft = entries.length;
    for (const group of await this.#groups(entries)) {
      const dues = group.length > 1 ? await this.#duesOf(group) : null;
      let model: Counted | null = null;
      for (const each of group) {
        try {
          model = await this.#one(each, dues, model);
        } catch {
          // A custom schedule that throws keeps no other entry from being shown.
          failing.push(each.entry.name);
        }
        this.#entriesLeft--;
      }
    }
    return { failing };
  }

  async #groups(entries: readonly ForecastEntry[]): Promise<readonly ForecastEntry[][]> {
    const groups = new Map<string, ForecastEntry[]>();
    for (const [index, each] of entries.entries()) {
      const key = sharedKey(each, this.#now) ?? `#${index}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [each]);
      else group.push(each);
      if (this.#slices.isOver) await this.#slices.next();
    }
    return [...groups.values()];
  }

  async #duesOf(group: readonly ForecastEntry[]): Promise<SharedDues> {
    const dues = new SharedDues();
    const first = group.reduce((a, b) => (b.stored!.cursor!.due < a.stored!.cursor!.due ? b : a));
    // What it throws, each of them throws again.
    await dues.find(first, this.#range.to, this.#share, this.#slices).catch(() => undefined);
    return dues;
  }

  get #share(): number {
    return Math.max(1, Math.floor(this.#left / this.#entriesLeft));
  }

  /** `model`: what was counted of another one of the same schedule. */
  async #one(each: ForecastEntry, dues: SharedDues | null, model: Counted | null): Promise<Counted> {
    const shared = dues?.dispatches(each) ?? null;
    if (shared === null && dues !== null && model !== null && dues.isCut)
      return this.#tally.like(each, model);
    const from = Math.max(this.#range.from, this.#now);
    const runs = shared ?? dispatchesOf(foretell(each.entry, each.stored, this.#now, from));
    return this.#count(each, runs, this.#share);
  }

  async #count(each: ForecastEntry, dispatches: Iterable<EpochMs>, most: number): Promise<Counted> {
    const { from, to } = this.#range;
    const counted = this.#tally.begin(each);
    let walked = 0;
    for (const sentAt of dispatches) {
      if (sentAt >= to) break;
      if (walked === most) {
        this.#tally.cut(counted, sentAt);
        break;
      }
      walked++;
      if (sentAt >= from) this.#tally.add(counted, sentAt);
      if (this.#slices.isOver) await this.#slices.next();
    }
    this.#left -= walked;
    this.#tally.end(counted);
    return counted;
  }
}

function* dispatchesOf(runs: Iterable<{ readonly sentAt: EpochMs }>): Generator<EpochMs> {
  for (const { sentAt } of runs) yield sentAt;
}

interface Counted {
  readonly of: ForecastEntry;
  /** Starts in each step. */
  readonly steps: Uint32Array;
  starts: number;
  first: EpochMs | null;
  last: EpochMs;
  /** The shortest time between two of them. */
  gapMs: number;
}

class Tally {
  readonly #range: ForecastRange;
  readonly #steps: Steps;
  readonly #runTimes: RunTimes;
  readonly #starts: number[];
  readonly #busyMs: number[];
  readonly #queues = new Map<string, number[]>();
  readonly #stepped: Counted[] = [];
  readonly #others: EntryForecast[] = [];
  readonly #risks: { entry: string; p95Ms: number; intervalMs: number }[] = [];
  readonly #locks = new LockTimes();
  readonly seconds: SecondCounts;
  #occurrences = 0;
  isCoarse = false;

  constructor(range: ForecastRange, runTimes: RunTimes, seconds = new SecondCounts(range.from, range.to)) {
    this.#range = range;
    this.#steps = stepsOf(range);
    const { count } = this.#steps;
    this.#runTimes = runTimes;
    this.seconds = seconds;
    this.#starts = Array<number>(count).fill(0);
    this.#busyMs = Array<number>(count).fill(0);
  }

  begin(of: ForecastEntry): Counted {
    return {
      of,
      steps: new Uint32Array(this.#steps.count),
      starts: 0,
      first: null,
      last: 0,
      gapMs: Infinity,
    };
  }

  add(counted: Counted, at: EpochMs): void {
    const step = this.#steps.at(at);
    counted.steps[step]!++;
    if (counted.first === null) counted.first = at;
    else counted.gapMs = Math.min(counted.gapMs, at - counted.last);
    counted.last = at;
    counted.starts++;
    this.seconds.add(at);
    const { lock, name, task } = counted.of.entry;
    if (lock !== null) this.#locks.add(lock.name, name, at, this.#runTimes.p50(task) ?? 0);
  }

  /** What would follow `at` is drawn on evenly. */
  cut(counted: Counted, at: EpochMs): void {
    this.isCoarse = true;
    const { to } = this.#range;
    const { first, starts } = counted;
    if (first === null || at <= first) return;
    const perMs = starts / (at - first);
    for (let step = this.#steps.at(at); step < this.#steps.count; step++) {
      const stepFrom = Math.max(at, this.#steps.begin(step));
      const stepTo = Math.min(to, this.#steps.begin(step + 1));
      const more = Math.round(Math.max(0, stepTo - stepFrom) * perMs);
      if (more === 0) continue;
      counted.steps[step]! += more;
      counted.starts += more;
    }
    counted.last = to;
  }

  /** Counts it as another one of the same schedule. */
  like(of: ForecastEntry, model: Counted): Counted {
    this.isCoarse = true;
    const counted = { ...model, of };
    this.end(counted);
    return counted;
  }

  end(counted: Counted): void {
    this.#risk(counted);
    this.#stepped.push(counted);
    const { queue, entry } = counted.of;
    const p50 = this.#runTimes.p50(entry.task) ?? 0;
    const inQueue = this.#queues.get(queue) ?? Array<number>(this.#starts.length).fill(0);
    this.#queues.set(queue, inQueue);
    for (const [step, starts] of counted.steps.entries()) {
      if (starts === 0) continue;
      this.#starts[step]! += starts;
      this.#busyMs[step]! += starts * p50;
      inQueue[step]! += starts;
    }
    this.#occurrences += counted.starts;
    // Steps of thousands of entries are many: those with few starts are let go of in between.
    if (this.#stepped.length >= 4 * MOST_STEPPED) this.#letGo();
  }

  result(): Omit<
    Forecast,
    "zoneNights" | "daysOff" | "endingCalendars" | "unknown" | "peak" | "crowded" | "outage" | "lints"
  > {
    const { from, to, stepMs } = this.#range;
    this.#letGo();
    const entries = [...this.#others, ...this.#stepped.map((counted) => this.#shown(counted, true))];
    entries.sort((a, b) => b.starts - a.starts || (a.entry < b.entry ? -1 : 1));
    const slots = this.#busyMs.map((busyMs) => Math.round((busyMs / stepMs) * 100) / 100);
    const peaks = this.#starts
      .map((starts, step) => ({ at: new Date(this.#steps.begin(step)), starts, slots: slots[step]! }))
      .filter(({ starts }) => starts > 0)
      .sort((a, b) => b.starts - a.starts || a.at.getTime() - b.at.getTime())
      .slice(0, MOST_PEAKS);
    return {
      ...{ from: new Date(from), to: new Date(to), stepMs, starts: this.#starts, slots, peaks, entries },
      queues: Object.fromEntries([...this.#queues].sort(([a], [b]) => (a < b ? -1 : 1))),
      lockMeetings: this.#locks.meetings(),
      overdueRisks: this.#risks,
      ...{ occurrences: this.#occurrences, isCoarse: this.isCoarse },
    };
  }

  /** Keeps the steps of those with the most starts. */
  #letGo(): void {
    this.#stepped.sort((a, b) => b.starts - a.starts);
    for (const counted of this.#stepped.splice(MOST_STEPPED)) this.#others.push(this.#shown(counted, false));
  }

  #risk({ of, gapMs: intervalMs }: Counted): void {
    const p95Ms = this.#runTimes.p95(of.entry.task);
    if (p95Ms !== null && p95Ms > intervalMs) this.#risks.push({ entry: of.entry.name, p95Ms, intervalMs });
  }

  #shown({ of, starts, steps }: Counted, isStepped: boolean): EntryForecast {
    const { entry, queue } = of;
    return { entry: entry.name, task: entry.task, queue, starts, steps: isStepped ? [...steps] : null };
  }
}
