import { type Clock, sleep } from "../core/clock.js";
import { type InTime, isRetryable, type Patience } from "../core/patience.js";

export interface InsistParts {
  readonly clock: Clock;
  readonly inTime: InTime;
  readonly patience: Patience;
}

/** What runs ask of a store that may be away: again and again, for as long as they are wanted. */
export type Insist = <T>(step: string, ask: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** Rejects with what the store threw, where that is final, and with the reason of `signal`. */
export function insist({ clock, inTime, patience }: InsistParts): Insist {
  return async (step, ask, signal) => {
    for (;;) {
      try {
        const answer = await inTime(step, ask());
        patience.succeeded("runs");
        return answer;
      } catch (error) {
        if (!isRetryable(error)) throw error;
        await sleep(clock, patience.failed(error, "runs"), signal);
        signal.throwIfAborted();
      }
    }
  };
}
