import type { EpochMs } from "../../core/clock.js";
import { MOST_FAILED, MOST_FAILED_BYTES } from "../contracts/dead-letters.js";
import type { Sent } from "../rules/records.js";

/** As it is kept. */
export interface FailedLetter {
  readonly sent: Sent;
  /** Grows with every one that is kept. */
  readonly number: number;
  readonly at: EpochMs;
  readonly until: EpochMs;
}

interface Kept {
  readonly letters: Map<string, FailedLetter>;
  bytes: number;
}

/** By id, the oldest first, with the sums of each queue: a queue that fails as a whole is not counted with each message. */
export class FailedLetters {
  readonly #all = new Map<string, FailedLetter>();
  readonly #queues = new Map<string, Kept>();

  get(id: string): FailedLetter | undefined {
    return this.#all.get(id);
  }

  values(): Iterable<FailedLetter> {
    return this.#all.values();
  }

  /** Number of each queue that has some. */
  get counts(): ReadonlyMap<string, number> {
    return new Map([...this.#queues].map(([queue, { letters }]) => [queue, letters.size]));
  }

  /** As the newest; the oldest of its queue make room. */
  keep(letter: FailedLetter): void {
    const { id, queue, body } = letter.sent;
    this.delete(id);
    const kept = this.#queues.get(queue) ?? { letters: new Map<string, FailedLetter>(), bytes: 0 };
    this.#queues.set(queue, kept);
    this.#all.set(id, letter);
    kept.letters.set(id, letter);
    kept.bytes += body.length;
    for (const oldest of kept.letters.keys()) {
      if (kept.letters.size <= MOST_FAILED && kept.bytes <= MOST_FAILED_BYTES) return;
      this.delete(oldest);
    }
  }

  /** Whether it was there. */
  delete(id: string): boolean {
    const letter = this.#all.get(id);
    if (letter === undefined) return false;
    const { queue, body } = letter.sent;
    const kept = this.#queues.get(queue)!;
    this.#all.delete(id);
    kept.letters.delete(id);
    kept.bytes -= body.length;
    if (kept.letters.size === 0) this.#queues.delete(queue);
    return true;
  }
}
