import type { Clock } from "../core/clock.js";
import type { Companion } from "../core/companion.js";
import type { LoopMarks } from "../core/loop-mark.js";
import type { Logger } from "../core/logger.js";
import type { NodeLink } from "../core/node-link.js";
import type { Random } from "../core/random.js";
import type { Events, WatchedEvents } from "../events/index.js";
import type { Extensions } from "../signals/index.js";
import type { Store } from "../store/contracts/store.js";
import type { TaskDefinition } from "../tasks/definition.js";
import type { MessageEdits } from "../tasks/message-edits.js";
import type { CreateMessage } from "../tasks/message-factory.js";
import type { PoolName } from "../tasks/pool-name.js";
import type { NoteOptions } from "./note.js";
import type { AutoscaleBounds, ChildOptions, PoolPlan, PoolStats } from "./pools/options.js";

/** All numbers are whole; checked and defaulted where the options of the app are. */
export interface WorkerOptions {
  /** At least one, each name once. The first runs what names none of them. */
  readonly pools: readonly PoolPlan[];
  /** Bounds of the first pool, whose size at first is `min`. Null: its size stays. */
  readonly autoscale?: AutoscaleBounds | null;
  /** Needed where a pool has children. */
  readonly children?: ChildOptions | null;
  /** Whether what tasks in the worker's own loop give `console` becomes log lines. Default: no. */
  readonly redirectConsole?: boolean;
  /** Which pools the tasks of a queue need, as far as they are known. Of a queue that is not named here: any. */
  readonly poolsOfQueues?: ReadonlyMap<string, ReadonlySet<PoolName>>;
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
  /** What is kept of what has ended, and for how long. Absent: this worker writes no records, and counts nothing. */
  readonly history?: NoteOptions & {
    readonly enabled: boolean;
    readonly maxAgeMs: number;
    readonly maxRows: number;
  };
  /** How long messages are kept that have failed for good. Absent: they are not. */
  readonly failedRetentionMs?: number;
  /** Whether the value of a task is shown in its log line. */
  readonly logResults: boolean;
}

/** Where the worker looks tasks up. */
export interface TaskLookup {
  get(name: string): TaskDefinition | undefined;
  /** Names of all. */
  keys(): Iterable<string>;
}

/** Where the worker tells what is stored. One that throws is logged and otherwise disregarded. */
export type EventSink = Pick<Events, "emit">;

export interface WatchedWork {
  readonly events: Pick<WatchedEvents, "listenSoon" | "wants" | "onChange">;
  /** Of this package. */
  readonly version: () => string;
}

export interface WorkerDependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly registry: TaskLookup;
  /** For what runs add to their graphs. */
  readonly createMessage: CreateMessage;
  /** What is asked about those messages first. Absent: nothing. */
  readonly edits?: MessageEdits | undefined;
  /** What the program has hung into its work. Absent: nothing. */
  readonly extensions?: Extensions | undefined;
  /** Absent: there is none. */
  readonly companion?: Companion | undefined;
  /** Where its loops tell that they turn. Absent: nowhere. */
  readonly loops?: LoopMarks | undefined;
  /** Where it is known as a node. Absent: nowhere. */
  readonly node?: NodeLink | undefined;
  /** What others want to hear of it. Absent: nothing. */
  readonly watched?: WatchedWork | undefined;
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
  /** Successes beyond `history.successRate`, which have no record. Since the start. */
  readonly recordsLeftOut: number;
  /** In the order of the worker's option `pool`; none before it has started. */
  readonly pools: readonly PoolStats[];
}
