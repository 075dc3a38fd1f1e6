import { sleep } from "../../core/clock.js";
import type { StoreContext } from "../contracts/store.js";
import { isBusy } from "./errors.js";

/** SQLite itself waits so long for a lock, and this process does nothing else meanwhile: hence short. */
export const LOCK_WAIT_MS = 10;
/** What got no lock for so long is given up as busy: less than two thirds of a leader's lease. */
const BUSY_LIMIT_MS = 5_000;
/** The random pauses grow up to this. SQLite's own waiting alone starves one of three busy writers. */
const LONGEST_PAUSE_MS = 40;

/**
 * What `attempt` gives; repeats it, after a random pause, while another process holds the file's lock. Its last error
 * when that takes more than five seconds. `signal` cuts a pause short; `attempt` then decides.
 */
export async function retryWhileBusy<T>(
  { clock, random }: Pick<StoreContext, "clock" | "random">,
  attempt: () => T,
  signal?: AbortSignal,
): Promise<T> {
  let waitDeadline = Infinity;
  for (let pause = 2; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || clock.monotonicMs() >= waitDeadline) throw error;
      waitDeadline = Math.min(waitDeadline, clock.monotonicMs() + BUSY_LIMIT_MS);
    }
    await sleep(clock, 1 + random.next() * pause, signal);
  }
}
