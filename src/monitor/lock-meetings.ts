/** Entries that want one lock at one time. */
import type { EpochMs } from "../core/clock.js";

export interface LockMeeting {
  readonly lock: string;
  /** In order of name. */
  readonly entries: readonly string[];
  /** The first time. */
  readonly at: Date;
  readonly times: number;
}

/** Starts kept of one lock; what comes later tells nothing new, mostly. */
const MOST_STARTS = 10_000;
/** A run whose time nobody knows takes so long. */
const LEAST_RUN_MS = 1_000;
const MOST_MEETINGS = 100;

interface Start {
  readonly entry: string;
  readonly at: EpochMs;
  readonly endAt: EpochMs;
}

export class LockTimes {
  readonly #starts = new Map<string, Start[]>();

  add(lock: string, entry: string, at: EpochMs, runMs: number): void {
    const starts = this.#starts.get(lock) ?? [];
    if (starts.length === 0) this.#starts.set(lock, starts);
    if (starts.length < MOST_STARTS) starts.push({ entry, at, endAt: at + Math.max(LEAST_RUN_MS, runMs) });
  }

  /** By how often they meet. */
  meetings(): LockMeeting[] {
    const met = new Map<string, { lock: string; entries: string[]; at: EpochMs; times: number }>();
    for (const [lock, starts] of this.#starts) {
      starts.sort((a, b) => a.at - b.at);
      for (let first = 0; first < starts.length;) {
        const group = new Set([starts[first]!.entry]);
        let endAt = starts[first]!.endAt;
        let next = first + 1;
        for (; next < starts.length && starts[next]!.at < endAt; next++) {
          group.add(starts[next]!.entry);
          endAt = Math.max(endAt, starts[next]!.endAt);
        }
        if (group.size > 1) note(met, lock, [...group].sort(), starts[first]!.at);
        first = next;
      }
    }
    return [...met.values()]
      .sort((a, b) => b.times - a.times || a.at - b.at)
      .slice(0, MOST_MEETINGS)
      .map(({ at, ...meeting }) => ({ ...meeting, at: new Date(at) }));
  }
}

function note(
  met: Map<string, { lock: string; entries: string[]; at: EpochMs; times: number }>,
  lock: string,
  entries: string[],
  at: EpochMs,
): void {
  const key = JSON.stringify([lock, entries]);
  const known = met.get(key);
  if (known === undefined) met.set(key, { lock, entries, at, times: 1 });
  else known.times++;
}
