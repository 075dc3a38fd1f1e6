/** `app.schedules`: entries at run time, with what became of their ticks and what will. */
import {
  applyAll,
  applyPlan,
  CalendarBook,
  type Drift,
  type DriftKind,
  driftKindOf,
  dryRun,
  EntryCache,
  type EntryOptions,
  type EntryView,
  type Plan,
  type PlanDeps,
  readDrift,
  readPlan,
  Schedules as EntrySchedules,
  type SchedulesDeps,
  storeOf,
} from "../beat/index.js";
import type { Clock, EpochMs } from "../core/clock.js";
import type { Duration } from "../core/duration.js";
import type { Logger } from "../core/logger.js";
import { type InstantLike, instantMs } from "../core/instant.js";
import {
  assertKnownKeys,
  booleanOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import type { Events } from "../events/index.js";
import { tzVersion } from "../core/tz-data.js";
import type { EntryPreview, Forecast, Peak, Timeline, TimelineItem } from "../monitor/index.js";
import { type CalendarData, zone } from "../schedules/index.js";
import type { Store } from "../store/contracts/store.js";
import type { EntryQueueOf } from "./entry-queues.js";
import { checkExported, type ExportedFile } from "./exported.js";

export interface TimelineOptions {
  /** Default: a day before `to`. */
  readonly from?: InstantLike | undefined;
  /** Default: now. */
  readonly to?: InstantLike | undefined;
  /** Where there are more ticks, cells are given. Default 2,000, at most 10,000. */
  readonly limit?: number | undefined;
  /** A tick that was sent so much after its due time and its jitter is late. Default 5 s. */
  readonly lateAfter?: Duration | undefined;
  /** A tick that nobody has dispatched so much after its time is missed. Default 60 s. */
  readonly grace?: Duration | undefined;
}

export interface ForecastOptions {
  /** Default: now. */
  readonly from?: InstantLike | undefined;
  /** Not among it; at most 400 days after `from`. Default: a week after it. */
  readonly to?: InstantLike | undefined;
  /** Default: an hour; at most 100,000 steps. */
  readonly step?: Duration | undefined;
  /** Zone whose local days the steps are, where `step` is a day. Default: each step has 24 hours. */
  readonly timezone?: string | undefined;
  /** No beat sends anything for so long from `from` on, 400 days at most: the forecast begins when one does again. */
  readonly outage?: Duration | undefined;
  /** That of the beat: a second with more starts is crowded, and what is caught up takes its time. Default: none. */
  readonly maxStartsPerSecond?: number | undefined;
}

export interface PlanOptions {
  /** How far ahead the load is compared, at most 31 days. Default 7 days. */
  readonly for?: Duration | undefined;
  /** In the place of the store. */
  readonly against?: ExportedFile | undefined;
}

export interface AppSchedulesDeps extends SchedulesDeps {
  readonly audited: NonNullable<SchedulesDeps["audited"]>;
  readonly logger: Logger;
  readonly events: Pick<Events, "emit">;
  /** Of the entries that code declares. */
  readonly owner: string;
  readonly version: number;
  /** Those that code declares. */
  readonly calendars: readonly CalendarData[];
  readonly store: Store;
  readonly clock: Clock;
  readonly queueOf: EntryQueueOf;
}

const DAY_MS = 86_400_000;
const LONGEST_FORECAST_MS = 400 * DAY_MS;
/** Seconds are counted so far. */
const LONGEST_PLAN_MS = 31 * DAY_MS;
const MOST_STEPS = 100_000;
const MOST_TICKS = 10_000;

export class Schedules extends EntrySchedules {
  readonly #deps: AppSchedulesDeps;
  readonly #cache: EntryCache;

  constructor(deps: AppSchedulesDeps) {
    super(deps);
    this.#deps = deps;
    this.#cache = new EntryCache(deps.entries, { spreadMs: deps.defaults.spreadMs, book: deps.book });
  }

  /**
   * What became of the ticks of an entry from `from` to `to`: one item each, in order, or, where there are more than `limit`, their
   * numbers by fate over 240 equal times. Joined from the ledger, results and records, so that it stays right when results have expired.
   * Also of an entry that was deleted. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_ENTRY_NOT_FOUND.
   */
  async timeline(name: string, options: TimelineOptions = {}): Promise<Timeline> {
    assertKnownKeys(options, ["from", "to", "limit", "lateAfter", "grace"], "timeline");
    const entry = nameOption(name, "timeline: name");
    const { from, to } = options;
    const now = await this.#deps.store.now();
    const end = to === undefined ? now : instantMs(to, "timeline: to");
    const begin = from === undefined ? end - DAY_MS : instantMs(from, "timeline: from");
    if (begin > end) throw invalidOption("timeline: to", "an instant that is not before from", to);
    const limit = integerOption(options.limit ?? 2_000, "timeline: limit", 1, MOST_TICKS);
    const { readTimeline } = await import("../monitor/index.js");
    await this.#refresh();
    const range = { from: begin, to: end, limit, ...lateness(options, "timeline") };
    const timeline = await readTimeline(this.#source, entry, range);
    if (timeline.items.length === 0 && timeline.cells === null) await this.history(entry, { limit: 1 });
    return timeline;
  }

  /**
   * The newest `count` (60) ticks of up to 50 entries, oldest first, by name. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID.
   */
  async timelines(
    names: readonly string[],
    options: { readonly count?: number | undefined } & Pick<TimelineOptions, "lateAfter" | "grace"> = {},
  ): Promise<Record<string, readonly TimelineItem[]>> {
    assertKnownKeys(options, ["count", "lateAfter", "grace"], "timelines");
    if (!Array.isArray(names) || names.length > 50)
      throw invalidOption("timelines: names", "a list of at most 50 names", names);
    const wanted = names.map((name) => nameOption(name, "timelines: names"));
    const count = integerOption(options.count ?? 60, "timelines: count", 1, 1_000);
    const { readTimelines } = await import("../monitor/index.js");
    await this.#refresh();
    const found = await readTimelines(this.#source, [...new Set(wanted)], {
      count,
      ...lateness(options, "timelines"),
    });
    return Object.fromEntries(found);
  }

  /**
   * What the entries will send: starts over time, in all and by queue and entry, slots in use, peaks, locks that are wanted by several at
   * once, the nights on which clocks change, entries whose runs take too long, and remarks (`lints`). Of what stands in the store, by dispatch times.
   * Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID, SUNBEAT_TIMEZONE_INVALID.
   */
  async forecast(options: ForecastOptions = {}): Promise<Forecast> {
    assertKnownKeys(options, ["from", "to", "step", "timezone", "outage", "maxStartsPerSecond"], "forecast");
    const { clock, store, queueOf, defaults } = this.#deps;
    const now = await store.now();
    const { outage, maxStartsPerSecond } = options;
    const from = options.from === undefined ? now : instantMs(options.from, "forecast: from");
    const to = options.to === undefined ? from + 7 * DAY_MS : instantMs(options.to, "forecast: to");
    if (to <= from || to - from > LONGEST_FORECAST_MS) {
      throw invalidOption("forecast: to", "an instant after from, by at most 400 days", options.to);
    }
    const stepMs = options.step === undefined ? 3_600_000 : durationOption(options.step, "forecast: step", 1);
    if ((to - from) / stepMs > MOST_STEPS)
      throw invalidOption("forecast: step", "at most 100,000 steps", options.step);
    const days = options.timezone === undefined ? null : zone(options.timezone).name;
    const outageMs = outage === undefined ? null : durationOption(outage, "forecast: outage", 1);
    if (outageMs !== null && outageMs > LONGEST_FORECAST_MS)
      throw invalidOption("forecast: outage", "at most 400 days", outage);
    const perSecond =
      maxStartsPerSecond === undefined
        ? null
        : integerOption(maxStartsPerSecond, "forecast: maxStartsPerSecond", 1, 1_000_000);
    const { readForecast } = await import("../monitor/index.js");
    await this.#refresh();
    const source = { ...this.#source, clock, queueOf };
    const load = { timezone: defaults.timezone ?? "UTC", perSecond, outageMs };
    const range = { from: from + (outageMs ?? 0), to: to + (outageMs ?? 0), stepMs, days };
    return readForecast(source, range, outageMs === null ? now : range.from, load);
  }

  /**
   * What an entry would be that is not saved yet: its schedule in words, its next 20 runs, remarks, the nights on which clocks change, and
   * the starts of the next week with it and without (`load: false`: these are not counted). What is wrong with it is told in `problem`.
   * Nothing is stored. Codes: SUNBEAT_OPTION_INVALID for a name that is none, SUNBEAT_OPTION_UNKNOWN, and those of the store.
   */
  async preview(
    name: string,
    options: EntryOptions,
    wishes: { readonly load?: boolean | undefined } = {},
  ): Promise<EntryPreview> {
    const entry = nameOption(name, "preview: name");
    assertKnownKeys(wishes, ["load"], "preview");
    const withLoad = booleanOption(wishes.load ?? true, "preview: load");
    const { clock, queueOf, defaults } = this.#deps;
    const { readPreview } = await import("../monitor/index.js");
    await this.#refresh();
    const source = { ...this.#source, clock, queueOf, defaults };
    return readPreview(source, entry, options, withLoad);
  }

  /**
   * What a beat that starts now would do to the stored calendars and entries of this app, and which entries other calendars or time zone
   * data would move. Changes nothing. `for`: the load is compared so far ahead, at most 31 days; default 7 days. `against`: what a file of
   * `sunbeat schedule export --owner code` has, parsed, in the place of the store. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID,
   * SUNBEAT_DURATION_INVALID, SUNBEAT_CALENDAR_DATA_INVALID, those of the store.
   */
  async plan(options: PlanOptions = {}): Promise<Plan> {
    assertKnownKeys(options, ["for", "against"], "plan");
    const { against } = options;
    const forMs = options.for === undefined ? 7 * DAY_MS : durationOption(options.for, "plan: for", 1_000);
    if (forMs > LONGEST_PLAN_MS) throw invalidOption("plan: for", "at most 31 days", options.for);
    const { clock } = this.#deps;
    const { plan, lineups } = await dryRun(
      against === undefined ? this.#registering : this.#against(against),
    );
    const { planPeak } = await import("../monitor/index.js");
    const found = await planPeak(lineups, Date.parse(plan.at), forMs, clock);
    const peakOf = (peak: Peak | null) => peak && { at: peak.at.toISOString(), starts: peak.starts };
    const { before, after, isCoarse } = found;
    return { ...plan, peak: { forMs, before: peakOf(before), after: peakOf(after), isCoarse } };
  }

  #against(file: ExportedFile): PlanDeps {
    const { entries, calendars } = checkExported(file, "plan: against");
    const { calendars: declared } = this.#deps;
    const cache = this.#cache.over(new CalendarBook(declared).with(calendars));
    const deps = { ...this.#registering, cache };
    return { ...deps, store: storeOf({ entries, calendars }, deps, this.#deps.clock.now()) };
  }

  /**
   * Writes what code declares, calendars first, as a beat does that starts; gives what was written. With a plan: only what that names, and
   * only where code and store are still what was planned, else SUNBEAT_PLAN_STALE. SUNBEAT_PLAN_INVALID for what is no plan of this version.
   */
  async apply(planned?: Plan): Promise<Plan> {
    const given = planned === undefined ? null : readPlan(planned);
    const change = { verb: "applyEntries", target: this.#deps.owner, args: {} };
    return this.#deps.audited(change, () =>
      given === null ? applyAll(this.#registering) : applyPlan(this.#registering, given),
    );
  }

  /** Entries that are stored otherwise than code declares them. Codes: those of the store. */
  drift(): Promise<Drift[]> {
    return readDrift(this.#registering);
  }

  /** The same of one that was read; null: it is stored as declared. */
  driftOf(
    view: Pick<EntryView, "name" | "owner" | "version" | "revision" | "disabled" | "pausedAt">,
  ): DriftKind | null {
    const { entries, owner, version } = this.#deps;
    const entry = entries.find(({ name }) => name === view.name) ?? null;
    return driftKindOf({ entry, owner, version }, view);
  }

  get #registering(): PlanDeps {
    const { store, entries, owner, version, logger, events, calendars } = this.#deps;
    // Nobody here has a lease that a slow store could cost.
    const inTime = <T>(_: string, work: Promise<T>): Promise<T> => work;
    const cache = this.#cache;
    return { store, entries, owner, version, logger, events, calendars, inTime, cache, tz: tzVersion() };
  }

  /** The calendars are those of the store. */
  #refresh(): Promise<void> {
    return this.#cache.book.refresh(this.#deps.store);
  }

  get #source() {
    return { store: this.#deps.store, cache: this.#cache };
  }
}

function lateness(
  { lateAfter, grace }: Pick<TimelineOptions, "lateAfter" | "grace">,
  what: string,
): { readonly lateAfterMs: number; readonly graceMs: EpochMs } {
  return {
    lateAfterMs: lateAfter === undefined ? 5_000 : durationOption(lateAfter, `${what}: lateAfter`, 0),
    graceMs: grace === undefined ? 60_000 : durationOption(grace, `${what}: grace`, 0),
  };
}
