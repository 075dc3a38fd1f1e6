/** What operators ask of dead letters, and of messages that were kept when their tasks failed. */
import type { EpochMs } from "../../core/clock.js";
import type { NewMessage } from "../../tasks/message.js";

export interface DeadLetter {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly reason: string;
  readonly at: EpochMs;
  readonly body: string;
}

/** The reason of those that were kept when their tasks failed. They are no dead letters, and their ids are free. */
export const FAILED = "failed";
/** Kept of one queue; the oldest go first. */
export const MOST_FAILED = 10_000;
export const MOST_FAILED_BYTES = 64 * 1_048_576;

/** A page looks at so many, or at its limit where that is more: what is looked for may be far between. */
export const MOST_LOOKED = 2_500;

export interface DeadLetterQuery {
  readonly queue?: string;
  readonly task?: string;
  readonly reason?: string;
  /** Those that were kept when their tasks failed; without it the others. */
  readonly failed?: boolean;
  /** Where an earlier page ended. */
  readonly after?: string;
  readonly limit: number;
}

export interface DeadLetterPage {
  /** Newest first. */
  readonly letters: readonly DeadLetter[];
  /** Decimal digits; null: there is no more. */
  readonly next: string | null;
}

export interface DeadLetters {
  /** Those that stay are on one page each, whatever comes and goes meanwhile; what comes is before the first. */
  list(query: DeadLetterQuery): Promise<DeadLetterPage>;
  /** A dead letter of this id, or what was kept when its task failed; null: neither is there. */
  get(ids: readonly string[]): Promise<(DeadLetter | null)[]>;
  /** The message that was kept when the task of this id failed; null: none was, or it is gone. */
  failed(id: string): Promise<NewMessage | null>;
  /**
   * Puts dead letters, and those that failed, back into their queues with fresh counts, and forgets their results; gives the number
   * found. One that failed is not sent again, and is not found, where a message of its id is there or has succeeded since.
   */
  redrive(ids: readonly string[]): Promise<number>;
  /** Gives the number found. Their results stay. */
  delete(ids: readonly string[]): Promise<number>;
}
