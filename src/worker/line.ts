/** What passes a delivery on, from its claim to its end: run queue -> pool -> completer. */
import { type LoopMark, LoopMarks } from "../core/loop-mark.js";
import { type InTime, inTime, Patience } from "../core/patience.js";
import { Locks } from "../locks/index.js";
import { Completer } from "./completer.js";
import { Counters } from "./counters.js";
import { GrowthMaker } from "./growth.js";
import { Heartbeat } from "./heartbeat.js";
import { Inputs } from "./inputs.js";
import { insist } from "./insist.js";
import { Notes } from "./note.js";
import type { Marks } from "./marks.js";
import type { WorkerDependencies } from "./options.js";
import type { OnEnd } from "./pools/pool.js";
import { Pools } from "./pools/pools.js";
import { Reporter } from "./report.js";
import type { RunEnvironment } from "./run.js";
import { RunQueue } from "./run-queue.js";

export interface Line {
  /** Of the loop of the consumer. */
  readonly claims: LoopMark;
  readonly reporter: Reporter;
  readonly patience: Patience;
  readonly inTime: InTime;
  readonly locks: Locks;
  readonly heartbeat: Heartbeat;
  readonly completer: Completer;
  /** Null: nothing is counted. */
  readonly counters: Counters | null;
  readonly pools: Pools;
  readonly runQueue: RunQueue;
  readonly marks: Marks;
}

/** `onChange`: at each end and return, and when slots have come. `onFatal`: the store, or a pool, has failed for good. */
export function makeLine(
  dependencies: WorkerDependencies,
  onChange: () => void,
  onFatal: (error: unknown) => void,
): Line {
  const { store, clock, random, logger, events, registry, extensions, options } = dependencies;
  const { consumer, results } = store;
  const { leaseMs, hostname, payloadLimit } = options;
  const reporter = new Reporter(logger, events, options, clock, extensions);
  const patience = new Patience("Store", { clock, random, logger: reporter.log });
  // A third of the lease: a heartbeat that hangs leaves time for another.
  const soon = inTime(clock, leaseMs / 3);
  const loops = dependencies.loops ?? new LoopMarks(clock);
  const claims = loops.add("claims");
  const inClaims = claims.through(soon, leaseMs / 3);
  const calls = { clock, inTime: inClaims, reporter, consumer };
  const locks = new Locks({
    store,
    clock,
    random,
    logger: reporter.log.child({ component: "locks" }),
    events,
  });
  const heartbeat = new Heartbeat({ ...calls, patience, leaseMs, onFatal, loops });
  const { history, failedRetentionMs: keptMs = 0 } = options;
  const notes = history?.enabled === true ? new Notes(history, clock, reporter.log.hides, hostname) : null;
  const counters = history === undefined ? null : new Counters();
  const completer = new Completer(
    { ...calls, heartbeat, hostname, notes, counters, failedKeptMs: keptMs },
    onChange,
  );
  const asks = insist({ clock, inTime: soon, patience });
  const inputs = new Inputs(store.graphs, asks);
  const environment: RunEnvironment = {
    ...{ random, reporter, hostname, payloadLimit, locks, inputs, extensions },
    results: { update: (...update) => soon("results.update", results.update(...update)) },
    growth: new GrowthMaker({ ...dependencies, insist: asks }),
    slots: { isFull: () => pools.free <= 0, placeOf: (id) => heartbeat.placeOf(id) },
  };
  const onEnd: OnEnd = ({ reservation, resultTtlMs }, outcome, runtimeMs) =>
    completer.complete(reservation, outcome, resultTtlMs, runtimeMs);
  const pools: Pools = new Pools({
    ...{ clock, environment, reporter, store, registry, insist: asks, onEnd, onFatal, onFree: onChange },
    options: { autoscale: null, children: null, redirectConsole: false, ...options },
  });
  const marks: Marks = { current: [] };
  const runQueue = new RunQueue({
    ...options,
    ...calls,
    ...{ results, registry, pools, completer, heartbeat, marks },
    inputs: new Inputs(store.graphs, insist({ clock, inTime: inClaims, patience })),
  });
  const ends = { completer, counters, pools, runQueue, marks };
  return { claims, reporter, patience, inTime: soon, locks, heartbeat, ...ends };
}
