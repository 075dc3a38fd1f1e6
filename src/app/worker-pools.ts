/** Which pools a worker has: what its own options say, and what the app's do where they are silent. */
import { availableParallelism } from "node:os";
import {
  ASYNC_CONCURRENCY,
  autoscaleOption,
  type AutoscaleOption,
  bytesOption,
  childEnvironment,
  childExecArgv,
  concurrencyOption,
  type PoolOption,
  poolsOption,
} from "../config/index.js";
import type { Duration } from "../core/duration.js";
import { ConfigurationError } from "../core/errors.js";
import { integerOption, invalidOption } from "../core/options.js";
import { limitOption } from "../tasks/task-options.js";
import type { TaskDefinition } from "../tasks/definition.js";
import { hasChildren, type PoolName } from "../tasks/pool-name.js";
import type { TaskLookup, WorkerOptions } from "../worker/options.js";
import type { AutoscaleBounds } from "../worker/pools/options.js";
import type { AppCore } from "./core.js";
import { fileOption } from "./file-option.js";

/** Options of a worker about its pools. */
export interface WorkerPoolOptions {
  /** Default: `workerPool`. */
  readonly pool?: PoolOption | readonly PoolOption[] | undefined;
  /** Tasks that run at once: of the first pool, or a list, one number for each. Default: `workerConcurrency`. */
  readonly concurrency?: number | readonly number[] | undefined;
  /** Default: `workerAutoscale`. */
  readonly autoscale?: AutoscaleOption | undefined;
  /** Default: `workerMaxTasksPerChild`. */
  readonly maxTasksPerChild?: number | undefined;
  /** Default: `workerMaxMemoryPerChild`. */
  readonly maxMemoryPerChild?: number | string | undefined;
  /** Of tasks that have none of their own; null: none. Default: `taskTimeLimit`. */
  readonly timeLimit?: Duration | null | undefined;
  /** Of tasks that have none of their own; null: none. Default: `taskSoftTimeLimit`. */
  readonly softTimeLimit?: Duration | null | undefined;
  /** The file that exports the app, as a URL or an absolute path: children load it. Needed with "threads" and "processes". */
  readonly app?: string | undefined;
}

const MOST = Number.MAX_SAFE_INTEGER;

type PoolsOptions = Pick<
  WorkerOptions,
  "pools" | "autoscale" | "children" | "redirectConsole" | "poolsOfQueues"
>;

/** Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_POOL_APP_MISSING. */
export function resolveWorkerPools(core: AppCore, options: WorkerPoolOptions): PoolsOptions {
  const { config } = core;
  const names = options.pool === undefined ? config.workerPool : poolsOption(options.pool, "worker: pool");
  const autoscale = autoscaleOf(core, options, names);
  const sizes = sizesOf(core, options, names);
  const pools = names.map((name, index) => ({ name, size: sizes[index]! }));
  if (autoscale !== null) pools[0] = { name: names[0]!, size: autoscale.min };
  const { maxTasksPerChild, maxMemoryPerChild } = options;
  const recycling = {
    maxTasksPerChild:
      maxTasksPerChild === undefined
        ? config.workerMaxTasksPerChild
        : integerOption(maxTasksPerChild, "worker: maxTasksPerChild", 1, MOST),
    maxMemoryPerChildBytes:
      maxMemoryPerChild === undefined
        ? config.workerMaxMemoryPerChildBytes
        : bytesOption(maxMemoryPerChild, "worker: maxMemoryPerChild"),
  };
  return {
    ...{ pools, autoscale, poolsOfQueues: poolsOfQueues(core, names) },
    redirectConsole: config.workerRedirectStdouts === true,
    children: names.some(hasChildren)
      ? {
          ...recycling,
          env: childEnvironment(config.workerChildEnv),
          execArgv: childExecArgv(),
          app: { file: fileOf(options.app, names), name: core.name, broker: core.brokerUrl },
          redirectStdouts: config.workerRedirectStdouts ?? true,
          terminateGraceMs: config.terminateGraceMs,
          log: core.logChoice,
          logResults: config.logResults,
        }
      : null,
  };
}

function autoscaleOf(
  { config }: AppCore,
  { autoscale, concurrency }: WorkerPoolOptions,
  names: readonly PoolName[],
): AutoscaleBounds | null {
  if (autoscale !== undefined && concurrency !== undefined) {
    throw invalidOption("worker: concurrency", "nothing beside autoscale", concurrency);
  }
  // A number that is given here goes before bounds that all workers have.
  const bounds =
    autoscale === undefined
      ? concurrency === undefined
        ? config.workerAutoscale
        : null
      : autoscaleOption(autoscale, "worker: autoscale");
  if (bounds === null || (names.length === 1 && names[0] !== "solo")) return bounds;
  throw invalidOption(
    "worker: autoscale",
    `one pool other than solo, beside the pools ${names.join(", ")}`,
    bounds,
  );
}

