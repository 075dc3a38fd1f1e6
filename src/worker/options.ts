import type { Clock } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../core/random.js";
import type { Events } from "../events/index.js";
import type { Store } from "../store/contracts/store.js";
import type { TaskDefinition } from "../tasks/definition.js";
import type { CreateMessage } from "../tasks/message-factory.js";

/** All numbers are whole; checked and defaulted where the options of the app are. */
export interface WorkerOptions {
  /** Tasks that run at once; 1 or more. */
  readonly concurrency: number;
  /**
   * Deliveries taken for each free slot; 1 or more. With 1 the worker takes only what it can start at once; with
   * more, the rest waits here for a slot and saves a round trip, but is out of reach of other workers meanwhile.
   */
  readonly prefetch: number;
  /** At least one. */
  readonly queues: readonly string[];
  /** How long a delivery stays with a worker that has fallen silent. Renewed each third of it. */
  readonly leaseMs: number;
  /** How long a message goes back, from its first meeting, that this worker does not know. 0: it is a dead letter at once. */
  readonly unknownTaskGraceMs: number;
  /** How long `stop` waits for running tasks before it aborts their signals. */
  readonly gracePeriodMs: number;
  /** Names this worker in results, events and logs. */
  readonly hostname: string;
  /** Most bytes of JSON that a result may take. Default: that of tasks/payload.ts. */
  readonly payloadLimit?: number;
  /** How often expired rows are swept from the store. Default 1 min. */
  readonly sweepIntervalMs?: number;
  /** An idle worker looks for work at least so often even if the store does not ring. Default 5 min. */
  readonly idleCheckMs?: number;
  /** It looks at least so often while the store has something to do at an instant to come. Default 5 s. */
  readonly lookAgainMs?: number;
  /** Parts that a graph may have, those that it grows among them. */
  readonly graphLimit: number;
  /** Whether the value of a task is shown in its log line. */
  readonly logResults: boolean;
}

/** Where the worker looks tasks up. */
export interface TaskLookup {
  get(name: string): TaskDefinition | undefined;
}

/** Where the worker tells what is stored. One that throws is logged and otherwise disregarded. */
export type EventSink = Pick<Events, "emit">;

export interface WorkerDependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly registry: TaskLookup;
  /** For what runs add to their graphs. */
  readonly createMessage: CreateMessage;
  readonly options: WorkerOptions;
}

export interface WorkerStats {
  readonly state: "new" | "running" | "stopping" | "stopped";
  /** Tasks in a slot now. */
  readonly running: number;
  /** Deliveries taken and not yet started. */
  readonly prefetched: number;
  /** Ended tasks whose end is not stored yet. */
  readonly unsettled: number;
  /** Runs that ended since the start, whatever the outcome; a retried task counts once for every run. */
  readonly processed: number;
  /** Runs whose function went on past its time limit, so that its slot was given to another. Since the start. */
  readonly overran: number;
}
