/** How the loops of a process live with something outside it that is slow, away or broken. */
import { type Clock, within } from "./clock.js";
import { formatDuration } from "./duration.js";
import { isSunbeatError, messageOf, StoreError } from "./errors.js";
import { failureEntry } from "./log-entry.js";
import type { Logger } from "./logger.js";
import type { Random } from "./random.js";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Whether the same call may succeed later. Anything that is not a StoreError saying so may not. */
export function isRetryable(error: unknown): boolean {
  return isSunbeatError(error) && (error as Partial<StoreError>).retryable === true;
}

/** SUNBEAT_STORE_TIMEOUT: no answer came in time, and the step may have been done. `store` names it: "Redis at <label>". */
export function storeTimeout(step: string, limitMs: number, advice = "", store = "the store"): StoreError {
  return new StoreError(
    "SUNBEAT_STORE_TIMEOUT",
    `${store} has not answered to "${step}" within ${formatDuration(Math.round(limitMs))}${advice}`,
    { retryable: true, details: { step, limitMs } },
  );
}

/** `work`, or SUNBEAT_STORE_TIMEOUT when no answer came in time. The answer may still come, and is dropped. */
export function bounded<T>(
  clock: Clock,
  limitMs: number,
  step: string,
  work: Promise<T>,
  advice?: string,
): Promise<T> {
  return within(clock, limitMs, work, () => storeTimeout(step, limitMs, advice));
}

/** `bounded` with one limit for all steps of a loop. */
export type InTime = <T>(step: string, work: Promise<T>) => Promise<T>;

/** What is left for the steps of a loop once it is to end. */
export interface LastTime {
  readonly signal: AbortSignal;
  readonly limitMs: number;
}

/** What a step that took too long fails with. */
export type TooLate = (step: string, limitMs: number) => Error;

/** `last`: from the moment at which its signal aborts, also for a step that is under way then. */
export function inTime(
  clock: Clock,
  limitMs: number,
  last?: LastTime,
  tooLate: TooLate = (step, ms) => storeTimeout(step, ms),
): InTime {
  const by = <T>(ms: number, step: string, work: Promise<T>): Promise<T> =>
    within(clock, ms, work, () => tooLate(step, ms));
  if (last === undefined) return (step, work) => by(limitMs, step, work);
  return async <T>(step: string, work: Promise<T>): Promise<T> => {
    const atLast = (): Promise<T> => by(last.limitMs, step, work);
    if (last.signal.aborted) return atLast();
    let onAbort!: () => void;
    const cut = new Promise<T>((resolve, reject) => {
      onAbort = () => void atLast().then(resolve, reject);
    });
    last.signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([by(limitMs, step, work), cut]);
    } finally {
      last.signal.removeEventListener("abort", onAbort);
    }
  };
}

/**
 * The pause after so many failures in a row: doubling from 100 ms to 5 s, its upper half random, so that many processes do
 * not come back as one.
 */
export function backoffMs(failures: number, random: Random): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 16), LONGEST_PAUSE_MS);
  return longest * (0.5 + random.next() / 2);
}

export interface PatienceDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * One account of the failures of one thing, for all loops that use it: an outage is logged when the first loop meets it
 * and when the last one is through it, not in between.
 */
export class Patience {
  readonly #what: string;
  readonly #deps: PatienceDeps;
  /** Failures in a row, by loop; empty: there is no outage. */
  readonly #failing = new Map<string, number>();
  #since = 0;
  #message: string | null = null;

  /** `what` begins the log lines: "beat: the store". */
  constructor(what: string, deps: PatienceDeps) {
    this.#what = what;
    this.#deps = deps;
  }

  /** The newest failure while the outage lasts, else null. */
  get message(): string | null {
    return this.#message;
  }

  /** Monotonic instant since which the outage lasts; null: there is none. */
  get since(): number | null {
    return this.#failing.size === 0 ? null : this.#since;
  }

  /** Notes a failure and gives the pause before the next try. */
  failed(error: unknown, loop = ""): number {
    this.#message = messageOf(error);
    if (this.#failing.size === 0) {
      this.#since = this.#deps.clock.monotonicMs();
      this.#tell(error);
    }
    const failures = this.#failing.get(loop) ?? 0;
    this.#failing.set(loop, failures + 1);
    return backoffMs(failures, this.#deps.random);
  }

  succeeded(loop = ""): void {
    if (!this.#failing.delete(loop) || this.#failing.size > 0) return;
    this.#message = null;
    const away = formatDuration(Math.round(this.#deps.clock.monotonicMs() - this.#since));
    this.#deps.logger.info(`${this.#what} answers again, after ${away}`);
  }

  #tell(error: unknown): void {
    const { logger } = this.#deps;
    const head = `${this.#what} fails, trying again`;
    if (isRetryable(error))
      logger.warn(`${this.#what} does not answer, trying again until it does: ${messageOf(error)}`);
    else if (isSunbeatError(error)) logger.error(`${head}: ${messageOf(error)}`);
    // Not the store's refusal: somebody's bug, so with its stack.
    else logger.error(failureEntry(head, error), { err: error });
  }
}
