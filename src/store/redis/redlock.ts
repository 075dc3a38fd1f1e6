/** The package redlock, of which version 4.2.0 alone is known to settle every vote and to trust no lease too long. */
import { ConfigurationError, messageOf } from "../../core/errors.js";

type Done = (error: Error | null, reply?: unknown) => void;

/** What redlock calls of a client: all arguments in one list, the answer to a callback. */
export interface RedlockServer {
  /** `args`: number of keys, key, arguments. */
  evalsha(sha: string, args: readonly unknown[], done: Done): void;
  /** `args`: script, number of keys, key, arguments. */
  eval(args: readonly unknown[], done: Done): void;
}

interface RedlockLock {
  readonly value: string;
}

interface RedlockVotes {
  lock(keys: readonly string[], leaseMs: number): PromiseLike<RedlockLock>;
  extend(lock: RedlockLock, leaseMs: number): PromiseLike<RedlockLock>;
  unlock(lock: RedlockLock): PromiseLike<void>;
}

/** The package has no types of its own; this is what is used of it. */
export interface Redlock {
  new (
    servers: readonly RedlockServer[],
    options: {
      readonly driftFactor: number;
      readonly retryCount: number;
      readonly unlockScript?: (script: string) => string;
    },
  ): RedlockVotes;
  readonly Lock: new (
    redlock: null,
    keys: readonly string[],
    token: string,
    expiration: number,
    attempts: number,
    attemptsRemaining: number,
  ) => RedlockLock;
  readonly LockError: new () => Error;
}

const INSTALL = "run: npm install redlock@4.2.0";

/** Loads it, which only users of quorum mode install. Throws SUNBEAT_DRIVER_MISSING, also for another version. */
export async function loadRedlock(): Promise<Redlock> {
  let found: Redlock;
  try {
    // @ts-expect-error: the package has no types
    found = ((await import("redlock")) as { default: Redlock }).default;
  } catch (error) {
    throw new ConfigurationError(
      "SUNBEAT_DRIVER_MISSING",
      `quorum mode needs the package redlock, which cannot be loaded (${messageOf(error)}); ${INSTALL}`,
      { cause: error },
    );
  }
  // Gone in 5, which never settles an even split and hands out leases that have ended.
  if (typeof (found as { LockError?: unknown }).LockError === "function" && "Lock" in found) return found;
  throw new ConfigurationError(
    "SUNBEAT_DRIVER_MISSING",
    `quorum mode needs version 4.2.0 of the package redlock, and another one is installed; ${INSTALL}`,
  );
}
