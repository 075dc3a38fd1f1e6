import { MOST_PREFETCH } from "../config/index.js";
import { Beat, BEAT_DEFAULTS } from "../beat/index.js";
import { type Duration } from "../core/duration.js";
import { LoopMarks } from "../core/loop-mark.js";
import {
  assertKnownKeys,
  choiceOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import type { NodeLink } from "../core/node-link.js";
import { Worker } from "../worker/worker.js";
import type { AppCore } from "./core.js";
import { packageVersion } from "../core/package-version.js";
import { limitedRegistry, resolveWorkerPools, type WorkerPoolOptions } from "./worker-pools.js";

/** What one worker does otherwise than the app's options say. */
export interface StartWorkerOptions extends WorkerPoolOptions {
  /** Default: `taskDefaultQueue`, those of `taskQueues` and `taskRoutes`, and every queue that a task or an entry of this app names. */
  readonly queues?: readonly string[] | undefined;
  /** Deliveries taken for each free slot. Default: `workerPrefetchMultiplier`. */
  readonly prefetchMultiplier?: number | undefined;
  /** Names it in results, events and logs. Default: "default@" and the machine's name. */
  readonly hostname?: string | undefined;
  /** Default: `gracePeriod`. */
  readonly gracePeriod?: Duration | undefined;
}

/** What one beat does otherwise than the app's options say. */
export interface StartBeatOptions {
  /** Default: `beatMaxLoopInterval`. */
  readonly maxLoopInterval?: Duration | undefined;
  /** Starts a second at most; what is due beyond that waits, and is late, not missed. Default: no limit. */
  readonly maxStartsPerSecond?: number | undefined;
  /** Names it. Without it "beat@" and the machine's name do; in the process of a worker it is part of that node. */
  readonly hostname?: string | undefined;
  /**
   * Whether it writes the entries of `beatSchedule` when it starts. "apply": it does not, `sunbeat schedule apply` does; it tells where
   * the store has something else (docs/plan.md). Default "auto".
   */
  readonly register?: "auto" | "apply" | undefined;
}

const WORKER_OPTIONS = [
  "pool",
  "concurrency",
  "autoscale",
  "maxTasksPerChild",
  "maxMemoryPerChild",
  "timeLimit",
  "softTimeLimit",
  "app",
  "queues",
  "prefetchMultiplier",
  "hostname",
  "gracePeriod",
] as const satisfies readonly (keyof StartWorkerOptions)[];

const BEAT_OPTIONS = [
  "maxLoopInterval",
  "maxStartsPerSecond",
  "hostname",
  "register",
] as const satisfies readonly (keyof StartBeatOptions)[];

/**
 * A worker of the app, not yet started. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID,
 * SUNBEAT_POOL_APP_MISSING, SUNBEAT_INCLUDE_PENDING.
 */
export function makeWorker(core: AppCore, options: StartWorkerOptions): Worker {
  assertKnownKeys(options, WORKER_OPTIONS, "worker");
  core.taskFiles.assertImported("worker");
  const { config, clock, random, logger, events, createMessage, publishing, extensions } = core;
  const { queues, prefetchMultiplier, hostname: name, gracePeriod } = options;
  if (config.workerSendTaskEvents) core.feed.tellEndlessly();
  const { name: hostname, link } = core.nodes.addWorker(
    name === undefined ? null : nameOption(name, "worker: hostname"),
  );
  let node: NodeLink | null = null;
  const loops = new LoopMarks(clock);
  const companion = core.monitoring.ofWorker({ name: hostname, stats: () => worker.stats(), loops });
  const worker: Worker = new Worker({
    companion,
    loops,
    store: core.lazyStore,
    clock,
    random,
    logger,
    events,
    registry: limitedRegistry(core, options),
    createMessage,
    edits: publishing,
    extensions,
    watched: { events: core.feed.watched, version: packageVersion },
    options: {
      ...resolveWorkerPools(core, options),
      prefetch: integerOption(
        prefetchMultiplier ?? config.workerPrefetchMultiplier,
        "worker: prefetchMultiplier",
        1,
        MOST_PREFETCH,
      ),
      queues: queues === undefined ? namedQueues(core) : checkQueues(queues),
      leaseMs: config.leaseMs,
      unknownTaskGraceMs: config.unknownTaskGraceMs,
      gracePeriodMs:
        gracePeriod === undefined
          ? config.gracePeriodMs
          : durationOption(gracePeriod, "worker: gracePeriod", 0),
      hostname,
      payloadLimit: config.payloadLimit,
      graphLimit: config.graphLimit,
      logResults: config.logResults,
      history: { ...config.history, isSealed: config.encryption !== null },
      failedRetentionMs: config.failedRetentionMs,
      ...core.pace.worker,
    },
    node: lateLink(() => node),
  });
  node = link(worker);
  return worker;
}

/** Of a part that must be there before it can be linked. */
function lateLink(link: () => NodeLink | null): NodeLink {
  return {
    claim: () => link()!.claim(),
    changed: () => link()?.changed(),
    left: (reason) => link()?.left(reason) ?? Promise.resolve(),
  };
}

/** A beat of the app, not yet started. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_INCLUDE_PENDING. */
export function makeBeat(core: AppCore, options: StartBeatOptions): Beat {
  assertKnownKeys(options, BEAT_OPTIONS, "beat");
  core.taskFiles.assertImported("beat");
  const { config, clock, random, logger, events, entries, createMessage, publishing, extensions } = core;
  const { maxLoopInterval, maxStartsPerSecond, hostname: name, register = "auto" } = options;
  if (config.workerSendTaskEvents) core.feed.tellEndlessly();
  const { name: beatName, link } = core.nodes.addBeat(
    name === undefined ? null : nameOption(name, "beat: hostname"),
  );
  let node: NodeLink | null = null;
  const loops = new LoopMarks(clock);
  const companion = core.monitoring.ofBeat({ name: beatName, stats: () => beat.stats(), loops });
  const beat: Beat = new Beat({
    companion,
    loops,
    store: core.lazyStore,
    clock,
    random,
    logger: logger.child({ component: "beat", node: beatName }),
    events,
    entries,
    calendars: config.calendars,
    book: core.book,
    createMessage,
    edits: publishing,
    extensions,
    isEmbedded: () => core.running.hasWorker,
    onStart: () => core.feed.watched.listenSoon(),
    options: {
      leaseMs: config.beatLeaseMs,
      maxLoopIntervalMs:
        maxLoopInterval === undefined
          ? config.beatMaxLoopIntervalMs
          : durationOption(maxLoopInterval, "beat: maxLoopInterval", 1_000),
      batch: BEAT_DEFAULTS.batch,
      maintenanceIntervalMs: BEAT_DEFAULTS.maintenanceIntervalMs,
      retention: config.retention,
      spreadMs: config.spreadMs,
      maxStartsPerSecond: startsPerSecond(maxStartsPerSecond),
      samples: config.history.enabled && core.pace.monitoring !== false,
      owner: core.owner,
      version: config.version,
      register: choiceOption(register, "beat: register", ["auto", "apply"]),
      hostname: beatName,
      ...core.pace.beat,
    },
    node: lateLink(() => node),
  });
  node = link(beat);
  return beat;
}

const MOST_STARTS_PER_SECOND = 1_000_000;

function startsPerSecond(given: number | undefined): number | null {
  if (given === undefined) return null;
  return integerOption(given, "beat: maxStartsPerSecond", 1, MOST_STARTS_PER_SECOND);
}

/** Every queue that the app's options and code name: one worker without further options serves the whole program. */
export function namedQueues({ config, registry, entries }: AppCore): string[] {
  const { taskDefaultQueue, taskQueues, taskRoutes } = config;
  const queues = new Set([taskDefaultQueue, ...taskQueues.keys(), ...(taskRoutes?.queues ?? [])]);
  for (const name of registry.names()) {
    const queue = registry.get(name)?.queue;
    if (queue) queues.add(queue);
  }
  for (const { options } of entries) if (options.queue !== undefined) queues.add(options.queue);
  return [...queues];
}

function checkQueues(queues: unknown): string[] {
  if (!Array.isArray(queues) || queues.length === 0) {
    throw invalidOption("worker: queues", "a list of at least one name", queues);
  }
  return [...new Set(queues.map((queue) => nameOption(queue, "worker: queues")))];
}
