import type { Random } from "../core/random.js";
import type { RetryPolicy } from "../tasks/definition.js";

/**
 * How long a task waits before it runs again, in whole ms. `retries`: those it has had. The wait doubles with each
 * retry under `backoff`, is cut at `maxDelayMs`, and is then spread over [0, wait] under `jitter` ("full jitter").
 */
export function retryDelayMs(policy: RetryPolicy, retries: number, random: Random): number {
  // The exponent is bounded so that 0 ms stays 0 ms, and not 0 times infinity, after a thousand retries.
  const grown = policy.backoff ? policy.delayMs * 2 ** Math.min(retries, 64) : policy.delayMs;
  const wait = Math.min(grown, policy.maxDelayMs);
  return Math.round(policy.jitter ? wait * random.next() : wait);
}
