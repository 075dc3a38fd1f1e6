import { AsyncLocalStorage } from "node:async_hooks";
import { TaskError } from "../core/errors.js";
import type { TaskContext } from "./definition.js";

const running = new AsyncLocalStorage<TaskContext>();

/** Runs `fn` so that `currentTask()` gives `context` in it and in everything it starts. For workers. */
export function runInTask<T>(context: TaskContext, fn: () => T): T {
  return running.run(context, fn);
}

/** The task that is running here, or undefined outside of one. */
export function runningTask(): TaskContext | undefined {
  return running.getStore();
}

/**
 * The running task, anywhere below its function. Throws SUNBEAT_OUTSIDE_TASK where no task is running, which
 * includes callbacks that were registered before the task began.
 */
export function currentTask(): TaskContext {
  const context = running.getStore();
  if (context === undefined) {
    throw new TaskError(
      "SUNBEAT_OUTSIDE_TASK",
      "currentTask(): no task is running here; call it inside a task",
    );
  }
  return context;
}
