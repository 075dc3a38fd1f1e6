import { ConfigurationError, isSunbeatError, LockError } from "../core/errors.js";
import { invalidOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import { runInTask, runningTask, SLOTS, type WithSlots } from "../tasks/context.js";
import type { TaskContext } from "../tasks/definition.js";
import type { Fits, NotYetCalled } from "../tasks/function-types.js";
import {
  HELD_LOCKS,
  heldLocks,
  LOCK_SOURCE,
  lockedFunction,
  type LockedOptions,
  type LockName,
  lockNameFor,
  type LockSource,
  noteLocked,
  resolveTaskLock,
  type TaskLock,
  type WithLocks,
} from "../tasks/task-lock.js";

/** Wraps a function, or decorates a method that is async. */
export interface Locked {
  <This, Args extends unknown[], Result extends Promise<unknown>>(
    method: (this: This, ...args: Args) => Result,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Result>,
  ): (this: This, ...args: Args) => Result;
  <F extends NotYetCalled>(fn: F & Fits<F, (...args: never[]) => unknown>): LockedOf<F>;
}

/** The same parameters, and a promise of what the function returns. */
type LockedOf<F> = F extends (this: infer This, ...args: infer Args) => infer Result
  ? (this: This, ...args: Args) => Promise<Awaited<Result>>
  : (...args: unknown[]) => Promise<unknown>;

/**
 * Gives a task a lock: `app.task("save", locked("save-to-storage", 10)(async (data) => ...))`, or `@locked("ledger")`
 * on a method. At most `capacity` runs at once over all machines; what happens to the others is up to `onBusy`.
 *
 * As a task, the lock is taken before a worker gives it a slot. Called from within another task, the function waits
 * in place and keeps that task's slot. Called outside of tasks it throws SUNBEAT_OUTSIDE_TASK: no app is known there;
 * use `app.locks`. Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN, SUNBEAT_DURATION_INVALID, and
 * SUNBEAT_DECORATOR_UNSUPPORTED for legacy (experimentalDecorators) decorators.
 */
export function locked(name: LockName, capacityOrOptions?: number | LockedOptions): Locked {
  const lock = resolveTaskLock(name, capacityOrOptions);
  return (...call: unknown[]) => {
    const [fn, context] = call;
    if (call.length > 1) assertMethodContext(context, call.length, "@locked");
    if (typeof fn !== "function" || /^class\b/.test(Function.prototype.toString.call(fn))) {
      throw invalidOption("locked(...)", "a function, or a method to decorate", fn);
    }
    const inner = fn as (...args: unknown[]) => unknown;
    if (lockedFunction(inner) !== undefined) {
      throw invalidOption("locked(...)", "a function without a lock: a task has one at most", fn);
    }
    return guarded(lock, inner);
  };
}

/** Refuses everything but a standard decorator on a method. */
export function assertMethodContext(
  context: unknown,
  argumentCount: number,
  decorator: string,
): asserts context is ClassMethodDecoratorContext {
  const kind =
    typeof context === "object" && context !== null ? (context as { kind?: unknown }).kind : undefined;
  if (argumentCount === 2 && kind === "method") return;
  if (argumentCount === 2 && typeof kind === "string") {
    throw decoratorError(`${decorator} decorates methods, and was put on a ${kind}`);
  }
  throw legacyError(decorator);
}

export function legacyError(decorator: string): ConfigurationError {
  return decoratorError(
    `${decorator} was called as a legacy decorator; remove "experimentalDecorators" from tsconfig.json, ` +
      "so that TypeScript compiles standard decorators, or wrap the function: locked(name)(fn)",
  );
}

export function decoratorError(message: string): ConfigurationError {
  return new ConfigurationError("SUNBEAT_DECORATOR_UNSUPPORTED", message);
}

/** The function that takes the lock of the running task's app around `inner`. */
export function guarded(
  lock: TaskLock,
  inner: (...args: never[]) => unknown,
): (...args: unknown[]) => Promise<unknown> {
  const call = inner as (this: unknown, ...args: unknown[]) => unknown;
  async function guard(this: unknown, ...args: unknown[]): Promise<unknown> {
    const context = runningTask() as (TaskContext & WithLocks) | undefined;
    // Under `bind` the task itself comes first, and is no argument.
    const bound = context !== undefined && args[0] === context;
    const name = lockNameFor(lock, bound ? args.slice(1) : args);
    const source = context?.[LOCK_SOURCE];
    if (context === undefined || source === undefined) throw outside(name);
    const held = heldLocks(context);
    if (held.includes(name)) throw reentrant(name);
    const wait = lock.onBusy === "wait";
    try {
      return await source.hold(
        { name, capacity: lock.capacity, leaseMs: lock.leaseMs },
        { waitMs: wait ? lock.waitTimeoutMs : 0, signal: context.signal },
        async ({ fence, signal }) => {
          const inside = underLock(context, source, { name, fence }, signal, [...held, name]);
          return runInTask(inside, () => call.apply(this, bound ? [inside, ...args.slice(1)] : args));
        },
      );
    } catch (error) {
      if (!isBusy(error, name) || lock.onBusy === "fail") throw error;
      if (lock.onBusy === "skip") return undefined;
      return context.retry({ countdown: { milliseconds: lock.retryInMs }, error });
    }
  }
  noteLocked(guard, { lock, inner });
  return guard;
}

function isBusy(error: unknown, name: string): boolean {
  return isSunbeatError(error) && error.code === "SUNBEAT_LOCK_BUSY" && error.details["lock"] === name;
}

/** The running task as code under the lock sees it. */
function underLock(
  task: TaskContext,
  source: LockSource,
  lock: { readonly name: string; readonly fence: number },
  signal: AbortSignal,
  held: readonly string[],
): TaskContext & WithLocks & WithSlots {
  return {
    get request() {
      return task.request;
    },
    get log() {
      return task.log;
    },
    signal,
    lock,
    retry: (options) => task.retry(options),
    cooldown: (duration) => task.cooldown(duration),
    replace: (signature) => task.replace(signature),
    add: (...signatures) => task.add(...signatures),
    updateState: (state, meta) => task.updateState(state, meta),
    progress: (done, total) => task.progress(done, total),
    sendEvent: (type, fields) => task.sendEvent(type, fields),
    [LOCK_SOURCE]: source,
    [HELD_LOCKS]: held,
    [SLOTS]: (task as WithSlots)[SLOTS],
  };
}

function outside(name: string): LockError {
  return new LockError(
    "SUNBEAT_OUTSIDE_TASK",
    `a function with lock ${quote(name)} was called outside of a task, where no app is known to keep the lock; ` +
      `call it in a task, or as a task (save.delay(...)), or use app.locks.mutex(${quote(name)}).using(...)`,
    { details: { lock: name } },
  );
}

function reentrant(name: string): LockError {
  return new LockError(
    "SUNBEAT_LOCK_REENTRANT",
    `lock ${quote(name)} is held by this task already, and would be waited for for ever: locks are not reentrant`,
    { details: { lock: name } },
  );
}
