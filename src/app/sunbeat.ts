import { type GraphResult, namedSignature, type Signature, signatureFromJSON } from "../canvas/index.js";
import type { Beat } from "../beat/index.js";
import type { SunbeatOptions } from "../config/index.js";
import { assertKnownKeys, invalidOption, nameOption, textsOption } from "../core/options.js";
import type { Logger } from "../core/logger.js";
import type { Events } from "../events/index.js";
import type { Locks } from "../locks/index.js";
import { type Middleware, type PublishMiddleware, type Signals, strictSignals } from "../signals/index.js";
import type { SendOptions } from "../tasks/message.js";
import { resolveTask, type TaskOptions } from "../tasks/task-options.js";
import type { Worker } from "../worker/worker.js";
import type { Audit } from "./audit.js";
import type { AsyncResult } from "./async-result.js";
import type { Alerts } from "./alerts.js";
import type { Control } from "./control.js";
import { AppCore } from "./core.js";
import { fileOption, type FileUrl } from "./file-option.js";
import { type LockedTask, lockedTaskOf, type RegisterOptions, type TaskOf } from "./locked-task.js";
import type { AppMetrics } from "./metrics.js";
import { makeBeat, makeWorker, type StartBeatOptions, type StartWorkerOptions } from "./processes.js";
import type { Inspect } from "./inspect.js";
import type { Nodes } from "./nodes.js";
import type { Tasks } from "../monitor/index.js";
import type { Dead } from "./dead.js";
import { readStats, type Stats, type StatsOptions } from "./stats.js";
import type { Queues } from "./queues.js";
import type { RunEnd } from "./serve.js";
import type { Calendars } from "./calendars.js";
import type { Schedules } from "./schedules.js";
import { isShared, registerShared, sharedIn } from "./shared-task.js";
import {
  type DeclareTask,
  makeTask,
  type SharedTask,
  type Task,
  taskArguments,
  type TaskArguments,
} from "./task.js";
import { taskDefaults } from "./task-defaults.js";

type TasksOf<Shared extends readonly SharedTask[]> = {
  -readonly [K in keyof Shared]: Shared[K] extends SharedTask<infer Args, infer Result>
    ? Task<Args, Result>
    : never;
};

const cores = new WeakMap<Sunbeat, AppCore>();

/**
 * An app: tasks, entries and the store they live in. Making one checks every option and entry and opens nothing;
 * the store is opened at the first send, worker or beat. Several apps in one process do not know each other.
 */
export class Sunbeat {
  /** Names the owner of its entries in the store: two programs that share a store need two names. */
  readonly name: string;
  readonly #core: AppCore;
  /**
   * What happens in this process, for code that is to be called then: `app.signals.taskFailure.connect(handler)`. A name that is
   * no signal throws SUNBEAT_OPTION_UNKNOWN. docs/signals.md has them all.
   */
  readonly signals: Signals;
  /**
   * Registers a function as a task: `app.task(name, fn)` or `app.task(name, options, fn)`. The name is what travels,
   * so it must be the same in every process. Codes: SUNBEAT_TASK_DUPLICATE, SUNBEAT_OPTION_UNKNOWN,
   * SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID.
   */
  readonly task: DeclareTask;

  /**
   * Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID, SUNBEAT_TIMEZONE_INVALID,
   * SUNBEAT_BROKER_URL_INVALID, SUNBEAT_ENTRY_INVALID, and those of schedules.
   */
  constructor(name: string, options: SunbeatOptions = {}) {
    const core = new AppCore(name, options);
    this.name = core.name;
    this.#core = core;
    this.signals = strictSignals(core.extensions.signals);
    this.task = declareTask(core);
    cores.set(this, core);
  }

  /** What happens in this process: sends, and the runs and ticks of the workers and beats it started. */
  get events(): Events {
    return this.#core.events;
  }

  /**
   * Where the lines of this app go. Below a running task, however deep, they carry its ids, as those of `self.log` do. It takes fields
   * behind the message: `app.logger.info("imported", { rows: 3 })`.
   */
  get logger(): Logger {
    return this.#core.logger;
  }

  /** The entries in the store: those that code declares, and those set at run time. */
  get schedules(): Schedules {
    return this.#core.schedules;
  }

  /** Calendars of days off: what `holidays(name)` in schedules stands for. */
  get calendars(): Calendars {
    return this.#core.calendars;
  }

