/** What a node does when it is asked. Loaded when somebody asks. */
import { availableParallelism, platform, release } from "node:os";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import type { Beat } from "../beat/index.js";
import type { VerbHandler } from "../control/index.js";
import { maskCredentials } from "../core/credentials.js";
import { SunbeatError } from "../core/errors.js";
import { LOG_LEVELS, type LogLevel } from "../core/logger.js";
import { choiceOption, integerOption, invalidOption, nameOption, textsOption } from "../core/options.js";
import { plainData } from "../core/plain-data.js";
import { formatRate } from "../tasks/rate-limit.js";
import type { Worker } from "../worker/worker.js";
import type { WorkerRun } from "../worker/steering.js";
import type { ControlContext } from "./control-context.js";
import type { LocalNode } from "./nodes.js";

type Args = Readonly<Record<string, unknown>>;
type Later = Parameters<VerbHandler>[1];

interface Here {
  readonly core: ControlContext;
  readonly node: LocalNode;
}

type Handler = (here: Here, args: Args, later: Later) => unknown;
type OfWorker = (worker: Worker, args: Args, here: Here) => unknown;
type OfBeat = (beat: Beat, args: Args, here: Here) => unknown;

const KEPT = { keeps: "until restart" } as const;
const MOST_SLOTS = 10_000;
const MOST_QUARANTINE_TOLD = 100;

const WORKER: Readonly<Record<string, OfWorker>> = {
  active: ({ steering }, _, here) => steering.runs("begun").map((run) => shown(run, here)),
  reserved: ({ steering }, _, here) => steering.runs("waiting").map((run) => shown(run, here)),
  registered: ({ steering }, _, here) => registered(here, steering),
  activeQueues: (worker, _, here) => activeQueues(worker, here),
  queryTask: ({ steering }, { ids }) => {
    const wanted = new Set(textsOption(ids, "queryTask: ids"));
    const found = (which: "begun" | "waiting", state: string) =>
      steering
        .runs(which)
        .filter(({ id }) => wanted.has(id))
        .map(({ id, task, queue }) => ({ id, state, task, queue }));
    return [...found("begun", "active"), ...found("waiting", "reserved")];
  },
  timeLimit: ({ steering }, { task, soft, hard }) => {
    const name = nameOption(task, "timeLimit: task");
    const limits = { softMs: secondsOf(soft, "soft"), hardMs: secondsOf(hard, "hard") };
    if (limits.softMs !== null && limits.hardMs !== null && limits.softMs >= limits.hardMs) {
      throw invalidOption("timeLimit: soft", "less than the hard limit", soft);
    }
    if (!steering.limit(name, limits)) throw refused(`expected a task that this worker knows, got '${name}'`);
    return { task: name, soft: soft ?? null, hard: hard ?? null, ...KEPT };
  },
  addConsumer: async ({ steering }, { queue }) => {
    const name = nameOption(queue, "addConsumer: queue");
    return { queue: name, added: await steering.addQueue(name), ...KEPT };
  },
  cancelConsumer: async ({ steering }, { queue }) => {
    const name = nameOption(queue, "cancelConsumer: queue");
    return { queue: name, cancelled: await steering.cancelQueue(name), ...KEPT };
  },
  poolGrow: (worker, { n = 1 }) => resize(worker, integerOption(n, "poolGrow: n", 1, MOST_SLOTS)),
  poolShrink: (worker, { n = 1 }) => resize(worker, -integerOption(n, "poolShrink: n", 1, MOST_SLOTS)),
  autoscale: ({ steering }, { max, min }) => {
    const most = integerOption(max, "autoscale: max", 1, MOST_SLOTS);
    const bounds = { max: most, min: integerOption(min ?? 1, "autoscale: min", 1, most) };
    if (!steering.rescale(bounds))
      throw refused("expected a worker with one pool other than solo, got another");
    return { ...bounds, ...KEPT };
  },
  poolRestart: (worker) => {
    if (!worker.hasChildren)
      throw refused("expected a worker whose pool has children, got one that has none");
    void worker.restart();
    return { restarting: true, ...KEPT };
  },
  drain: ({ steering }, _, { node }) => {
    steering.drain();
    node.presence.changed();
    return { state: steering.state, ...KEPT };
  },
  undrain: ({ steering }, _, { node }) => {
    steering.undrain();
    node.presence.changed();
    return { state: steering.state, ...KEPT };
  },
};

