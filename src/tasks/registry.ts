import { ConfigurationError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { TaskDefinition } from "./definition.js";

/** The tasks of one app by name. A Map: names such as "constructor" are names like any other. */
export class TaskRegistry {
  readonly #tasks = new Map<string, TaskDefinition>();

  /** Throws SUNBEAT_TASK_DUPLICATE when the name is taken: two files would silently share one queue. */
  add(definition: TaskDefinition): void {
    if (this.#tasks.has(definition.name)) {
      throw new ConfigurationError(
        "SUNBEAT_TASK_DUPLICATE",
        `task ${quote(definition.name)} is registered already; give one of the two another name`,
        { details: { name: definition.name } },
      );
    }
    this.#tasks.set(definition.name, definition);
  }

  get(name: string): TaskDefinition | undefined {
    return this.#tasks.get(name);
  }

  /** Sorted. */
  names(): string[] {
    return [...this.#tasks.keys()].sort();
  }
}
