/** What passes a delivery on, from its claim to its end: run queue -> executor -> completer. */
import { type InTime, inTime, Patience } from "../core/patience.js";
import { Locks } from "../locks/index.js";
import { Completer } from "./completer.js";
import { Executor } from "./executor.js";
import { GrowthMaker } from "./growth.js";
import { Heartbeat } from "./heartbeat.js";
import { Inputs } from "./inputs.js";
import { insist } from "./insist.js";
import type { WorkerDependencies } from "./options.js";
import { Reporter } from "./report.js";
import { RunQueue } from "./run-queue.js";

export interface Line {
  readonly reporter: Reporter;
  readonly patience: Patience;
  readonly inTime: InTime;
  readonly locks: Locks;
  readonly heartbeat: Heartbeat;
  readonly completer: Completer;
  readonly executor: Executor;
  readonly runQueue: RunQueue;
}

/** `onEnd`: at each end and return. `onFatal`: the store has failed for good. */
export function makeLine(
  dependencies: WorkerDependencies,
  onEnd: () => void,
  onFatal: (error: unknown) => void,
): Line {
  const { store, clock, random, logger, events, registry, options } = dependencies;
  const { consumer, results } = store;
  const { leaseMs, hostname, payloadLimit, concurrency } = options;
  const reporter = new Reporter(logger, events, options);
  const patience = new Patience("Store", { clock, random, logger: reporter.log });
  // A third of the lease: a heartbeat that hangs leaves time for another.
  const soon = inTime(clock, leaseMs / 3);
  const calls = { clock, inTime: soon, reporter, consumer };
  const locks = new Locks({ store, clock, random, logger: reporter.log, events });
  const heartbeat = new Heartbeat({ ...calls, patience, leaseMs, onFatal });
  const completer = new Completer({ ...calls, heartbeat, hostname }, onEnd);
  const asks = insist({ clock, inTime: soon, patience });
  const inputs = new Inputs(store.graphs, asks);
  const executor: Executor = new Executor(
    clock,
    random,
    {
      ...{ store, inTime: soon, reporter, hostname, payloadLimit, locks, inputs },
      growth: new GrowthMaker({ ...dependencies, insist: asks }),
      slots: { isFull: () => executor.free <= 0, placeOf: (id) => heartbeat.placeOf(id) },
    },
    concurrency,
    ({ reservation, resultTtlMs }, outcome, runtimeMs) =>
      completer.complete(reservation, outcome, resultTtlMs, runtimeMs),
  );
  const runQueue = new RunQueue({
    ...options,
    ...calls,
    ...{ results, registry, executor, completer, heartbeat, inputs },
  });
  return { reporter, patience, inTime: soon, locks, heartbeat, completer, executor, runQueue };
}