function sizesOf(
  { config }: AppCore,
  options: WorkerPoolOptions,
  names: readonly PoolName[],
): readonly number[] {
  const { concurrency } = options;
  const own = concurrency === undefined ? null : concurrencyOption(concurrency, "worker: concurrency");
  if (own !== null && own.length > names.length) {
    throw invalidOption(
      "worker: concurrency",
      `one number for each pool of ${names.join(", ")}`,
      concurrency,
    );
  }
  return names.map((name, index) => {
    if (name === "solo") return 1;
    const size = own === null ? appSizeOf(name, index, config) : own[index];
    return size ?? (hasChildren(name) ? availableParallelism() : ASYNC_CONCURRENCY);
  });
}

/** For banners: "100 (async), 4 (processes)", "3 to 10 (processes)". */
export function concurrencyText({ pools, autoscale }: Pick<WorkerOptions, "pools" | "autoscale">): string {
  const [first] = pools;
  if (autoscale != null && first !== undefined) return `${autoscale.min} to ${autoscale.max} (${first.name})`;
  return pools.map(({ name, size }) => `${size} (${name})`).join(", ");
}

/** A single number is that of the first pool, whichever it is; a list has those of the app's pools, by their names. */
function appSizeOf(
  name: PoolName,
  index: number,
  { workerPool, workerConcurrency: sizes }: AppCore["config"],
): number | undefined {
  if (sizes === null) return undefined;
  if (sizes.length === 1) return index === 0 ? sizes[0] : undefined;
  return sizes[workerPool.indexOf(name)];
}

function fileOf(app: unknown, names: readonly PoolName[]): string {
  if (app === undefined) {
    throw new ConfigurationError(
      "SUNBEAT_POOL_APP_MISSING",
      `worker: the children of pool ${names.find(hasChildren)} load the app from its file, and none is named; ` +
        "add app: import.meta.url in the file that exports the app",
    );
  }
  return fileOption(app, "worker: app");
}

/** By the queues that tasks name: others may be sent there, too. */
function poolsOfQueues(
  { config, registry }: AppCore,
  names: readonly PoolName[],
): ReadonlyMap<string, ReadonlySet<PoolName>> {
  const found = new Map<string, Set<PoolName>>();
  for (const task of registry.names()) {
    const { queue, pool } = registry.get(task)!;
    const queueName = queue ?? config.taskRoutes?.named(task)?.queue ?? config.taskDefaultQueue;
    const pools = found.get(queueName) ?? new Set();
    pools.add(pool !== null && names.includes(pool) ? pool : names[0]!);
    found.set(queueName, pools);
  }
  return found;
}

/** The app's tasks, with the limits of the worker where a task leaves them to the app. Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID. */
export function limitedRegistry(core: AppCore, { timeLimit, softTimeLimit }: WorkerPoolOptions): TaskLookup {
  const { registry, config } = core;
  if (timeLimit === undefined && softTimeLimit === undefined) return registry;
  const { taskTimeLimitMs, taskSoftTimeLimitMs } = config;
  const hard = timeLimit === undefined ? taskTimeLimitMs : limitOption(timeLimit, "worker: timeLimit");
  const soft =
    softTimeLimit === undefined ? taskSoftTimeLimitMs : limitOption(softTimeLimit, "worker: softTimeLimit");
  if (hard !== null && soft !== null && soft >= hard) {
    throw invalidOption("worker: softTimeLimit", `less than the time limit of ${hard} ms`, softTimeLimit);
  }
  const limited = new Map<string, TaskDefinition>();
  return {
    keys: () => registry.keys(),
    get(name) {
      const known = limited.get(name);
      if (known !== undefined) return known;
      const definition = registry.get(name);
      if (definition === undefined) return undefined;
      const { timeLimitMs, softTimeLimitMs } = definition;
      const own = {
        ...definition,
        timeLimitMs: timeLimitMs === taskTimeLimitMs ? hard : timeLimitMs,
        softTimeLimitMs: softTimeLimitMs === taskSoftTimeLimitMs ? soft : softTimeLimitMs,
      };
      limited.set(name, own);
      return own;
    },
  };
}
