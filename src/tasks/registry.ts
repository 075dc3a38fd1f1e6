import { callPlace, readablePlace } from "../core/call-place.js";
import { ConfigurationError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { TaskDefinition } from "./definition.js";

/** The tasks of one app by name. A Map: names such as "constructor" are names like any other. */
export class TaskRegistry {
  readonly #tasks = new Map<string, TaskDefinition>();
  /** Who registered each: the stack is written out only where somebody reads it. */
  readonly #callers = new Map<string, Error>();
  /** By the name of the lock: who named it first, and with which capacity. */
  readonly #locks = new Map<string, { readonly capacity: number; readonly who: string }>();

  /** Throws SUNBEAT_TASK_DUPLICATE when the name is taken: two files would silently share one queue. */
  add(definition: TaskDefinition): void {
    const { name } = definition;
    const caller = new Error("registered");
    const earlier = this.#callers.get(name);
    if (earlier !== undefined) throw duplicate(name, earlier, caller);
    const { lock } = definition;
    if (lock !== null && typeof lock.name === "string") {
      this.noteLock(lock.name, lock.capacity, `task ${quote(definition.name)}`);
    }
    this.#tasks.set(name, definition);
    this.#callers.set(name, caller);
  }

  /** Throws SUNBEAT_LOCK_CONFLICT when somebody named the lock with another capacity: one of the two is wrong. */
  noteLock(name: string, capacity: number, who: string): void {
    const known = this.#locks.get(name);
    if (known !== undefined && known.capacity !== capacity) {
      throw new ConfigurationError(
        "SUNBEAT_LOCK_CONFLICT",
        `lock ${quote(name)} has capacity ${known.capacity} in ${known.who} and ${capacity} in ${who}; ` +
          "give both the same, or one of them another lock",
        { details: { lock: name, capacities: [known.capacity, capacity] } },
      );
    }
    if (known === undefined) this.#locks.set(name, { capacity, who });
  }

  get(name: string): TaskDefinition | undefined {
    return this.#tasks.get(name);
  }

  keys(): Iterable<string> {
    return this.#tasks.keys();
  }

  /** Sorted. */
  names(): string[] {
    return [...this.#tasks.keys()].sort();
  }
}

function duplicate(name: string, earlier: Error, now: Error): ConfigurationError {
  const [first, second] = [earlier, now].map(({ stack = "" }) => callPlace(stack));
  const where = first === undefined ? "" : `, at ${readablePlace(first)}`;
  return new ConfigurationError(
    "SUNBEAT_TASK_DUPLICATE",
    `task ${quote(name)} is registered already${where}: give one of the two another name; ` +
      "if they are one task, its module was loaded twice, by hot reload (keep the app on globalThis) " +
      "or by a second import path (import it by one)",
    { details: { name, places: [first, second].map((place) => place && readablePlace(place)) } },
  );
}
