import { AsyncLocalStorage } from "node:async_hooks";
import { TaskError } from "../core/errors.js";
import type { LogFields } from "../core/logger.js";
import type { TaskContext, TaskRequest } from "./definition.js";

const running = new AsyncLocalStorage<TaskContext>();

/** Where code in a running task learns of the slots of the worker that runs it. */
export const SLOTS: unique symbol = Symbol("sunbeat.slots");

export interface SlotWatch {
  /** Whether the worker can start nothing more until one of its runs has ended. */
  isFull(): boolean;
  /** Whether this worker runs the task of this id, holds it for a free slot, or knows nothing of it. */
  placeOf(id: string): "running" | "waiting" | "elsewhere";
  /** Tells that this run waits for another task while that is so. */
  tellWaiting(awaited: string): void;
}

export interface WithSlots {
  readonly [SLOTS]?: SlotWatch | undefined;
}

/** Of the worker that runs the code here; undefined outside of a worker. */
export function slotWatch(): SlotWatch | undefined {
  return (running.getStore() as WithSlots | undefined)?.[SLOTS];
}

/** What log lines of a running task tell of it. Absent: nothing, as of a task that was called as a function. */
export const LOG_FIELDS: unique symbol = Symbol("sunbeat.log.fields");

export interface WithLogFields {
  readonly [LOG_FIELDS]?: LogFields | undefined;
}

/** What each line of a task tells of it. */
export function taskFields(request: TaskRequest): LogFields {
  const { id, task, retries, entry, scheduledFor, hostname } = request;
  return {
    component: "task",
    node: hostname,
    taskId: id,
    task,
    retries,
    ...(entry !== null && { entry }),
    ...(scheduledFor !== null && { due: scheduledFor.toISOString() }),
  };
}

/** Those of the task that runs here. */
export function ambientFields(): LogFields | undefined {
  return (running.getStore() as WithLogFields | undefined)?.[LOG_FIELDS];
}

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
