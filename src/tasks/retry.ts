import type { Random } from "../core/random.js";
import type { RetryPolicy } from "./definition.js";

/** Wait before retry number `retries` + 1, in ms: `retries` have been made so far. */
export function retryDelayMs(policy: RetryPolicy, retries: number, random: Random): number {
  // 2 ** 1024 is Infinity, and 0 times that is NaN: the exponent is bounded far past any wait.
  const grown = policy.backoff ? policy.delayMs * 2 ** Math.min(retries, 60) : policy.delayMs;
  const wait = Math.min(grown, policy.maxDelayMs);
  return Math.round(policy.jitter ? wait * random.next() : wait);
}
