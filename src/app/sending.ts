/** How senders live with a store that is away. */
import { type Clock, sleep } from "../core/clock.js";
import type { PublishRetry, QueueConfig } from "../config/index.js";
import type { Random } from "../core/random.js";
import { isRetryable } from "../core/patience.js";
import type { Store } from "../store/contracts/store.js";

/** A call that has not answered by then is taken for lost. */
export const STORE_TIMEOUT_MS = 10_000;
/** The same of a sender that asked for no second try. */
export const ONE_ROUND_MS = 1_000;
/** A store that answers nothing for so long does not keep the app from closing. */
export const SILENCE_MS = 1_000;

export interface SendingContext {
  readonly clock: Clock;
  readonly store: () => Promise<Store>;
  readonly retry: PublishRetry;
  readonly random: Random;
  /** Those that are fair or have a bound. */
  readonly queues: ReadonlyMap<string, QueueConfig>;
}

/** What `attempt` gives, which is repeated as the option `taskPublishRetry` says: it must be safe to. */
export async function sendAgain<T>(
  { clock, retry }: Pick<SendingContext, "clock" | "retry">,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRetryable(error) || tries >= retry.maxRetries) throw error;
      await sleep(clock, Math.min(retry.intervalStartMs + tries * retry.intervalStepMs, retry.intervalMaxMs));
    }
  }
}