const BEAT: Readonly<Record<string, OfBeat>> = {
  beat: async (beat, _, { core, node }) => {
    const { role, ...facts } = node.presence.record().beat!;
    const leader = await core.lazyStore.leases.leader();
    const { registration, trouble, holding, quarantine } = beat.stats();
    return {
      ...{ role, ...facts, until: leader?.until ?? null, leader: leader?.host ?? null, registration },
      ...{ trouble, holding, quarantine: quarantine.slice(0, MOST_QUARANTINE_TOLD) },
    };
  },
  resign: (beat) => ({ resigned: beat.resign() }),
  trigger: async (_, { name }, { core }) => {
    const entry = nameOption(name, "trigger: name");
    const triggered = await core.schedules.trigger(entry);
    return { entry, ...triggered, keeps: "store" };
  },
};

const NODE: Readonly<Record<string, Handler>> = {
  ping: () => "pong",
  stats: ({ node, core }) => stats(node, core),
  conf: ({ core }) => confOf(core),
  report: ({ core, node }) => ({
    ...{
      sunbeat: node.presence.record().version,
      node: process.version,
      platform: `${platform()} ${release()}`,
    },
    ...{ cores: availableParallelism(), app: core.name, broker: core.brokerLabel },
    ...{ tasks: [...core.registry.names()].length, entries: core.entries.length },
  }),
  clock: ({ core }) => core.events.lamport.value,
  hello: ({ node, core }) => ({
    ...{ node: node.presence.name, boot: node.presence.boot, kind: node.presence.kind },
    clock: core.events.lamport.value,
  }),
  memdump: () => ({ ...process.memoryUsage(), heap: getHeapStatistics() }),
  memsample: () => ({ ...process.memoryUsage(), uptimeS: Math.round(process.uptime()) }),
  objgraph: () => getHeapSpaceStatistics(),
  shutdown: ({ core, node }, { grace }, later) => {
    const graceMs = grace === undefined || grace === null ? null : secondsOf(grace, "grace");
    if (graceMs !== null && node.worker !== null) node.worker.graceMs = graceMs;
    // The answer goes first: nothing is published once the store is closed.
    later(() => {
      if (core.running.end !== null) return core.running.end();
      void node.beat?.stop();
      void node.worker?.stop();
    });
    return { stopping: true };
  },
  enableEvents: ({ node }) => tellsAll(node, true),
  disableEvents: ({ node }) => tellsAll(node, false),
  heartbeat: async ({ node }) => {
    await node.presence.appear();
    return { told: node.presence.record().state };
  },
  logLevel: ({ core }, { level }) => {
    const text = String(level).toLowerCase();
    const wanted = choiceOption<LogLevel>(text === "warning" ? "warn" : text, "logLevel: level", LOG_LEVELS);
    if (!core.logger.hasLevel)
      throw refused("expected a logger of sunbeat, got one that the app has brought: set its level there");
    core.logger.setLevel(wanted);
    return { level: wanted, ...KEPT };
  },
};

/** Undefined: a node of this kind has no such verb. */
export function handlerOf(verb: string, core: ControlContext, node: LocalNode): VerbHandler | undefined {
  const here = { core, node };
  const { worker, beat } = node;
  const ofWorker = ownOf(WORKER, verb);
  if (ofWorker !== undefined) return worker === null ? undefined : (args) => ofWorker(worker, args, here);
  const ofBeat = ownOf(BEAT, verb);
  if (ofBeat !== undefined) return beat === null ? undefined : (args) => ofBeat(beat, args, here);
  const handler = ownOf(NODE, verb);
  return handler && ((args, later) => handler(here, args, later));
}

