/**
 * Signs of life of the loops that a process lives by. A loop says by when it turns again: when a bounded step is over, or a rest. What it
 * awaits beyond that hangs, whatever it is. Nobody is asked for it, so a store that is away changes nothing.
 */
import type { Clock } from "./clock.js";
import type { InTime } from "./patience.js";

export interface LoopState {
  readonly name: string;
  /** Monotonic instant by which it turns again; Infinity: it has nothing to do, or has ended. */
  readonly turnsBy: number;
}

export class LoopMark implements LoopState {
  readonly name: string;
  readonly #clock: Pick<Clock, "monotonicMs">;
  turnsBy = Infinity;

  constructor(name: string, clock: Pick<Clock, "monotonicMs">) {
    this.name = name;
    this.#clock = clock;
  }

  /** It turns now, and again within so long; Infinity: nobody waits for that. */
  turns(withinMs = 0): void {
    this.turnsBy = this.#clock.monotonicMs() + withinMs;
  }

  /** The steps of the loop, each of which may take as long as `inTime` lets it. */
  through(inTime: InTime, limitMs: number): InTime {
    return (step, work) => {
      this.turns(limitMs);
      return inTime(step, work);
    };
  }
}

/** Those of one worker or beat. */
export class LoopMarks {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #marks: LoopMark[] = [];

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** A loop more. Several of one name are told of as one. */
  add(name: string): LoopMark {
    const mark = new LoopMark(name, this.#clock);
    this.#marks.push(mark);
    return mark;
  }

  get list(): readonly LoopState[] {
    return this.#marks;
  }
}
