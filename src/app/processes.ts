import { hostname } from "node:os";
import { MOST_CONCURRENCY, MOST_PREFETCH } from "../config/index.js";
import { Beat, BEAT_DEFAULTS } from "../beat/index.js";
import { type Duration } from "../core/duration.js";
import {
  assertKnownKeys,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import { Worker } from "../worker/worker.js";
import type { AppCore } from "./core.js";

/** What one worker does otherwise than the app's options say. */
export interface StartWorkerOptions {
  /** Tasks that run at once. Default: `workerConcurrency`. */
  readonly concurrency?: number | undefined;
  /** Default: `taskDefaultQueue`, and every queue that a task or an entry of this app names. */
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
  /** Default: the machine's name. */
  readonly hostname?: string | undefined;
}

const WORKER_OPTIONS = [
  "concurrency",
  "queues",
  "prefetchMultiplier",
  "hostname",
  "gracePeriod",
] as const satisfies readonly (keyof StartWorkerOptions)[];

const BEAT_OPTIONS = ["maxLoopInterval", "hostname"] as const satisfies readonly (keyof StartBeatOptions)[];

/** A worker of the app, not yet started. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID. */
export function makeWorker(core: AppCore, options: StartWorkerOptions): Worker {
  assertKnownKeys(options, WORKER_OPTIONS, "worker");
  const { config, clock, random, logger, events, registry, createMessage } = core;
  const { concurrency, queues, prefetchMultiplier, hostname: name, gracePeriod } = options;
  return new Worker({
    store: core.lazyStore,
    clock,
    random,
    logger,
    events,
    registry,
    createMessage,
    options: {
      concurrency: integerOption(
        concurrency ?? config.workerConcurrency,
        "worker: concurrency",
        1,
        MOST_CONCURRENCY,
      ),
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
      hostname: name === undefined ? `default@${hostname()}` : nameOption(name, "worker: hostname"),
      payloadLimit: config.payloadLimit,
      graphLimit: config.graphLimit,
      logResults: config.logResults,
      ...core.pace.worker,
    },
  });
}

/** A beat of the app, not yet started. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID. */
export function makeBeat(core: AppCore, options: StartBeatOptions): Beat {
  assertKnownKeys(options, BEAT_OPTIONS, "beat");
  const { config, clock, random, logger, events, entries, createMessage } = core;
  const { maxLoopInterval, hostname: name } = options;
  return new Beat({
    store: core.lazyStore,
    clock,
    random,
    logger,
    events,
    entries,
    createMessage,
    options: {
      leaseMs: config.beatLeaseMs,
      maxLoopIntervalMs:
        maxLoopInterval === undefined
          ? config.beatMaxLoopIntervalMs
          : durationOption(maxLoopInterval, "beat: maxLoopInterval", 1_000),
      batch: BEAT_DEFAULTS.batch,
      maintenanceIntervalMs: BEAT_DEFAULTS.maintenanceIntervalMs,
      retention: config.retention,
      owner: core.owner,
      version: config.version,
      hostname: name === undefined ? hostname() : nameOption(name, "beat: hostname"),
      ...core.pace.beat,
    },
  });
}

/** Every queue that the app's code names: one worker without further options serves the whole program. */
export function namedQueues({ config, registry, entries }: AppCore): string[] {
  const queues = new Set([config.taskDefaultQueue]);
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
