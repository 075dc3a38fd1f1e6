import type { Clock } from "../core/clock.js";

/** So long a computation keeps the event loop for itself: half of what it may, since its last step may be a long one. */
const SLICE_MS = 10;
/** Steps between two looks at the clock. */
const STEPS = 256;

/** Gives the event loop back now and then during a long computation. */
export class Slices {
  readonly #clock: Pick<Clock, "monotonicMs" | "soon">;
  #endAt: number;
  #steps = 0;

  constructor(clock: Pick<Clock, "monotonicMs" | "soon">) {
    this.#clock = clock;
    this.#endAt = clock.monotonicMs() + SLICE_MS;
  }

  /** Whether the slice is over; mostly it does not even look. */
  get isOver(): boolean {
    return ++this.#steps % STEPS === 0 && this.#clock.monotonicMs() >= this.#endAt;
  }

  /** For a step that is long in itself. */
  get isOverNow(): boolean {
    return this.#clock.monotonicMs() >= this.#endAt;
  }

  async next(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.soon(resolve));
    this.#endAt = this.#clock.monotonicMs() + SLICE_MS;
  }
}
