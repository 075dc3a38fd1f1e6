declare global {
  // In the declarations of the package: nameable where neither Node's typings nor the DOM are; merged with theirs elsewhere.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface AbortSignal {}
}

/** Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted: what `Date.now()` gives. */
export type EpochMs = number;

/** A pending wake-up. `cancel` may be called twice and after the timer has fired. */
export interface Timer {
  cancel(): void;
  /** From now on it keeps no process alive. Where time is no process's own, there is nothing to do. */
  unref?(): void;
}

/**
 * The one door through which time enters. Wall time is for storing and for comparing with schedules;
 * monotonic time is for measuring and for trusting a lease, since no clock adjustment moves it.
 */
export interface Clock {
  /** Wall time. May jump in either direction. */
  now(): EpochMs;
  /** Milliseconds from an arbitrary start, never going back. Fractions are kept. */
  monotonicMs(): number;
  /** Calls `fn` once after at least `delayMs` of monotonic time. Waits of any length are kept exactly. */
  after(delayMs: number, fn: () => void): Timer;
  /** Calls `fn` after the input and output that is already waiting has been handled. */
  soon(fn: () => void): void;
}

/** Node fires a longer `setTimeout` at once, so longer waits are walked in steps of this length. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

function after(delayMs: number, fn: () => void): Timer {
  const deadline = performance.now() + delayMs;
  let handle: NodeJS.Timeout;
  let keepsAlive = true;
  const arm = (remainingMs: number): void => {
    handle = setTimeout(
      () => {
        // Node may fire a fraction early, and a step of a long wait always does: look again.
        const left = deadline - performance.now();
        if (left > 0) arm(left);
        else fn();
      },
      Math.min(Math.ceil(remainingMs), LONGEST_TIMEOUT_MS),
    );
    if (!keepsAlive) handle.unref();
  };
  arm(Math.max(0, delayMs));
  return {
    cancel: () => clearTimeout(handle),
    unref: () => {
      keepsAlive = false;
      handle.unref();
    },
  };
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after,
  soon: (fn) => void setImmediate(fn),
};

/** Who waits for an instant of a store's clock looks again after so long. */
export const LONGEST_STORE_WAIT_MS = 5_000;

/**
 * How long to wait until a store's clock, which shows `now`, shows `instant`; at most `longestMs`. The two differ by time
 * that may never pass here: the store's clock may be set meanwhile, and a machine that sleeps leaves that time out of its
 * monotonic clock. So no such difference is ever waited for in one go.
 */
export function untilStoreShows(instant: EpochMs, now: EpochMs, longestMs = LONGEST_STORE_WAIT_MS): number {
  return Math.min(Math.max(0, instant - now), longestMs);
}

/** Waits `delayMs`; returns early, without throwing, when `signal` aborts. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/**
 * `work`, or the error of `onTimeout` when it has not settled within `limitMs`: the bound that every await on
 * something outside the process carries. The work itself is not stopped; its late failure is swallowed.
 */
export function within<T>(
  clock: Clock,
  limitMs: number,
  work: Promise<T>,
  onTimeout: () => Error,
): Promise<T> {
  // By hand, for every call of a store passes here: a race makes three promises more.
  return new Promise((resolve, reject) => {
    const timer = clock.after(limitMs, () => reject(onTimeout()));
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: Error) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
