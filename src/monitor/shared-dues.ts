/** Entries whose schedules are equal have equal due times: those are computed once. */
import { dispatchDelay, dueFollowing } from "../beat/occurrences.js";
import type { EpochMs } from "../core/clock.js";
import type { ForecastEntry } from "./forecast-types.js";
import type { Slices } from "./slices.js";

/** What its due times follow from, where nothing else does; null: it is to be walked by itself. */
export function sharedKey({ entry, stored }: ForecastEntry, now: EpochMs): string | null {
  const cursor = stored?.cursor ?? null;
  const isPlain = entry.maxRuns === null && !entry.atStart && !entry.codeSchedule;
  if (!isPlain || cursor === null || cursor.dispatchAt <= now) return null;
  // A cursor that does not know the jitter yet is moved by the leader.
  if (entry.jitterMs > 0 && cursor.dispatchAt === cursor.due) return null;
  return `${entry.startAt}|${entry.endAt}|${entry.scheduleText}`;
}

export class SharedDues {
  readonly #dues: EpochMs[] = [];
  /** Not all are known: there are more before the end. */
  #isCut = false;

  /**
   * Finds the due times until `to` of entries of one key, `most` at most; `entry` is the one whose cursor is the earliest. Rejects
   * with what its schedule throws.
   */
  async find({ entry, stored }: ForecastEntry, to: EpochMs, most: number, slices: Slices): Promise<void> {
    this.#isCut = true;
    let due: EpochMs | null = stored!.cursor!.due;
    while (due !== null && due < to) {
      if (this.#dues.length === most) return;
      this.#dues.push(due);
      due = dueFollowing(entry, due);
      if (slices.isOver) await slices.next();
    }
    // The last one ends before the next one, too.
    if (due !== null) this.#dues.push(due);
    this.#isCut = false;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** When the entry's runs are sent; null: its cursor is none of these times, or not all are known. */
  dispatches({ entry, stored }: ForecastEntry): Iterable<EpochMs> | null {
    const { due, dispatchAt } = stored!.cursor!;
    const first = this.#indexOf(due);
    return this.#isCut || this.#dues[first] !== due ? null : this.#from(entry, first, dispatchAt);
  }

  *#from({ name, jitterMs }: ForecastEntry["entry"], first: number, dispatchAt: EpochMs): Generator<EpochMs> {
    yield dispatchAt;
    for (let index = first + 1; index < this.#dues.length; index++) {
      const due = this.#dues[index]!;
      const following = this.#dues[index + 1];
      yield due + dispatchDelay({ name, jitterMs }, following === undefined ? null : following - due);
    }
  }

  #indexOf(due: EpochMs): number {
    let [low, high] = [0, this.#dues.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#dues[middle]! < due) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
