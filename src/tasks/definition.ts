import type { EpochMs } from "../core/clock.js";
import type { Duration } from "../core/duration.js";
import type { LaneOption, MessageLane } from "./message.js";
import type { PoolName } from "./pool-name.js";
import type { TaskRate } from "./rate-limit.js";
import type { SignatureType } from "./signature.js";
import type { TaskLock } from "./task-lock.js";
import type { TaskLog } from "./task-log.js";
import type { Unique } from "./unique-options.js";

/** What a failed run is tried again for, and when. */
export interface RetryPolicy {
  /** Tries after the first one. */
  readonly max: number;
  /** Base wait before a retry. */
  readonly delayMs: number;
  /** Doubles the wait with every retry. */
  readonly backoff: boolean;
  /** No wait is longer. */
  readonly maxDelayMs: number;
  /** Spreads each wait over [0, wait], so that tasks that failed together do not come back together. */
  readonly jitter: boolean;
  /** Whether a thrown error, or SUNBEAT_TIME_LIMIT, is worth another try. A thrown `Retry` always is. */
  readonly on: (error: unknown) => boolean;
}

/** A registered task after its options were checked: what worker, sender and beat read. */
export interface TaskDefinition {
  readonly name: string;
  readonly fn: (...args: never[]) => unknown;
  /** The first parameter is the running task. */
  readonly bind: boolean;
  /** Null: that of its route, else the app's default queue. */
  readonly queue: string | null;
  /** Null: that of its route, else 0. */
  readonly priority: number | null;
  readonly retry: RetryPolicy;
  /** Whether a failure with this error is told without alarm. */
  readonly isExpected: (error: unknown) => boolean;
  /** "early": its first delivery counts as the only one, and `maxDeliveries` is 1. */
  readonly acks: "late" | "early";
  /** Aborts `signal` with SUNBEAT_SOFT_TIME_LIMIT; the run may still end by itself. Null: none. */
  readonly softTimeLimitMs: number | null;
  /** Fails the run with SUNBEAT_TIME_LIMIT. Null: none. */
  readonly timeLimitMs: number | null;
  /** How long a worker that has fallen silent keeps a run of it. Null: as the worker's own lease says. */
  readonly leaseMs: number | null;
  readonly ignoreResult: boolean;
  readonly storeErrorsEvenIfIgnored: boolean;
  /** What succeeds leaves no record. */
  readonly ignoreHistory: boolean;
  /** The message of a run that fails for good is kept. */
  readonly keepFailed: boolean;
  readonly resultTtlMs: number;
  readonly maxDeliveries: number;
  readonly trackStarted: boolean;
  /** Checks and converts the first argument before the run (Standard Schema), or null. */
  readonly input: StandardSchema | null;
  /** A permit of it is needed before a slot runs `fn`, which does not take it. Null: none. */
  readonly lock: TaskLock | null;
  /** Pool of a worker that runs it; null: the first one. */
  readonly pool: PoolName | null;
  /** How often its runs may begin, over all workers. Null: without limit. */
  readonly rateLimit: TaskRate | null;
  /** Of its messages in fair queues; a function is asked with the arguments at each send. Null: none. */
  readonly lane: MessageLane | ((...args: never[]) => LaneOption) | null;
  /** What its messages share a key by; null: none do. */
  readonly unique: Unique | null;
  /** Null: it has none. */
  readonly hooks: TaskHooks | null;
}

/** The part of the Standard Schema interface (version 1) that is used here. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardSchemaResult | Promise<StandardSchemaResult>;
    /** Never there at run time: it carries the types. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardSchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

/** What a running task knows about its delivery. */
export interface TaskRequest {
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
  /** Retries so far; 0 in the first run. */
  readonly retries: number;
  /** Deliveries of this try, this one included; above 1 a worker was lost before. */
  readonly deliveries: number;
  readonly eta: Date | null;
  readonly expires: Date | null;
  readonly queue: string;
  readonly priority: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly parentId: string | null;
  readonly rootId: string;
  /** The innermost group of its graph that it belongs to, and which of its members. */
  readonly groupId: string | null;
  readonly groupIndex: number | null;
  /** The graph that it is a part of, or null. */
  readonly graphId: string | null;
  /** The beat entry that sent it, or null. */
  readonly entry: string | null;
  /** The due instant of the tick, whenever it runs; null when not sent by an entry. */
  readonly scheduledFor: Date | null;
  readonly hostname: string;
}

