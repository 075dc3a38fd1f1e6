/** What each signal tells, as types and as one list of names. */
import type { Failure } from "../core/failure.js";
import type { Logger } from "../core/logger.js";
import type { RunState, TaskContext } from "../tasks/definition.js";
import type { SendOptions } from "../tasks/message.js";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface OfTask {
  /** Name of the task. */
  readonly task: string;
  readonly id: string;
  readonly queue: string;
}

interface OfRun extends OfTask {
  readonly args: readonly unknown[];
  /** 0 in the first run. */
  readonly retries: number;
  /** The running task, as `self` is. */
  readonly context: TaskContext;
}

interface OfWorker {
  /** Name of the worker. */
  readonly hostname: string;
}

interface OfChild extends OfWorker {
  readonly pid: number;
  readonly kind: "process" | "thread";
}

interface OfBeat {
  readonly hostname: string;
}

interface OfAlert extends OfWorker {
  readonly id: string;
  /** Such as "beat-missing" (docs/alerts.md). */
  readonly kind: string;
  /** Entry, queue or node; "" where there is one for the whole system. */
  readonly subject: string;
  readonly severity: "critical" | "error" | "warning";
  /** One line for people. */
  readonly text: string;
  /** Epoch milliseconds. */
  readonly raisedAt: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

interface OfApp {
  /** Name of the app. */
  readonly app: string;
}

/** A message that is about to be made. A handler may change `headers` and `options`, and nothing else. */
export interface PublishedMessage {
  readonly task: string;
  readonly id: string;
  readonly args: readonly unknown[];
  /** The entry that it is a run of; null: none. */
  readonly entry: string | null;
  /** Travel with the message, and are `self.request.headers` in its run. */
  headers: Record<string, string>;
  /** Those of the send: `queue`, `priority`, `countdown`, ... Headers have a place of their own, and callbacks come too late here. */
  options: Writable<Omit<SendOptions, "headers" | "link" | "linkError">>;
}

/** What a logger is made for. */
export interface LoggingSetup extends OfApp {
  readonly component: string;
  readonly level: string;
  readonly format: string;
  /** Null: stderr. */
  readonly file: string | null;
}

/** Payload of each signal by name. Durations in ms. */
export interface SignalMap {
  /** Awaited. A message is about to be made, in the process that sends it. */
  beforeTaskPublish: PublishedMessage;
  /** The store has the message. */
  afterTaskPublish: OfTask;
  /** A worker holds it. */
  taskReceived: OfTask & OfWorker & { readonly retries: number; readonly deliveries: number };
  /** Awaited. The function is called next, where it runs. */
  taskPrerun: OfRun;
  /** A run that `taskPrerun` told of is over, however it ended. */
  taskPostrun: OfRun & { readonly state: RunState; readonly result: unknown; readonly runtimeMs: number };
  taskSuccess: OfRun & { readonly result: unknown; readonly runtimeMs: number };
  /** It runs again in `delayMs`. */
  taskRetry: OfRun & { readonly error: unknown; readonly delayMs: number };
  /** It has failed for good. `error` is what it threw, `failure` what is stored of that. */
  taskFailure: OfRun & { readonly error: unknown; readonly failure: Failure; readonly runtimeMs: number };
  /** What failed is the work around the function: its inputs could not be read, or what it grows not be made. */
  taskInternalError: OfRun & { readonly error: unknown };
  /** It was revoked, or came too late (`expired`). */
  taskRevoked: OfTask & OfWorker & { readonly expired: boolean };
  /** `requeued`: it is back in its queue; else it is a dead letter. */
  taskRejected: OfTask & OfWorker & { readonly reason: string; readonly requeued: boolean };
  /** A worker has met a task, or a form of message, that it does not know. */
  taskUnknown: OfTask & OfWorker & { readonly reason: string };
  workerInit: OfWorker;
  workerReady: OfWorker;
  /** `cold`: running tasks are given back at once. */
  workerShuttingDown: OfWorker & { readonly cold: boolean };
  /** Awaited. */
  workerShutdown: OfWorker;
  /** Awaited, in a child process or thread, before its first run. */
  workerProcessInit: OfChild;
  /** Awaited, in a child process or thread that ends in order. */
  workerProcessShutdown: OfChild;
  /** The leases of what this worker has in hand were extended. */
  heartbeatSent: OfWorker & { readonly leases: number };
  /** Awaited. A handler that gives a logger replaces the one that would be made. */
  setupLogging: LoggingSetup;
  afterSetupLogger: OfApp & { readonly component: string; readonly logger: Logger };
  beatInit: OfBeat;
  /** After `beatInit`, of a beat in the process of a worker. */
  beatEmbeddedInit: OfBeat;
  beatLeading: OfBeat & { readonly term: string };
  beatStepDown: OfBeat & { readonly term: string; readonly reason: string };
  /** Something is wrong, in the process of the node that watches (docs/alerts.md). */
  alertRaised: OfAlert;
  /** It is over. */
  alertCleared: OfAlert;
  /** The files of `include` are imported next. */
  importModules: OfApp & { readonly files: readonly string[] };
  /** Options of the command line, before the app is used. */
  userPreloadOptions: OfApp & {
    readonly command: string;
    readonly options: Readonly<Record<string, unknown>>;
  };
}

export type SignalName = keyof SignalMap;

/** By which field of its payload the sender of each signal is known. */
export const SENDER_FIELDS = {
  beforeTaskPublish: "task",
  afterTaskPublish: "task",
  taskReceived: "task",
  taskPrerun: "task",
  taskPostrun: "task",
  taskSuccess: "task",
  taskRetry: "task",
  taskFailure: "task",
  taskInternalError: "task",
  taskRevoked: "task",
  taskRejected: "task",
  taskUnknown: "task",
  workerInit: "hostname",
  workerReady: "hostname",
  workerShuttingDown: "hostname",
  workerShutdown: "hostname",
  workerProcessInit: "hostname",
  workerProcessShutdown: "hostname",
  heartbeatSent: "hostname",
  setupLogging: "app",
  afterSetupLogger: "app",
  beatInit: "hostname",
  beatEmbeddedInit: "hostname",
  beatLeading: "hostname",
  beatStepDown: "hostname",
  alertRaised: "hostname",
  alertCleared: "hostname",
  importModules: "app",
  userPreloadOptions: "app",
} as const satisfies Record<SignalName, "task" | "hostname" | "app">;

export const SIGNAL_NAMES = Object.keys(SENDER_FIELDS) as readonly SignalName[];

/** Those that tell of single runs, where they run. */
export const RUN_SIGNALS = [
  "taskPrerun",
  "taskPostrun",
  "taskSuccess",
  "taskRetry",
  "taskFailure",
  "taskInternalError",
] as const satisfies readonly SignalName[];

/** Those that tell of single messages, where their worker or their sender is. */
export const MESSAGE_SIGNALS = [
  "afterTaskPublish",
  "taskReceived",
  "taskRevoked",
  "taskRejected",
  "taskUnknown",
] as const satisfies readonly SignalName[];
