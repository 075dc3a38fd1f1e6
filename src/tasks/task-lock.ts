/** The lock of a task: its options, and which functions were made with one. */
import type { Duration } from "../core/duration.js";
import { LockError, messageOf } from "../core/errors.js";
import {
  assertKnownKeys,
  choiceOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import { quote } from "../core/quote.js";

/** What happens to a task that finds its lock busy. */
export const BUSY_POLICIES = ["wait", "retry", "skip", "fail"] as const;
export type BusyPolicy = (typeof BUSY_POLICIES)[number];

/** 1 to 255 characters, or a function of the task's arguments that gives them. `self` is not among them. */
// `any`, so that the parameters of such a function need not be repeated as type arguments.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type LockName = string | ((...args: any[]) => string);

export interface LockedOptions {
  /** How many may hold it at once, 1 to 10,000. Default 1. */
  readonly capacity?: number | undefined;
  /**
   * "wait" (default): the task is blocked in the store, in line, and holds no worker slot. "retry": it goes back to its
   * queue and tries again after `retryIn`. "skip": it ends as REVOKED, SUNBEAT_TASK_SKIPPED. "fail": it ends as
   * FAILURE with SUNBEAT_LOCK_BUSY.
   */
  readonly onBusy?: BusyPolicy | undefined;
  /** Only under "retry". Default 5 s. */
  readonly retryIn?: Duration | undefined;
  /** Only under "wait": it ends as FAILURE with SUNBEAT_LOCK_TIMEOUT after this long in line. Default: none. */
  readonly waitTimeout?: Duration | undefined;
  /**
   * How long the lock stays taken when this process dies, at least 100 ms. For calls within other tasks: a task that
   * a worker runs holds its lock by its own lease. Default 30 s.
   */
  readonly lease?: Duration | undefined;
}

/** Options after their check. */
export interface TaskLock {
  readonly name: LockName;
  readonly capacity: number;
  readonly onBusy: BusyPolicy;
  readonly retryInMs: number;
  readonly waitTimeoutMs: number | null;
  readonly leaseMs: number;
}

export const DEFAULT_LOCK_LEASE_MS = 30_000;
const DEFAULT_RETRY_IN_MS = 5_000;
const SHORTEST_LEASE_MS = 100;
const MOST_CAPACITY = 10_000;

const LOCKED_OPTIONS = [
  "capacity",
  "onBusy",
  "retryIn",
  "waitTimeout",
  "lease",
] as const satisfies readonly (keyof LockedOptions)[];

/** Code: SUNBEAT_OPTION_INVALID. */
export function lockNameOption(name: unknown, what = "lock name"): string {
  return nameOption(name, what);
}

/** Code: SUNBEAT_OPTION_INVALID. */
export function capacityOption(capacity: unknown, what: string): number {
  return integerOption(capacity, `${what}: capacity`, 1, MOST_CAPACITY);
}

/** Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID. */
export function leaseOption(lease: Duration | undefined, what: string): number {
  return lease === undefined
    ? DEFAULT_LOCK_LEASE_MS
    : durationOption(lease, `${what}: lease`, SHORTEST_LEASE_MS);
}

/** Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN, SUNBEAT_DURATION_INVALID. */
export function resolveTaskLock(name: LockName, capacityOrOptions: number | LockedOptions = {}): TaskLock {
  const what = typeof name === "string" ? `lock ${quote(name)}` : "lock";
  if (typeof name !== "function") lockNameOption(name);
  const options = typeof capacityOrOptions === "number" ? { capacity: capacityOrOptions } : capacityOrOptions;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalidOption(
      what,
      `a capacity (a whole number from 1 to ${MOST_CAPACITY}) or an object of options`,
      options,
    );
  }
  assertKnownKeys(options, LOCKED_OPTIONS, what);
  const { capacity = 1, onBusy = "wait", retryIn, waitTimeout, lease } = options;
  const policy = choiceOption(onBusy, `${what}: onBusy`, BUSY_POLICIES);
  if (retryIn !== undefined && policy !== "retry") {
    throw invalidOption(`${what}: retryIn`, 'nothing unless onBusy is "retry"', retryIn);
  }
  if (waitTimeout !== undefined && policy !== "wait") {
    throw invalidOption(`${what}: waitTimeout`, 'nothing unless onBusy is "wait"', waitTimeout);
  }
  return Object.freeze({
    name,
    capacity: capacityOption(capacity, what),
    onBusy: policy,
    retryInMs: retryIn === undefined ? DEFAULT_RETRY_IN_MS : durationOption(retryIn, `${what}: retryIn`, 0),
    waitTimeoutMs: waitTimeout === undefined ? null : durationOption(waitTimeout, `${what}: waitTimeout`, 1),
    leaseMs: leaseOption(lease, what),
  });
}

/** The lock's name for these arguments. Throws SUNBEAT_LOCK_NAME_INVALID when its function fails. */
export function lockNameFor(lock: TaskLock, args: readonly unknown[]): string {
  if (typeof lock.name === "string") return lock.name;
  let name: unknown;
  try {
    name = lock.name(...args);
  } catch (cause) {
    throw nameError(`threw: ${messageOf(cause)}`, cause);
  }
  try {
    return lockNameOption(name);
  } catch (cause) {
    throw nameError(
      `gave ${quote(name)}; expected text of 1 to 255 characters, not only blanks, without control characters, ` +
        "and not a promise",
      cause,
    );
  }
}

function nameError(what: string, cause: unknown): LockError {
  return new LockError("SUNBEAT_LOCK_NAME_INVALID", `the function that names the task's lock ${what}`, {
    cause,
  });
}

/** A function that was wrapped or decorated with a lock, and what is under it. */
export interface LockedFunction {
  readonly lock: TaskLock;
  readonly inner: (...args: never[]) => unknown;
}

type AnyFunction = (...args: never[]) => unknown;

const lockedFunctions = new WeakMap<AnyFunction, LockedFunction>();

export function noteLocked(wrapper: AnyFunction, locked: LockedFunction): void {
  lockedFunctions.set(wrapper, locked);
}

/** What `fn` was made of by `locked`, or undefined. */
export function lockedFunction(fn: AnyFunction): LockedFunction | undefined {
  return lockedFunctions.get(fn);
}

/** Where code in a running task gets its locks from: the app it runs in. */
export const LOCK_SOURCE: unique symbol = Symbol("sunbeat.locks");

/** Runs `body` while one permit of the lock is held. */
export interface LockSource {
  hold<T>(
    lock: { readonly name: string; readonly capacity: number; readonly leaseMs: number },
    options: { readonly waitMs: number | null; readonly signal: AbortSignal },
    body: (held: { readonly fence: number; readonly signal: AbortSignal }) => Promise<T>,
  ): Promise<T>;
}

/** Names of the locks that a context was made under, where they are more than its `lock`. */
export const HELD_LOCKS: unique symbol = Symbol("sunbeat.heldLocks");

export interface WithLocks {
  readonly [LOCK_SOURCE]?: LockSource;
  readonly [HELD_LOCKS]?: readonly string[];
}

/** Names of the locks that code in this context holds: waiting for one of them would never end. */
export function heldLocks(
  context: WithLocks & { readonly lock: { readonly name: string } | null },
): readonly string[] {
  return context[HELD_LOCKS] ?? (context.lock === null ? [] : [context.lock.name]);
}
