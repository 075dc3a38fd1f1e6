import type { SendOptions } from "./message.js";

/** Where a task goes that names no queue. */
export interface RouteTo {
  readonly queue: string;
  /** 0 to 9; 9 runs first. That of the send or of the task goes before it. Default 0. */
  readonly priority?: number | undefined;
}

/**
 * A function of `taskRoutes`. Called at each send whose queue is open, with the arguments as they were given. What a part of a graph
 * takes from others is not there yet. Null or undefined: the next one is asked.
 */
export type RouteFunction = (
  task: string,
  args: readonly unknown[],
  options: SendOptions,
) => string | RouteTo | null | undefined;

/** Queues or routes, by names of tasks and patterns of such: `*` any text, `?` one character, `{a,b}` one of the two. */
export type RouteMap = Readonly<Record<string, string | RouteTo>>;

/** One pattern with its route, for regular expressions. */
export type RoutePair = readonly [pattern: string | RegExp, route: string | RouteTo];

/** `taskRoutes`: a map, a function, or a list of maps, pairs and functions, of which the first that matches decides. */
export type TaskRoutes = RouteMap | RouteFunction | readonly (RouteMap | RoutePair | RouteFunction)[];