  /**
   * Takes tasks that `defineTask` made; gives those of this app. Once more is the same. Codes as for `task`.
   */
  register<Args extends readonly unknown[], Result>(shared: SharedTask<Args, Result>): Task<Args, Result>;
  register<const Shared extends readonly SharedTask[]>(...shared: Shared): TasksOf<Shared>;
  /**
   * Registers a class that extends `LockedTask`; one instance of it is made now. Codes as for `task`.
   */
  register<T extends LockedTask>(type: new () => T, name: string, options?: RegisterOptions): TaskOf<T>;
  register(...given: readonly unknown[]): unknown {
    if (given.some(isShared)) {
      const tasks: readonly unknown[] = given.map((shared) => registerShared(shared, this.#core));
      return tasks.length === 1 ? tasks[0] : tasks;
    }
    const [type, name, options = {}] = given as [new () => LockedTask, string, RegisterOptions?];
    const declare = this.task as unknown as (name: string, options: TaskOptions, fn: unknown) => unknown;
    const { fn, hooks } = lockedTaskOf(type, options);
    return declare(name, { ...options, ...hooks }, fn);
  }

  /**
   * Calls `middleware` around the function of each run from now on, wherever this app's tasks run: inside their limits and locks,
   * the first that was given outermost. What it gives is the result, and what it throws is judged as if the function had
   * thrown it. One that calls `next()` twice fails the run with SUNBEAT_USAGE. Code: SUNBEAT_OPTION_INVALID.
   */
  use(middleware: Middleware): void {
    this.#core.extensions.use(middleware);
  }

  /**
   * Calls `middleware` around the making of each message from now on, in the process that sends it and after the handlers of
   * `beforeTaskPublish`: it may change headers and options until it calls `next()`. What it throws reaches the sender. The
   * send rejects with SUNBEAT_USAGE where it never calls `next()`. Code: SUNBEAT_OPTION_INVALID.
   */
  usePublish(middleware: PublishMiddleware): void {
    this.#core.extensions.usePublish(middleware);
  }

  /** The task of this app that a shared one is. Code: SUNBEAT_TASK_UNBOUND where it is not registered here. */
  taskOf<Args extends readonly unknown[], Result>(shared: SharedTask<Args, Result>): Task<Args, Result> {
    return sharedIn(shared, this.#core) as unknown as Task<Args, Result>;
  }

  /**
   * Names more files that declare tasks, as `include` does: they are imported with those. `from`: the URL or the path of the file that
   * the patterns are relative to, such as `import.meta.url`; without it the app's. Code: SUNBEAT_OPTION_INVALID.
   */
  autodiscover(
    patterns: string | readonly string[],
    options: { readonly from?: string | FileUrl } = {},
  ): void {
    assertKnownKeys(options, ["from"], "autodiscover");
    const { from } = options;
    const list = textsOption(typeof patterns === "string" ? [patterns] : patterns, "autodiscover");
    this.#core.taskFiles.add(list, from === undefined ? null : fileOption(from, "autodiscover: from"));
  }

  /**
   * Imports the files of `include` and `autodiscover`, and gives their paths. `file`: the URL or the path of the app's file. For
   * programs: the command line and children have done so when they have loaded the app. Not in the app's own file with `await`: files
   * that import the app would wait for it. Codes: SUNBEAT_INCLUDE_EMPTY, SUNBEAT_APP_LOAD_FAILED, SUNBEAT_OPTION_INVALID, and those of
   * what the files ask of sunbeat.
   */
  importTasks(file: string | FileUrl): Promise<readonly string[]> {
    return this.#core.taskFiles.import(fileOption(file, "importTasks"), process.cwd());
  }

  /** What queues hold: looks at it, pauses them, purges them. */
  get queues(): Queues {
    return this.#core.queues;
  }

  /** Tasks that have ended: searches, shows, retries and revokes them. */
  get tasks(): Tasks {
    return this.#core.tasks;
  }

  /** Dead letters, and what is kept of tasks that failed. */
  get dead(): Dead {
    return this.#core.dead;
  }

  /** What tasks did and what queues held. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID. */
  stats(options: StatsOptions = {}): Promise<Stats> {
    return readStats(this.#core.lazyStore, options);
  }

  /** Mutexes and semaphores in the store: those of tasks and entries, and those that programs take here. */
  get locks(): Locks {
    return this.#core.locks;
  }

  /** What operators change while workers run: tasks, rates, queues, slots, and nodes themselves. */
  get control(): Control {
    return this.#core.control;
  }

  /** What is wrong: ticks that nobody sends, runs that fail, queues that nobody empties, workers that are lost. */
  get alerts(): Alerts {
    return this.#core.alerts;
  }

  /** Metrics for Prometheus, of this process and of the system. */
  get metrics(): AppMetrics {
    return this.#core.metrics;
  }

  /** What nodes say about themselves. */
  get inspect(): Inspect {
    return this.#core.inspect;
  }

  /** Who is there: every worker and beat that shares the store. */
  get nodes(): Nodes {
    return this.#core.nodes;
  }

  /** Who did what. */
  get audit(): Audit {
    return this.#core.audit;
  }

  /**
   * A worker for this app's tasks; `start()` it, and `stop()` it or close the app. Codes: SUNBEAT_OPTION_UNKNOWN,
   * SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID, SUNBEAT_POOL_APP_MISSING.
   */
  worker(options: StartWorkerOptions = {}): Worker {
    return this.#core.running.own(makeWorker(this.#core, options));
  }

  /** A beat for this app's entries; however many are started anywhere, one leads. Codes as for `worker`. */
  beat(options: StartBeatOptions = {}): Beat {
    return this.#core.running.own(makeBeat(this.#core, options));
  }

  /**
   * Starts the workers and beats that were made by `worker()` and `beat()` until now, runs them until a signal, and closes
   * the app. The first SIGTERM, SIGINT or SIGHUP ends warm: no new tasks, running ones get `gracePeriod`, the rest goes
   * back. A second SIGTERM or SIGINT, or SIGQUIT, ends cold: running tasks are given back at once; a third one does what it
   * would do without us. Resolves with how it ended; the process is the program's to end. A second call gives the same
   * promise. Rejects with SUNBEAT_USAGE when there is nothing to run, and with what a worker could not start for.
   */
  runUntilSignal(): Promise<RunEnd> {
    return this.#core.running.untilSignal();
  }

  /**
   * Sends a task by name; this process need not have it. Codes as for `applyAsync`. A name that no worker has
   * becomes a dead letter there, after `unknownTaskGrace`.
   */
  sendTask<Result = unknown>(
    name: string,
    args: readonly unknown[] = [],
    options?: SendOptions,
  ): Promise<AsyncResult<Result>> {
    return this.#core.sender.send({ task: name, args, options });
  }

  /**
   * A signature of a task of any program, by name, open for anything. `args` stand at the end of its arguments, as with `s`. Code:
   * SUNBEAT_OPTION_INVALID.
   */
  signature<Result = unknown>(
    name: string,
    args: readonly unknown[] = [],
  ): Signature<readonly unknown[], Result> {
    return namedSignature(name, args, this.#core.canvas);
  }

  /**
   * The signature whose `toJSON()` gave `form`, or that somebody wrote by hand. Code: SUNBEAT_GRAPH_INVALID, which names the place in it.
   */
  fromJSON<Result = unknown>(form: unknown): Signature<readonly unknown[], Result> {
    return signatureFromJSON(form, this.#core.canvas);
  }

  /** The result of a task that was sent by any process. */
  result<Result = unknown>(id: string): AsyncResult<Result> {
    return this.#core.result(nameOption(id, "result: id"));
  }

  /**
   * A graph that was sent by any process; of a task that was sent alone, a graph of one. Its verbs throw SUNBEAT_GRAPH_UNKNOWN where the
   * store does not know it.
   */
  graph<Result = unknown>(id: string): GraphResult<Result> {
    return this.#core.graph({ graphId: nameOption(id, "graph: id") });
  }

  /**
   * Stops the workers and beats this app started, lets what is on its way reach the store, and closes it.
   * Idempotent; afterwards every call that needs the store rejects with SUNBEAT_CLOSED.
   */
  close(): Promise<void> {
    return this.#core.close();
  }
}

function declareTask(core: AppCore): DeclareTask {
  return (...given: TaskArguments) => {
    const [name, options, fn] = taskArguments(given);
    const definition = resolveTask(name, options, fn, taskDefaults(core.config));
    core.registry.add(definition);
    return makeTask(definition, core);
  };
}

/** What an app is made of, for the command line and the testing kit. Throws for an app of another sunbeat copy. */
export function coreOf(app: Sunbeat): AppCore {
  const core = cores.get(app);
  if (core === undefined) throw invalidOption("app", "a Sunbeat app made by this copy of the package", app);
  return core;
}
