import { type GraphResult, namedSignature, type Signature, signatureFromJSON } from "../canvas/index.js";
import type { Beat, Schedules } from "../beat/index.js";
import type { SunbeatOptions } from "../config/index.js";
import { invalidOption, nameOption } from "../core/options.js";
import type { Events } from "../events/index.js";
import type { Locks } from "../locks/index.js";
import type { TaskDefinition } from "../tasks/definition.js";
import type { SendOptions } from "../tasks/message.js";
import { defineTask, type TaskOptions } from "../tasks/task-options.js";
import type { Worker } from "../worker/worker.js";
import type { AsyncResult } from "./async-result.js";
import { AppCore } from "./core.js";
import { type LockedTask, lockedRunOf, type RegisterOptions, type TaskOf } from "./locked-task.js";
import { makeBeat, makeWorker, type StartBeatOptions, type StartWorkerOptions } from "./processes.js";
import type { RunEnd } from "./serve.js";
import { type DeclareTask, makeTask } from "./task.js";

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
    this.task = declareTask(core);
    cores.set(this, core);
  }

  /** What happens in this process: sends, and the runs and ticks of the workers and beats it started. */
  get events(): Events {
    return this.#core.events;
  }

  /** The entries in the store: those that code declares, and those set at run time. */
  get schedules(): Schedules {
    return this.#core.schedules;
  }

  /**
   * Registers a class that extends `LockedTask`; one instance of it is made now. Codes as for `task`.
   */
  register<T extends LockedTask>(type: new () => T, name: string, options: RegisterOptions = {}): TaskOf<T> {
    const declare = this.task as unknown as (name: string, options: TaskOptions, fn: unknown) => TaskOf<T>;
    return declare(name, options, lockedRunOf(type));
  }

  /** Mutexes and semaphores in the store: those of tasks and entries, and those that programs take here. */
  get locks(): Locks {
    return this.#core.locks;
  }

  /**
   * A worker for this app's tasks; `start()` it, and `stop()` it or close the app. Codes: SUNBEAT_OPTION_UNKNOWN,
   * SUNBEAT_OPTION_INVALID.
   */
  worker(options: StartWorkerOptions = {}): Worker {
    return this.#core.own(makeWorker(this.#core, options));
  }

  /** A beat for this app's entries; however many are started anywhere, one leads. Codes as for `worker`. */
  beat(options: StartBeatOptions = {}): Beat {
    return this.#core.own(makeBeat(this.#core, options));
  }

  /**
   * Starts the workers and beats that were made by `worker()` and `beat()` until now, runs them until a signal, and closes
   * the app. The first SIGTERM, SIGINT or SIGHUP ends warm: no new tasks, running ones get `gracePeriod`, the rest goes
   * back. A second SIGTERM or SIGINT, or SIGQUIT, ends cold: running tasks are given back at once; a third one does what it
   * would do without us. Resolves with how it ended; the process is the program's to end. A second call gives the same
   * promise. Rejects with SUNBEAT_USAGE when there is nothing to run, and with what a worker could not start for.
   */
  runUntilSignal(): Promise<RunEnd> {
    return this.#core.runUntilSignal();
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
    return this.#core.send({ task: name, args, options });
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
  return (name: string, ...rest: [TaskDefinition["fn"]] | [TaskOptions, TaskDefinition["fn"]]) => {
    const [options, fn] = rest.length === 1 ? [{}, rest[0]] : rest;
    const { config } = core;
    const definition = defineTask(name, options, fn, {
      ignoreResult: config.taskIgnoreResult,
      resultTtlMs: config.resultTtlMs,
      maxDeliveries: config.maxDeliveries,
      trackStarted: config.taskTrackStarted,
      timeLimitMs: config.taskTimeLimitMs,
      softTimeLimitMs: config.taskSoftTimeLimitMs,
    });
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
