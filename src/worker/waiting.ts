import type { Pool } from "./pools/pool.js";
import type { Reservation } from "./reservation.js";

/** What waits for one pool, in order of its coming. */
interface Line {
  readonly pool: Pool;
  waiting: Reservation[];
}

/** What waits for a slot, a line for each pool: none stands behind the backlog of another pool. */
export class Waiting {
  readonly #lines: Line[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether one that waits can have a slot. */
  get canStart(): boolean {
    return this.#size > 0 && this.#lines.some(canStart);
  }

  for(pool: Pool): number {
    return this.#lineOf(pool)?.waiting.length ?? 0;
  }

  push(reservation: Reservation, pool: Pool): void {
    const line = this.#lineOf(pool);
    if (line === undefined) this.#lines.push({ pool, waiting: [reservation] });
    else line.waiting.push(reservation);
    this.#size++;
  }

  /** Takes out the first of a line whose pool has a slot free, for `begin`; of several lines, of each in turn. False: there is none. */
  next(begin: (reservation: Reservation, pool: Pool) => void): boolean {
    const lines = this.#lines;
    const at = lines.length === 1 && canStart(lines[0]!) ? 0 : lines.findIndex(canStart);
    if (at < 0) return false;
    const line = lines[at]!;
    if (lines.length > 1) lines.push(...lines.splice(at, 1)); // behind the others
    this.#size--;
    begin(line.waiting.shift()!, line.pool);
    return true;
  }

  /** Takes out all for which `test` holds. */
  take(test: (reservation: Reservation) => boolean): Reservation[] {
    const taken: Reservation[] = [];
    for (const line of this.#lines) {
      const found = line.waiting.filter(test);
      if (found.length === 0) continue;
      taken.push(...found);
      line.waiting = line.waiting.filter((reservation) => !test(reservation));
    }
    this.#size -= taken.length;
    return taken;
  }

  *[Symbol.iterator](): Generator<Reservation, void, undefined> {
    for (const { waiting } of this.#lines) yield* waiting;
  }

  #lineOf(pool: Pool): Line | undefined {
    return this.#lines.find((line) => line.pool === pool);
  }
}

function canStart({ pool, waiting }: Line): boolean {
  return waiting.length > 0 && pool.free > 0;
}
