import { Prospects, resolveEntry, Schedules, type BeatOptions, type Entry } from "../beat/index.js";
import { taskForm } from "../canvas/index.js";
import type { Config, SunbeatOptions } from "../config/index.js";
import { resolveOptions } from "../config/index.js";
import { systemClock, type Clock } from "../core/clock.js";
import { ConfigurationError, messageOf, SunbeatError } from "../core/errors.js";
import { silentLogger, type Logger } from "../core/logger.js";
import { bounded } from "../core/patience.js";
import { invalidOption, nameOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import { systemRandom, type Random } from "../core/random.js";
import { stderrLogger } from "../core/stderr-logger.js";
import { Events } from "../events/index.js";
import { Locks } from "../locks/index.js";
import type { EnqueueOutcome } from "../store/contracts/sender.js";
import type { Store, StoreContext, StoreSource } from "../store/contracts/store.js";
import type { StoreFacts } from "../store/contracts/survey.js";
import { messageFactory, type CreateMessage, type MessageRequest } from "../tasks/message-factory.js";
import type { NewMessage, SendOptions } from "../tasks/message.js";
import { TaskRegistry } from "../tasks/registry.js";
import type { WorkerOptions } from "../worker/options.js";
import { AsyncResult } from "./async-result.js";
import { maskPassword, parseBrokerUrl } from "./broker-url.js";
import { AppCanvas } from "./canvas-sender.js";
import { GraphPublisher } from "./graph-publisher.js";
import { type GraphContext, GraphHandle, type SentGraph } from "./graph-result.js";
import { clockOf, loggerOf, randomOf } from "./late-parts.js";
import { lazyStore } from "./lazy-store.js";
import { openStore } from "./open-store.js";
import { Publisher } from "./publisher.js";
import { SILENCE_MS } from "./sending.js";
import { serve, type Part, type RunEnd } from "./serve.js";
import { StoreHandle } from "./store-handle.js";
import { surveyStore } from "./survey-store.js";

const isWorker = (part: Part): boolean => "kill" in part;

/** What the testing kit puts in place of the real thing. */
export interface AppParts {
  readonly clock?: Clock;
  readonly random?: Random;
  /** Opens the store instead of what the broker URL names. */
  readonly store?: (context: StoreContext) => Store | Promise<Store>;
  readonly pace?: Pace;
}

/** How often workers and beats do what nothing calls for. */
export interface Pace {
  readonly worker?: Pick<WorkerOptions, "sweepIntervalMs" | "idleCheckMs" | "lookAgainMs">;
  readonly beat?: Partial<Pick<BeatOptions, "leaseMs" | "maxLoopIntervalMs" | "maintenanceIntervalMs">>;
}

/**
 * What an app is made of. The command line, the dashboard and the testing kit work with it; programs see `Sunbeat`.
 */
export class AppCore {
  readonly name: string;
  readonly config: Config;
  /** Clock, randomness and logger pass on to those in force: `use` and `useLogger` may come after they were handed out. */
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: Events;
  readonly registry = new TaskRegistry();
  /** The entries of `beatSchedule`, checked: a wrong crontab fails here, before anything runs. */
  readonly entries: readonly Entry[];
  readonly store: StoreHandle;
  /** The same store for those that are made before it is open. */
  readonly lazyStore: Store;
  readonly createMessage: CreateMessage;
  readonly publisher: Publisher;
  readonly graphPublisher: GraphPublisher;
  /** Sends forms. */
  readonly canvas = new AppCanvas(this);
  readonly schedules: Schedules;
  /** For the command line: entries with the runs that lie before them. */
  readonly prospects: Prospects;
  readonly locks: Locks;
  #parts: AppParts = {};
  #logger: Logger;
  #broker: string | StoreSource;
  /** Workers and beats that this app started, in order. */
  readonly #running = new Set<Part>();
  /** What handles of results need. */
  readonly #resultContext: GraphContext;
  #closing: Promise<void> | null = null;
  #untilSignal: Promise<RunEnd> | null = null;

  constructor(name: string, options: SunbeatOptions) {
    this.name = nameOption(name, "app name");
    this.config = resolveOptions(options);
    const { beatSchedule, timezone, dst } = this.config;
    this.entries = Object.entries(beatSchedule).map(([entry, options]) =>
      resolveEntry(entry, options, { timezone, dst, hashKey: entry }),
    );
    this.clock = clockOf(() => this.#parts.clock ?? systemClock);
    this.random = randomOf(() => this.#parts.random ?? systemRandom);
    const { logger } = this.config;
    this.#logger = logger === undefined ? stderrLogger(this.clock) : (logger ?? silentLogger);
    this.logger = loggerOf(() => this.#logger);
    this.events = new Events(this);
    this.#broker = this.config.broker;
    // A wrong URL fails here and not at the first send; the store itself is opened when it is needed.
    if (typeof this.#broker === "string") parseBrokerUrl(this.#broker);
    this.store = new StoreHandle(async (signal) => {
      const context = { clock: this.clock, random: this.random, logger: this.logger, signal };
      const { store } = this.#parts;
      if (store !== undefined) return store(context);
      return typeof this.#broker === "string"
        ? openStore(parseBrokerUrl(this.#broker), context)
        : this.#broker.open(context);
    });
    this.lazyStore = lazyStore(
      () => this.brokerLabel,
      () => this.store.get(),
    );
    const { taskDefaultQueue, taskIgnoreResult, resultTtlMs, maxDeliveries, payloadLimit } = this.config;
    this.createMessage = messageFactory({
      registry: this.registry,
      random: this.random,
      defaults: {
        queue: taskDefaultQueue,
        priority: 0,
        ignoreResult: taskIgnoreResult,
        resultTtlMs,
        maxDeliveries,
        payloadLimit,
      },
    });
    this.#resultContext = { clock: this.clock, events: this.events, store: () => this.store.get() };
    const sending = {
      clock: this.clock,
      retry: this.config.publishRetry,
      store: () => this.store.get(),
    };
    this.publisher = new Publisher(sending);
    this.graphPublisher = new GraphPublisher(sending);
    const { clock: time, random: chance, logger: log, events } = this;
    this.locks = new Locks({ store: this.lazyStore, clock: time, random: chance, logger: log, events });
    for (const { name: entry, lock } of this.entries) {
      if (lock !== null) this.registry.noteLock(lock.name, lock.capacity, `entry ${quote(entry)}`);
    }
    this.schedules = new Schedules({
      store: this.lazyStore,
      random: this.random,
      createMessage: this.createMessage,
      entries: this.entries,
      defaults: { timezone, dst },
    });
    this.prospects = new Prospects(this.lazyStore, this.entries);
  }

  get pace(): Pace {
    return this.#parts.pace ?? {};
  }

  /** The broker's URL with its password masked. */
  get brokerLabel(): string {
    return typeof this.#broker === "string" ? maskPassword(this.#broker) : this.#broker.label;
  }

  /** For the command line: the broker named there goes before the app's. Only before the store is opened. */
  useBroker(url: string): void {
    parseBrokerUrl(url);
    this.#mustBeUnopened("broker");
    this.#broker = url;
  }

  /** For the testing kit: another clock, randomness or store. Only before the store is opened. */
  use(parts: AppParts): void {
    this.#mustBeUnopened("clock and store");
    this.#parts = parts;
  }

  #mustBeUnopened(what: string): void {
    if (!this.store.opened) return;
    throw new SunbeatError(
      "SUNBEAT_USAGE",
      `the ${what} of app ${this.name} cannot be changed: its store is open already`,
    );
  }

  /**
   * For the command line and the testing kit: where log lines go from now on. An app that brought its own logger keeps it.
   */
  useLogger(logger: Logger): void {
    if (this.config.logger == null) this.#logger = logger;
  }

  /** Whose the entries of `beatSchedule` are, in the store. */
  get owner(): string {
    return `code:${this.name}`;
  }

  /**
   * What the broker tells about itself, its settings and, where names of entries are given, what it holds, within
   * `limitMs`; opens and changes no store. Rejects with the store's error when it cannot be asked.
   */
  async survey(limitMs: number, entries?: readonly string[]): Promise<StoreFacts> {
    const { clock, random, logger } = this;
    const context = { clock, random, logger };
    return typeof this.#broker === "string"
      ? surveyStore(parseBrokerUrl(this.#broker), context, limitMs, entries)
      : this.#broker.survey(context, limitMs, entries);
  }

  async send(request: MessageRequest): Promise<AsyncResult<never>> {
    const { task, args, options } = request;
    if (options?.link !== undefined || options?.linkError !== undefined) {
      return this.canvas.send(taskForm(task, args), [], options);
    }
    if (this.config.taskAlwaysEager) {
      const { runMessage } = await import("./eager.js");
      return runMessage(this.createMessage(request), this);
    }
    const { id, resultTtlMs } = await this.sendMessage(request);
    return this.result(id, resultTtlMs === 0);
  }

  async sendMessage(request: MessageRequest): Promise<NewMessage> {
    const message = this.createMessage(request);
    this.#tellSent(message, await this.publisher.send(message));
    return message;
  }

  #tellSent({ id, task, queue }: NewMessage, outcome: EnqueueOutcome): void {
    if (outcome === "queued") this.events.emit("task-sent", { id, task, queue });
  }

  async sendMany(
    task: string,
    argsList: readonly (readonly unknown[])[],
    options: SendOptions | undefined,
  ): Promise<AsyncResult<never>[]> {
    if (!Array.isArray(argsList))
      throw invalidOption("delayMany", "an array of arrays of arguments", argsList);
    if (options?.taskId !== undefined) {
      throw invalidOption("taskId", "nothing in delayMany: each task has its own id", options.taskId);
    }
    // All are checked before any is sent, so that one wrong item does not leave half of them behind.
    if (this.config.taskAlwaysEager) return this.#sendEach(task, argsList, options);
    const messages = argsList.map((args: readonly unknown[]) => this.createMessage({ task, args, options }));
    const outcomes = await this.publisher.sendMany(messages);
    return messages.map((message, index) => {
      this.#tellSent(message, outcomes[index]!);
      return this.result(message.id, message.resultTtlMs === 0);
    });
  }

  async #sendEach(
    task: string,
    argsList: readonly (readonly unknown[])[],
    options: SendOptions | undefined,
  ): Promise<AsyncResult<never>[]> {
    const sent: AsyncResult<never>[] = [];
    for (const args of argsList) sent.push(await this.send({ task, args, options }));
    return sent;
  }

  result(id: string, ignored = false): AsyncResult<never> {
    return new AsyncResult(id, this.#resultContext, ignored ? { ignored } : undefined);
  }

  graph(sent: SentGraph): GraphHandle<never> {
    return new GraphHandle(sent, this.#resultContext);
  }

  /** Has `close` stop it, too. */
  own<P extends Part>(part: P): P {
    this.#running.add(part);
    return part;
  }

  /** Runs the workers and beats that this app made, until a signal, a failure or `close` ends them. */
  runUntilSignal(): Promise<RunEnd> {
    if (this.#running.size === 0) {
      const message = "runUntilSignal: there is nothing to run; call app.worker() or app.beat() before";
      return Promise.reject(new ConfigurationError("SUNBEAT_USAGE", message));
    }
    // Beats first: another one takes the lead while the workers here still finish their tasks.
    this.#untilSignal ??= serve({
      logger: this.logger,
      parts: [...this.#running].sort((a, b) => Number(isWorker(a)) - Number(isWorker(b))),
      close: () => this.close(),
      isClosing: () => this.#closing !== null,
      ownsProcess: false,
    });
    return this.#untilSignal;
  }

  /**
   * Idempotent: stops workers and beats, lets what is on its way reach the store, gives locks back, and closes the store. With
   * nobody there who answers all but the workers take less than 2 s.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const stop = (part: Part): Promise<void> => part.stop();
    try {
      const beats = Promise.all([...this.#running].filter((part) => !isWorker(part)).map(stop));
      // Running tasks may send, and may hold locks.
      await Promise.all([...this.#running].filter(isWorker).map(stop));
      // Side by side: each of them waits for a silent store for a while, and all together no longer.
      await Promise.all([beats, this.#closeLocks(), this.publisher.drain(), this.graphPublisher.drain()]);
    } finally {
      await this.store.close();
    }
  }

  async #closeLocks(): Promise<void> {
    if (!this.store.opened) return;
    try {
      await bounded(this.clock, SILENCE_MS, "release", this.locks.close());
    } catch (error) {
      this.logger.debug(`Locks were left to the ends of their leases: ${messageOf(error)}`);
    }
  }
}
