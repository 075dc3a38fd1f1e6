/** What a plan does to the load: the second with the most starts, before and after it. */
import type { Lineups, RunningEntry } from "../beat/lineups.js";
import type { Clock, EpochMs } from "../core/clock.js";
import { countSeconds } from "./forecast.js";
import type { ForecastEntry } from "./forecast-types.js";
import { type Peak, SecondCounts } from "./second-counts.js";
import { Slices } from "./slices.js";

export interface PeakChange {
  /** Null: nothing starts. */
  readonly before: Peak | null;
  readonly after: Peak | null;
  /** There are too many starts: those that were not counted are not among them. */
  readonly isCoarse: boolean;
}

/** Of so long from `now` on. Entries that run as before are counted once. */
export async function planPeak(
  { same, before, after }: Lineups,
  now: EpochMs,
  forMs: number,
  clock: Pick<Clock, "monotonicMs" | "soon">,
): Promise<PeakChange> {
  const slices = new Slices(clock);
  const range = { from: now, to: now + forMs, stepMs: forMs, days: null };
  const counted = (entries: readonly RunningEntry[], counts: SecondCounts): Promise<boolean> =>
    countSeconds(entries.map(forecastOf), range, { now, slices }, counts);
  const counts = new SecondCounts(range.from, range.to);
  let isCoarse = await counted(same, counts);
  const peaks: (Peak | null)[] = [];
  for (const more of [before, after]) {
    const all = more.length === 0 ? counts : counts.copy();
    if (more.length > 0 && (await counted(more, all))) isCoarse = true;
    // A step that cannot be interrupted.
    await slices.next();
    peaks.push(all.busiest());
  }
  const [was = null, is = null] = peaks;
  return { before: was, after: is, isCoarse };
}

/** Its queue decides about nothing here. */
function forecastOf({ entry, stored }: RunningEntry): ForecastEntry {
  return { entry, stored, queue: "" };
}