/** The running task: the first parameter under `bind`, and `currentTask()` anywhere below. */
export interface TaskContext {
  readonly request: TaskRequest;
  /** Aborts on lost lease, time limit, revoke and shutdown; `signal.reason` is the SunbeatError that says which. */
  readonly signal: AbortSignal;
  readonly log: TaskLog;
  /**
   * The lock this run holds, of its task or of its entry, or null. Hand `fence` to what the task writes to, and have it
   * refuse smaller ones: a paused run must not overwrite what its successor wrote.
   */
  readonly lock: { readonly name: string; readonly fence: number } | null;
  /** Ends this run and runs the task again after `countdown` (default: the task's retry policy). Always throws. */
  retry(options?: { readonly countdown?: Duration | undefined; readonly error?: unknown }): never;
  /**
   * Ends this run, and has no run of its bucket (those of the task, or with its rate key) begin for this long, on any worker. This one
   * comes back then, among the first, as if it had not begun: nothing is counted. Always throws.
   */
  cooldown(duration: Duration): never;
  /**
   * Ends this run; the task ends as `signature` does, with its result or its failure. The signature is sent in the step that
   * stores the end of this run: a run that is lost before it has sent nothing. Always throws.
   */
  replace<Result>(signature: SignatureType<[], Result>): never;
  /**
   * Adds members to the innermost group that this task belongs to: their values stand behind those of the others, and what follows
   * the group waits for them. They are part of the successful end of this run: one that fails, is tried again or is lost adds
   * nothing. Codes: SUNBEAT_GRAPH_INVALID outside of a group, SUNBEAT_GRAPH_TOO_LARGE beyond 10,000 in one run.
   */
  add(...signatures: readonly SignatureType<[]>[]): void;
  /** Stores a custom state with plain data, seen by `AsyncResult.info()`. */
  updateState(state: string, meta?: unknown): Promise<void>;
  /** `updateState("PROGRESS", { done, total })`. */
  progress(done: number, total: number): Promise<void>;
  /**
   * Tells an event of the task's own to whoever listens or watches: `type` begins with "task-" and is none of sunbeat's; `fields` are
   * plain data of 4 kB of JSON at most, beside `id`, `task` and `queue`. Nothing of it is stored, and nobody waits for it. Code:
   * SUNBEAT_OPTION_INVALID.
   */
  sendEvent(type: `task-${string}`, fields?: Readonly<Record<string, unknown>>): void;
}

/** How a run ended, for hooks and signals. RETURNED: it goes back to its queue, or another worker has it. LOST: what ran it is gone, and it runs again. */
export type RunState =
  "SUCCESS" | "FAILURE" | "RETRY" | "REVOKED" | "REJECTED" | "IGNORED" | "REPLACED" | "RETURNED" | "LOST";

/** What `afterReturn` is told. `result` under SUCCESS, `error` under FAILURE and RETRY, else undefined. */
export interface ReturnedRun {
  readonly state: RunState;
  readonly result: unknown;
  readonly error: unknown;
}

/** Of a method, so that a hook may name the type of its result. */
type OnSuccess = { hook(result: unknown, context: TaskContext): unknown }["hook"];
type OnError = (error: unknown, context: TaskContext) => unknown;

/** What a task calls around its own runs. Each may be async. */
export interface TaskHooks {
  /** Before the function. What it throws is judged as if the function had thrown it. */
  readonly beforeStart?: ((context: TaskContext) => unknown) | undefined;
  /** After a success, before it is stored. What it throws is logged, and it is waited for 5 s at most; so are the others. */
  readonly onSuccess?: OnSuccess | undefined;
  /** After the last try has failed. */
  readonly onFailure?: OnError | undefined;
  /** After a run that is tried again. */
  readonly onRetry?: OnError | undefined;
  /** After each of these, and after runs that ended in another way. */
  readonly afterReturn?: ((end: ReturnedRun, context: TaskContext) => unknown) | undefined;
}

export interface OccurrenceRef {
  readonly entry: string;
  readonly scheduledFor: EpochMs;
}