function ownOf<T>(verbs: Readonly<Record<string, T>>, verb: string): T | undefined {
  return Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
}

function refused(message: string): SunbeatError {
  return new SunbeatError("SUNBEAT_CONTROL_REFUSED", message);
}

/** As what leaves the process: bounded, and without what its names hide. */
function plain(value: unknown, { logger }: ControlContext): unknown {
  return plainData(value, { text: maskCredentials, hides: logger.hides });
}

function shown(run: WorkerRun, { core }: Here): unknown {
  const isOpen = core.config.encryption === null;
  return {
    ...run,
    args: isOpen ? plain(run.args, core) : null,
    progress: isOpen ? plain(run.progress, core) : null,
  };
}

function registered({ core }: Here, steering: Worker["steering"]): unknown {
  return [...core.registry.names()].sort().map((name) => {
    const { queue, retry, rateLimit, lock } = core.registry.get(name)!;
    const { softMs = null, hardMs = null, isSet = false } = steering.limitsOf(name) ?? {};
    return {
      ...{
        name,
        queue: queue ?? core.config.taskDefaultQueue,
        retry: retry === null ? null : plain(retry, core),
      },
      softTimeLimit: softMs === null ? null : softMs / 1_000,
      timeLimit: hardMs === null ? null : hardMs / 1_000,
      timeLimitSource: isSet ? "control" : "code",
      rateLimit: rateLimit?.rate ? formatRate(rateLimit.rate) : null,
      lock: lock === null ? null : (plain(lock.name, core) ?? "by arguments"),
    };
  });
}

async function activeQueues({ steering }: Worker, { core }: Here): Promise<unknown> {
  const paused = await core.lazyStore.queues.paused();
  return steering.facts().queues.map(({ name }) => {
    const pause = paused.find(({ queue }) => queue === name);
    return { name, paused: pause !== undefined, since: pause?.since ?? null, by: pause?.by ?? null };
  });
}

function resize({ steering }: Worker, by: number): unknown {
  const concurrency = steering.resize(by);
  if (concurrency === null) throw refused("expected a pool other than solo, got that one");
  return { concurrency, ...KEPT };
}

function stats({ presence, worker }: LocalNode, { registry, storeCalls }: ControlContext): unknown {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return {
    ...presence.record(),
    tasks: [...registry.names()].length,
    rusage: {
      userMs: Math.round(userCPUTime / 1_000),
      systemMs: Math.round(systemCPUTime / 1_000),
      maxRss: maxRSS * 1_024,
    },
    heapLimit: getHeapStatistics().heap_size_limit,
    handles: process.getActiveResourcesInfo().length,
    pools: worker?.stats().pools ?? [],
    storeCalls: storeCalls.figures(),
  };
}

function confOf(core: ControlContext): unknown {
  const { broker: _, beatSchedule, taskQueues, logger, ...options } = core.config;
  return {
    ...(plain(options, core) as object),
    broker: core.brokerLabel,
    beatSchedule: Object.keys(beatSchedule),
    taskQueues: [...taskQueues.keys()],
    logger: logger == null ? "none" : "the app's own",
  };
}

function tellsAll({ presence }: LocalNode, tellsAll: boolean): unknown {
  presence.tellsAll = tellsAll;
  presence.changed();
  return { tellsAll, ...KEPT };
}

/** Null: "none" was said, or nothing. */
function secondsOf(value: unknown, what: string): number | null {
  if (value === undefined || value === null || value === "none") return null;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0 && value < 1e9)
    return Math.round(value * 1_000);
  throw invalidOption(what, 'seconds, or "none"', value);
}
