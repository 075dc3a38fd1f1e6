/** What operators ask of dead letters. */
import type { EpochMs } from "../../core/clock.js";

export interface DeadLetter {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly reason: string;
  readonly at: EpochMs;
  readonly body: string;
}

export interface DeadLetters {
  /** Newest first. */
  list(options: { readonly limit: number; readonly queue?: string }): Promise<DeadLetter[]>;
  /** Puts dead letters back into their queues with fresh counts, and forgets their results; gives the number found. */
  redrive(ids: readonly string[]): Promise<number>;
  /** Gives the number found. Their results stay. */
  delete(ids: readonly string[]): Promise<number>;
}
