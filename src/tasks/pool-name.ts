import { invalidOption } from "../core/options.js";

export const POOL_NAMES = ["async", "threads", "processes", "solo"] as const;

/** What runs the functions of tasks: the worker's own loop, threads, or processes that can be killed. */
export type PoolName = (typeof POOL_NAMES)[number];

export function hasChildren(name: PoolName): name is "threads" | "processes" {
  return name === "threads" || name === "processes";
}

/** "prefork", as Celery calls it, is "processes". Code: SUNBEAT_OPTION_INVALID. */
export function poolNameOption(value: unknown, what: string): PoolName {
  const name = value === "prefork" ? "processes" : POOL_NAMES.find((known) => known === value);
  if (name !== undefined) return name;
  throw invalidOption(what, `one of ${POOL_NAMES.join(", ")} (or prefork, which is processes)`, value);
}
