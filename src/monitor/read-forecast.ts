/** Reads the entries of the store for forecasts and previews. */
import type { EntryOptions } from "../beat/entry-options.js";
import type { Entry } from "../beat/entry.js";
import type { EntryCache } from "../beat/entry-cache.js";
import { calendarLints } from "../beat/calendar-lints.js";
import { hasSchedule } from "../beat/entry-view.js";
import { type EntryDefaults, resolveEntry } from "../beat/resolve-entry.js";
import type { Clock, EpochMs } from "../core/clock.js";
import { isSunbeatError } from "../core/errors.js";
import type { Store } from "../store/contracts/store.js";
import { forecast, type ForecastDeps } from "./forecast.js";
import type { Forecast, ForecastEntry, ForecastRange } from "./forecast-types.js";
import { type EntryPreview, loadOf, previewOf, problemOf } from "./preview.js";
import { Slices } from "./slices.js";
import { NO_RUN_TIMES, readRunTimes, type RunTimes } from "./run-times.js";

export interface ForecastSource {
  readonly store: Pick<Store, "entries" | "history" | "now">;
  /** Of stored definitions: kept from one call to the next, since reading thousands takes its time. */
  readonly cache: EntryCache;
  readonly clock: Pick<Clock, "monotonicMs" | "soon">;
  /** Where the tick of an entry goes that is due then. */
  readonly queueOf: (entry: Entry, due: EpochMs) => string;
}

/** What is asked of a forecast beside its range. */
export type ForecastLoad = Pick<ForecastDeps, "timezone" | "perSecond" | "outageMs">;

/** Reading them is a step that cannot be interrupted. */
const PAGE = 250;
const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;

export async function readForecast(
  source: ForecastSource,
  range: ForecastRange,
  now: EpochMs,
  load: ForecastLoad,
): Promise<Forecast> {
  const { clock, store } = source;
  const slices = new Slices(clock);
  const [{ known, unknown }, runTimes] = await Promise.all([
    readEntries(source, slices, now),
    runTimesOf(store, now),
  ]);
  const { book } = source.cache;
  return forecast(known, range, { ...load, slices, now, runTimes, book }, unknown);
}

/**
 * The week from `now` on of entries as they would be, whatever a store has: `stored` null is a new one. For those who compare before
 * and after, and for code that has no store: its `peak` and `lints`. How long runs take is not known.
 */
export function weekAhead(
  entries: readonly Pick<ForecastEntry, "entry" | "stored">[],
  now: EpochMs,
  { clock, timezone }: Pick<ForecastSource, "clock"> & Pick<ForecastDeps, "timezone">,
): Promise<Forecast> {
  const range = { from: now, to: now + WEEK_MS, stepMs: HOUR_MS, days: null };
  const known = entries
    .filter(({ entry }) => entry.enabled)
    .map((each) => ({ ...each, queue: each.entry.options.queue ?? "" }));
  return forecast(known, range, { slices: new Slices(clock), now, runTimes: NO_RUN_TIMES, timezone });
}

export async function readPreview(
  source: ForecastSource & { readonly defaults: EntryDefaults },
  name: string,
  options: EntryOptions,
  withLoad: boolean,
): Promise<EntryPreview> {
  const { clock, store, queueOf, defaults, cache } = source;
  let entry: Entry;
  try {
    entry = cache.bound(resolveEntry(name, options, { hashKey: name, ...defaults }));
  } catch (error) {
    return problemOf(name, error);
  }
  const now = await store.now();
  const runTimes = await runTimesOf(store, now);
  const preview = previewOf(entry, now, runTimes);
  const lints = [...calendarLints(entry.definition, cache.book, now), ...preview.lints];
  if (!withLoad) return { ...preview, lints, load: null };
  const range = { from: now, to: now + WEEK_MS, stepMs: HOUR_MS, days: null };
  const slices = new Slices(clock);
  const deps = { slices, now, runTimes, timezone: defaults.timezone ?? "UTC" };
  const { known } = await readEntries(source, slices, now);
  // Its steps as it stands are wanted whatever their number is: so it is asked alone, too.
  const others = await forecast(
    known.filter((each) => each.entry.name !== name),
    range,
    deps,
  );
  const before = await forecast(
    known.filter((each) => each.entry.name === name),
    range,
    deps,
  );
  const after = await forecast([{ entry, stored: null, queue: queueOf(entry, now) }], range, deps);
  return { ...preview, lints, load: loadOf(others, before, after) };
}

/** Those that run, and the names of those that cannot be read here. */
async function readEntries(
  { store, cache, queueOf }: ForecastSource,
  slices: Slices,
  now: EpochMs,
): Promise<{
  readonly known: ForecastEntry[];
  readonly unknown: string[];
}> {
  const known: ForecastEntry[] = [];
  const unknown: string[] = [];
  for (let after: string | undefined; ;) {
    await slices.next();
    const page = await store.entries.list({ ...(after !== undefined && { after }), limit: PAGE });
    for (const stored of page) {
      if (slices.isOverNow) await slices.next();
      if (stored.disabled !== null || stored.pausedAt !== null) continue;
      try {
        const entry = cache.read(stored);
        if (!hasSchedule(entry, stored, cache)) unknown.push(stored.name);
        else known.push({ entry, stored, queue: queueOf(entry, stored.cursor?.due ?? now) });
      } catch (error) {
        if (!isSunbeatError(error)) throw error;
        unknown.push(stored.name);
      }
    }
    if (page.length < PAGE) return { known, unknown };
    after = page.at(-1)!.name;
  }
}

/** A store that keeps no statistics has none to tell. */
async function runTimesOf(store: Pick<Store, "history">, now: EpochMs): Promise<RunTimes> {
  try {
    return await readRunTimes(store.history, now);
  } catch (error) {
    if (isSunbeatError(error)) return NO_RUN_TIMES;
    throw error;
  }
}
