/** The hooks of a task, out of its options or the methods of its class. */
import { invalidOption } from "../core/options.js";
import type { TaskHooks } from "./definition.js";

export const HOOKS = [
  "beforeStart",
  "onSuccess",
  "onFailure",
  "onRetry",
  "afterReturn",
] as const satisfies readonly (keyof TaskHooks)[];

/** Those of `options`; null: there is none. Code: SUNBEAT_OPTION_INVALID. */
export function hooksOf(options: TaskHooks, at: (option: string) => string): TaskHooks | null {
  const hooks = HOOKS.flatMap((name) => {
    const hook: unknown = options[name];
    if (hook === undefined) return [];
    if (typeof hook !== "function") throw invalidOption(at(name), "a function", hook);
    return [[name, hook] as const];
  });
  return hooks.length === 0 ? null : Object.freeze(Object.fromEntries(hooks));
}
