import type { TaskDefinition } from "../tasks/definition.js";
import type { TaskLookup } from "./options.js";

/** Limits of the runs of a task, in ms; null: none. */
export interface TimeLimits {
  readonly softMs: number | null;
  readonly hardMs: number | null;
}

/** The tasks of a worker, with the limits that somebody has given them since its start. */
export class LimitedTasks implements TaskLookup {
  readonly #tasks: TaskLookup;
  readonly #limits = new Map<string, TaskDefinition>();

  constructor(tasks: TaskLookup) {
    this.#tasks = tasks;
  }

  get(name: string): TaskDefinition | undefined {
    return (this.#limits.size > 0 ? this.#limits.get(name) : undefined) ?? this.#tasks.get(name);
  }

  keys(): Iterable<string> {
    return this.#tasks.keys();
  }

  /** Whether somebody has given it limits since the start. */
  isLimited(name: string): boolean {
    return this.#limits.has(name);
  }

  /** For runs that begin from now on. False: it does not know the task. */
  limit(name: string, { softMs, hardMs }: TimeLimits): boolean {
    const definition = this.#tasks.get(name);
    if (definition === undefined) return false;
    this.#limits.set(name, { ...definition, softTimeLimitMs: softMs, timeLimitMs: hardMs });
    return true;
  }
}
