import type { Duration } from "../core/duration.js";
import { ConfigurationError, messageOf } from "../core/errors.js";
import { invalidOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import { locked } from "../locks/index.js";
import type { ReturnedRun, TaskContext, TaskHooks } from "../tasks/definition.js";
import { HOOKS } from "../tasks/hooks.js";
import type { BusyPolicy, LockName } from "../tasks/task-lock.js";
import type { TaskOptions } from "../tasks/task-options.js";
import type { Task } from "./task.js";

/**
 * A task with a lock as a class, for those who know the recipe of Celery's cookbook. `app.register(ImportData,
 * "import-data")` makes one instance and registers its `lockedRun`; `currentTask()` is the running task in it.
 */
export abstract class LockedTask {
  /** Text, or a function of the arguments that gives it. */
  abstract lockName: LockName;
  /** How many may hold the lock at once. */
  capacity = 1;
  /** True is short for `onBusy` "retry" (after `retryIn`, 5 s), false for "skip". */
  retryOnLock?: boolean | undefined;
  /** As for `locked`. Default "wait". */
  onBusy?: BusyPolicy | undefined;
  retryIn?: Duration | undefined;
  waitTimeout?: Duration | undefined;
  lease?: Duration | undefined;

  /** What the task does while it holds the lock. */
  abstract lockedRun(...args: never[]): unknown;

  /** Hooks, as the options of these names of `app.task`: a class has them or not. */
  beforeStart?(context: TaskContext): unknown;
  onSuccess?(result: unknown, context: TaskContext): unknown;
  onFailure?(error: unknown, context: TaskContext): unknown;
  onRetry?(error: unknown, context: TaskContext): unknown;
  afterReturn?(end: ReturnedRun, context: TaskContext): unknown;
}

/** Options of `app.register`. */
export type RegisterOptions = Omit<TaskOptions, "bind" | "lock" | "input">;

/** The task that a class makes: its types are those of `lockedRun`. */
export type TaskOf<T extends LockedTask> = Task<
  Parameters<T["lockedRun"]>,
  Awaited<ReturnType<T["lockedRun"]>>
>;

/** `lockedRun` of a new instance, with the lock that its fields describe, and its hooks. */
export function lockedTaskOf(
  type: new () => LockedTask,
  given: TaskHooks,
): { readonly fn: (...args: unknown[]) => unknown; readonly hooks: TaskHooks } {
  if (typeof type !== "function" || !(type.prototype instanceof LockedTask)) {
    throw invalidOption("register", "a task that defineTask made, or a class that extends LockedTask", type);
  }
  const task = instanceOf(type, "register");
  const { lockName, capacity, retryOnLock, onBusy, retryIn, waitTimeout, lease } = task;
  // The compiler says so too, but not to those who come with `lock_name` and `run` in plain JavaScript.
  const written: { readonly lockName?: unknown; readonly lockedRun?: unknown } = task;
  if (written.lockName === undefined) {
    throw invalidOption(`register: ${type.name}.lockName`, "text, or a function that gives it", lockName);
  }
  if (typeof written.lockedRun !== "function") {
    throw invalidOption(
      `register: ${type.name}.lockedRun`,
      "the method that does the work",
      written.lockedRun,
    );
  }
  if (retryOnLock !== undefined && onBusy !== undefined) {
    throw invalidOption(`register: ${type.name}.onBusy`, "nothing together with retryOnLock", onBusy);
  }
  const policy = retryOnLock === undefined ? onBusy : retryOnLock ? "retry" : "skip";
  const options = { capacity, onBusy: policy, retryIn, waitTimeout, lease };
  const fn = locked(lockName, options)((...args: unknown[]) => task.lockedRun(...(args as never[])));
  return { fn, hooks: hooksIn(task, given, type.name) };
}

/** The methods of a class that are hooks, bound to its instance. */
function hooksIn(task: TaskHooks, given: TaskHooks, type: string): TaskHooks {
  const hooks = HOOKS.flatMap((name) => {
    const method: unknown = task[name];
    if (method === undefined) return [];
    if (typeof method !== "function") throw invalidOption(`register: ${type}.${name}`, "a method", method);
    if (given[name] !== undefined) {
      throw invalidOption(`register: ${name}`, `nothing: ${type} has a method of that name`, given[name]);
    }
    return [[name, (method as (...args: never[]) => unknown).bind(task)] as const];
  });
  return Object.fromEntries(hooks);
}

/** A new instance. Throws SUNBEAT_OPTION_INVALID when its constructor fails. */
export function instanceOf<T extends object>(type: new () => T, what: string): T {
  try {
    return new type();
  } catch (cause) {
    throw new ConfigurationError(
      "SUNBEAT_OPTION_INVALID",
      `${what}: new ${quote(type.name)}() threw: ${messageOf(cause)}; one instance is made without arguments`,
      { cause },
    );
  }
}
