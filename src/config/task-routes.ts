/** `taskRoutes` after its check: which queue a task goes to that names none. */
import { isGlob, namePattern } from "../core/glob.js";
import { assertKnownKeys, integerOption, invalidOption, nameOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import { statelessPattern } from "../core/stateless-pattern.js";
import type { SendOptions } from "../tasks/message.js";
import type { RouteFunction, RouteMap, RouteTo, TaskRoutes } from "../tasks/route.js";

export interface TaskRouter {
  /** Null: the default queue. Throws what a function of the routes throws, and the codes of `taskRoutes` for what it gives. */
  readonly route: (task: string, args: readonly unknown[], options: SendOptions) => RouteTo | null;
  /** By name alone: functions are not asked. */
  readonly named: (task: string) => RouteTo | null;
  /** Each queue that they name; a function names none. */
  readonly queues: readonly string[];
}

/** One item of the list. */
interface Rule {
  find(task: string, args: readonly unknown[], options: SendOptions): RouteTo | null;
  /** Null: a function. */
  readonly queues: readonly string[] | null;
}

const ROUTE_OPTIONS = ["queue", "priority"] as const satisfies readonly (keyof RouteTo)[];

/** Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN. */
export function taskRoutes(routes: TaskRoutes): TaskRouter {
  const what = "taskRoutes";
  const rules = Array.isArray(routes)
    ? (routes as readonly unknown[]).map((item, index) => ruleOf(item, `${what}[${index}]`))
    : [ruleOf(routes, what)];
  const byName = rules.filter(({ queues }) => queues !== null);
  return Object.freeze({
    route: (task: string, args: readonly unknown[], options: SendOptions) =>
      firstOf(rules, task, args, options),
    named: (task: string) => firstOf(byName, task, [], {}),
    queues: [...new Set(byName.flatMap(({ queues }) => queues ?? []))],
  });
}

function firstOf(
  rules: readonly Rule[],
  task: string,
  args: readonly unknown[],
  options: SendOptions,
): RouteTo | null {
  for (const rule of rules) {
    const found = rule.find(task, args, options);
    if (found !== null) return found;
  }
  return null;
}

function ruleOf(item: unknown, what: string): Rule {
  if (typeof item === "function") return functionRule(item as RouteFunction, what);
  if (Array.isArray(item)) return pairRule(item, what);
  if (typeof item === "object" && item !== null) return mapRule(item as RouteMap, what);
  throw invalidOption(what, "a map of names to queues, a pair [pattern, queue], or a function", item);
}

function functionRule(route: RouteFunction, what: string): Rule {
  return {
    queues: null,
    find: (task, args, options) => {
      const given = route(task, args, options);
      return given == null ? null : routeOption(given, `${what}: route of ${quote(task)}`);
    },
  };
}

function pairRule(pair: readonly unknown[], what: string): Rule {
  const [pattern, route] = pair;
  if (pair.length !== 2) throw invalidOption(what, "a pair [pattern, queue]", pair);
  if (!(pattern instanceof RegExp))
    return mapRule({ [nameOption(pattern, `${what}: pattern`)]: route }, what);
  const matcher = statelessPattern(pattern);
  const to = routeOption(route, `${what}: ${String(pattern)}`);
  return { queues: [to.queue], find: (task) => (matcher.test(task) ? to : null) };
}

/** As in Celery a name goes before all patterns of its map, wherever it stands there. */
function mapRule(map: Readonly<Record<string, unknown>>, what: string): Rule {
  const names = new Map<string, RouteTo>();
  const patterns: (readonly [RegExp, RouteTo])[] = [];
  for (const [key, given] of Object.entries(map)) {
    const name = nameOption(key, `${what}: name`);
    const to = routeOption(given, `${what}: ${name}`);
    if (isGlob(name)) patterns.push([namePattern(name), to]);
    else names.set(name, to);
  }
  const queues = [...names.values(), ...patterns.map(([, to]) => to)].map(({ queue }) => queue);
  return {
    queues,
    find: (task) => names.get(task) ?? patterns.find(([pattern]) => pattern.test(task))?.[1] ?? null,
  };
}

function routeOption(given: unknown, what: string): RouteTo {
  if (typeof given === "string") return Object.freeze({ queue: nameOption(given, `${what}: queue`) });
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalidOption(what, "the name of a queue, or { queue, priority }", given);
  }
  assertKnownKeys(given, ROUTE_OPTIONS, what);
  const { queue, priority } = given as Partial<RouteTo>;
  return Object.freeze({
    queue: nameOption(queue, `${what}: queue`),
    ...(priority !== undefined && { priority: integerOption(priority, `${what}: priority`, 0, 9) }),
  });
}
