import { isSunbeatError, messageOf } from "../core/errors.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../core/random.js";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Whether no waiting mends it: the store was closed under us, or its file is another one now, in which a beat of a new
 * process must lead.
 */
export function isFinal(error: unknown): boolean {
  return (
    isSunbeatError(error) && (error.code === "SUNBEAT_CLOSED" || error.code === "SUNBEAT_STORE_REPLACED")
  );
}

/** The last words of a beat about a failure that is final. */
export function tellEnd(logger: Logger, error: unknown): void {
  const isClosed = isSunbeatError(error) && error.code === "SUNBEAT_CLOSED";
  if (isClosed) logger.info(`beat: ending, ${error.message}`);
  else logger.error(failureEntry("beat: ending", error));
}

/** A stretch of failures of one thing outside the process: logged when it begins and when it ends, not in between. */
export class Outage {
  readonly #what: string;
  readonly #logger: Logger;
  readonly #random: Random;
  #failures = 0;
  #message: string | null = null;

  /** `what` begins the log lines: "beat: the store". */
  constructor(what: string, logger: Logger, random: Random) {
    this.#what = what;
    this.#logger = logger;
    this.#random = random;
  }

  /** The newest failure while it lasts, else null. */
  get message(): string | null {
    return this.#message;
  }

  /** Gives how long to wait before the next try: growing, and spread so that many processes do not come at once. */
  failed(error: unknown): number {
    this.#message = messageOf(error);
    if (this.#failures === 0) {
      const head = `${this.#what} fails, trying again`;
      // A store that is away has said all; whatever else comes is somebody's bug.
      this.#logger.error(isSunbeatError(error) ? `${head}: ${this.#message}` : failureEntry(head, error));
    }
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.#failures, 16), LONGEST_PAUSE_MS);
    this.#failures++;
    return longest * (0.5 + this.#random.next() / 2);
  }

  recovered(): void {
    const count = this.#failures;
    if (count > 0) this.#logger.info(`${this.#what} is back after ${count} failure${count === 1 ? "" : "s"}`);
    this.#failures = 0;
    this.#message = null;
  }
}
