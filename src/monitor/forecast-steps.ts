/** Pieces of a stretch of time in which starts are counted. */
import type { EpochMs } from "../core/clock.js";
import { instantOf, localOf, zone } from "../schedules/zone.js";
import type { ForecastRange } from "./forecast-types.js";

const DAY_MS = 86_400_000;

export interface Steps {
  readonly count: number;
  /** Which one an instant lies in. */
  at(instant: EpochMs): number;
  /** Where one begins, and the one before it ends. */
  begin(step: number): EpochMs;
}

/** Of equal length, or the local days of a zone: those of a night on which clocks change are longer or shorter. */
export function stepsOf({ from, to, stepMs, days }: ForecastRange): Steps {
  if (days === null || stepMs !== DAY_MS) {
    return {
      count: Math.max(1, Math.ceil((to - from) / stepMs)),
      at: (instant) => Math.floor((instant - from) / stepMs),
      begin: (step) => from + step * stepMs,
    };
  }
  const clocks = zone(days);
  const midnight = Math.floor(localOf(clocks, from) / DAY_MS) * DAY_MS;
  const begins = [from];
  for (let day = 1; ; day++) {
    const begin = instantOf(clocks, midnight + day * DAY_MS);
    if (begin >= to) break;
    begins.push(begin);
  }
  return {
    count: begins.length,
    // A day begins within two of where one of 24 hours would.
    at: (instant) => {
      let step = Math.min(begins.length - 1, Math.floor((instant - from) / DAY_MS) + 1);
      while (step > 0 && begins[step]! > instant) step--;
      return step;
    },
    begin: (step) => begins[step] ?? to,
  };
}
