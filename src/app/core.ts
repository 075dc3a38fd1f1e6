import {
  assertRenames,
  CalendarBook,
  Prospects,
  resolveEntry,
  type BeatOptions,
  type Entry,
} from "../beat/index.js";
import type { Config, SunbeatOptions } from "../config/index.js";
import { checkedFrom, DEFAULTS, resolveOptions } from "../config/index.js";
import {
  audited,
  type AuditContext,
  type Change,
  type Operator,
  operatorOf,
  whoWeAre,
} from "../control/index.js";
import { CallMeter } from "../core/call-meter.js";
import { systemClock, type Clock } from "../core/clock.js";
import { SunbeatError } from "../core/errors.js";
import { silentLogger, type Logger } from "../core/logger.js";
import { AppLog, type LogChoice, type LogSetup, setUpLogging, warningsLogger } from "../logging/index.js";
import { nameOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import { systemRandom, type Random } from "../core/random.js";
import { StoreCalls } from "../core/store-calls.js";
import { type EventMap, Events } from "../events/index.js";
import { Locks } from "../locks/index.js";
import { Extensions } from "../signals/index.js";
import { Tasks } from "../monitor/tasks.js";
import type { ScheduleDefaults } from "../schedules/index.js";
import type { Store, StoreContext, StoreSource } from "../store/contracts/store.js";
import type { StoreFacts } from "../store/contracts/survey.js";
import { messageFactory, type CreateMessage } from "../tasks/message-factory.js";
import { TaskRegistry } from "../tasks/registry.js";
import type { WorkerOptions } from "../worker/options.js";
import { Audit } from "./audit.js";
import { AsyncResult } from "./async-result.js";
import { type Alerts, makeAlerts } from "./alerts.js";
import { maskPassword, parseBrokerUrl } from "./broker-url.js";
import { AppCanvas } from "./canvas-sender.js";
import { Calendars } from "./calendars.js";
import { behindKeys } from "./behind-keys.js";
import { Control } from "./control.js";
import { EventFeed } from "./event-feed.js";
import { GraphPublisher } from "./graph-publisher.js";
import { GraphHandle, type SentGraph } from "./graph-result.js";
import { clockOf, randomOf } from "./late-parts.js";
import { httpSender, httpTask } from "./http.js";
import { Inspect } from "./inspect.js";
import { lazyStore } from "./lazy-store.js";
import { AppMetrics } from "./metrics.js";
import { Monitoring } from "./monitoring.js";
import { AppNodes } from "./nodes.js";
import { openStore } from "./open-store.js";
import { Publisher } from "./publisher.js";
import { Publishing } from "./publishing.js";
import { Dead } from "./dead.js";
import { Queues } from "./queues.js";
import { Schedules } from "./schedules.js";
import { StoreHandle } from "./store-handle.js";
import type { ResultContext } from "./result-reader.js";
import { entryQueueOf } from "./entry-queues.js";
import { routeOf } from "./route.js";
import { Running } from "./running.js";
import { surveyStore } from "./survey-store.js";
import { taskDefaults } from "./task-defaults.js";
import { TaskFiles } from "./task-files.js";
import { TaskSender } from "./task-sender.js";

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
  /** False: its processes are no nodes, watch nothing and sample nothing: a year of virtual time has no millions of calls for it. */
  readonly monitoring?: boolean;
  readonly worker?: Pick<WorkerOptions, "sweepIntervalMs" | "idleCheckMs" | "lookAgainMs">;
  readonly beat?: Partial<Pick<BeatOptions, "leaseMs" | "maxLoopIntervalMs" | "maintenanceIntervalMs">>;
}

/** Verbs that change an entry, as the event names them. */
const ENTRY_ACTIONS: Readonly<Record<string, EventMap["schedule-changed"]["action"]>> = {
  setEntry: "set",
  pauseEntry: "pause",
  resumeEntry: "resume",
  deleteEntry: "delete",
};

/**
 * What an app is made of. The command line, the dashboard and the testing kit work with it; programs see `Sunbeat`.
 */
export class AppCore {
  readonly name: string;
  readonly config: Config;
  /** Clock, randomness and logger pass on to those in force: `use` and `useLogger` may come after they were handed out. */
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: AppLog;
  readonly events: Events;
  readonly registry = new TaskRegistry();
  readonly callMeter: CallMeter;
  /** Of its nodes. */
  readonly storeCalls: StoreCalls;
  /** The files that declare its tasks. */
  readonly taskFiles: TaskFiles;
  /** The entries of `beatSchedule`, checked: a wrong crontab fails here, before anything runs. */
  readonly entries: readonly Entry[];
  readonly store: StoreHandle;
  /** The same store for those that are made before it is open. */
  readonly lazyStore: Store;
  readonly createMessage: CreateMessage;
  /** Signals, middleware. */
  readonly extensions: Extensions;
  readonly publishing: Publishing;
  readonly publisher: Publisher;
  readonly graphPublisher: GraphPublisher;
  /** Sends forms. */
  readonly canvas: AppCanvas = new AppCanvas(this);
  /** Sends tasks by name. */
  readonly sender: TaskSender = new TaskSender(this);
  readonly schedules: Schedules;
  /** Calendars of days off, as this process knows them. */
  readonly book: CalendarBook;
  /** What schedules take that say nothing of their own. */
  readonly scheduleDefaults: ScheduleDefaults;
  readonly calendars: Calendars;
  /** For the command line: entries with the runs that lie before them. */
  readonly prospects: Prospects;
  readonly locks: Locks;
  readonly queues: Queues;
  readonly dead: Dead;
  readonly tasks: Tasks;
  readonly control: Control;
  readonly alerts: Alerts;
  readonly metrics: AppMetrics;
  /** Watch and health port of its workers and beats. */
  readonly monitoring: Monitoring;
  readonly nodes: AppNodes;
  readonly inspect: Inspect;
  readonly audit: Audit;
  /** Events between processes. */
  readonly feed: EventFeed;
  #parts: AppParts = {};
  /** What the program was told about logs: for children. */
  logChoice: LogChoice = { level: "info", format: "pretty", file: null };
  /** The workers and beats that it made. */
  readonly running = new Running(this);
  /** By what the changes of this process are made. */
  via: Operator["via"] = "program";
  #broker: string | StoreSource;
  /** What handles of results need. */
  readonly #resultContext: ResultContext;
  /** Of the senders of calls that belong to no app; null: this app has no option `http`. */
  readonly #leaveHttp: (() => void) | null;

  constructor(name: string, options: SunbeatOptions) {
    this.name = nameOption(name, "app name");
    this.config = resolveOptions(options);
    this.taskFiles = new TaskFiles(this.config.include, (files) =>
      this.extensions.tell("importModules", () => ({ app: this.name, files })),
    );
    const { beatSchedule, timezone, dst, businessDays, calendars, spreadMs } = this.config;
    this.book = new CalendarBook(calendars);
    const business = businessDays ?? undefined;
    const defaults = { timezone, dst, spreadMs, business, calendars: this.book.lookup };
    this.entries = Object.entries(beatSchedule).map(([entry, options]) =>
      resolveEntry(entry, options, { ...defaults, hashKey: entry }),
    );
    assertRenames(this.entries);
    this.clock = clockOf(() => this.#parts.clock ?? systemClock);
    this.callMeter = new CallMeter(this.clock);
    this.storeCalls = new StoreCalls(this.callMeter);
    this.random = randomOf(() => this.#parts.random ?? systemRandom);
    const { logger, redact } = this.config;
    this.logger = new AppLog(
      this.clock,
      redact,
      logger === undefined ? warningsLogger() : (logger ?? silentLogger),
      () => this.extensions.tracing?.fields(),
    );
    this.events = new Events(this);
    this.extensions = new Extensions(this);
    this.#broker = this.config.broker;
    // A wrong URL fails here and not at the first send; the store itself is opened when it is needed.
    const url = this.#broker;
    const isFromEnv = options.broker === undefined;
    if (typeof url === "string") {
      checkedFrom(isFromEnv && url !== DEFAULTS.broker ? "SUNBEAT_BROKER" : null, () => parseBrokerUrl(url));
    }
    this.store = new StoreHandle(async (signal) => behindKeys(await this.#openStore(signal), this));
    this.lazyStore = lazyStore(
      () => this.brokerLabel,
      () => this.store.get(),
      this.callMeter,
    );
    const { taskDefaultQueue, taskRoutes, taskIgnoreResult, resultTtlMs, maxDeliveries, payloadLimit } =
      this.config;
    const destinations = { queue: taskDefaultQueue, route: routeOf(taskRoutes) };
    this.createMessage = messageFactory({
      registry: this.registry,
      random: this.random,
      defaults: {
        ...destinations,
        priority: 0,
        ignoreResult: taskIgnoreResult,
        resultTtlMs,
        maxDeliveries,
        isFair: (queue) => this.config.taskQueues.get(queue)?.fair === true,
        payloadLimit,
      },
    });
    this.publishing = new Publishing(this);
    this.#resultContext = { clock: this.clock, events: this.events, store: () => this.store.get() };
    const sending = {
      clock: this.clock,
      retry: this.config.publishRetry,
      random: this.random,
      queues: this.config.taskQueues,
      store: () => this.store.get(),
    };
    this.publisher = new Publisher(sending);
    this.graphPublisher = new GraphPublisher(sending);
    const { clock: time, random: chance, events } = this;
    const log = this.logger.child({ component: "locks" });
    this.locks = new Locks({ store: this.lazyStore, clock: time, random: chance, logger: log, events });
    this.queues = new Queues(this.lazyStore, () => this.auditContext);
    this.dead = new Dead(this.lazyStore, () => this.auditContext);
    this.tasks = new Tasks({
      store: this.lazyStore,
      clock: this.clock,
      events: this.events,
      timezone: () => this.config.timezone,
      send: (task, args, queue) => this.sender.send({ task, args, options: { queue } }),
      resumeGraph: (graphId) => this.graph({ graphId }).resume(),
      audited: (change, run) => audited(this.auditContext, change, run),
    });
    for (const { name: entry, lock } of this.entries) {
      if (lock !== null) this.registry.noteLock(lock.name, lock.capacity, `entry ${quote(entry)}`);
    }
    this.schedules = new Schedules({
      store: this.lazyStore,
      clock: this.clock,
      random: this.random,
      queueOf: entryQueueOf(this.registry, destinations, taskRoutes),
      createMessage: this.createMessage,
      edits: this.publishing,
      entries: this.entries,
      defaults,
      book: this.book,
      calendars,
      logger: this.logger,
      events: this.events,
      owner: this.owner,
      version: this.config.version,
      audited: (change, run) => this.#auditedEntry(change, run),
    });
    this.nodes = new AppNodes(this);
    this.feed = new EventFeed(this);
    this.control = new Control(this);
    this.inspect = new Inspect(this);
    this.audit = new Audit(this.lazyStore);
    this.monitoring = new Monitoring(this);
    this.alerts = makeAlerts(this);
    this.metrics = new AppMetrics(this);
    this.prospects = new Prospects(this.lazyStore, this.entries, { spreadMs, book: this.book });
    this.scheduleDefaults = defaults;
    this.calendars = new Calendars({
      ...{ store: this.lazyStore, book: this.book, entries: this.entries, owner: this.owner },
      audited: (change, run) => audited(this.auditContext, change, run),
    });
    const { http } = this.config;
    if (http !== null) this.registry.add(httpTask(http, this.clock, taskDefaults(this.config)));
    this.#leaveHttp = http === null ? null : httpSender.join(this.canvas);
  }

  async #openStore(signal: AbortSignal): Promise<Store> {
    const context = { ...this.#storeContext, signal };
    const { store } = this.#parts;
    if (store !== undefined) return store(context);
    return typeof this.#broker === "string"
      ? openStore(parseBrokerUrl(this.#broker), context)
      : this.#broker.open(context);
  }

  /** For `audited`: what this process changes is the act of whoever runs it, unless `actingAs` names somebody. */
  get auditContext(): AuditContext {
    const { lazyStore: store, events, clock, logger } = this;
    const by = whoWeAre();
    const from = by.slice(by.lastIndexOf("@") + 1);
    const onWatched = (types: readonly string[]): void => this.feed.watched.setWatched(types);
    return { store, events, clock, logger, onWatched, hides: logger.hides, by, from, via: this.via };
  }

  async #auditedEntry<T>(change: Change, run: () => Promise<T>): Promise<T> {
    const context = this.auditContext;
    const done = await audited(context, change, run);
    const action = ENTRY_ACTIONS[change.verb];
    if (action !== undefined) {
      this.events.emit("schedule-changed", { entry: change.target, action, by: operatorOf(context).by });
    }
    return done;
  }

  get pace(): Pace {
    return this.#parts.pace ?? {};
  }

  /** The broker's URL with its password masked. */
  get brokerLabel(): string {
    return typeof this.#broker === "string" ? maskPassword(this.#broker) : this.#broker.label;
  }

  get broker(): string | StoreSource {
    return this.#broker;
  }

  /** With its password: for children, which open it for themselves. Null: the app brought a store of its own. */
  get brokerUrl(): string | null {
    return typeof this.#broker === "string" ? this.#broker : null;
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
    if (this.config.logger == null) this.logger.use(logger);
  }

  /**
   * For programs that are ours, and children: asks who may bring a logger, and otherwise takes what `ours` makes; null: the app's own.
   */
  async setUpLogging(setup: LogSetup, ours: () => Logger | null): Promise<void> {
    const { level, format, file } = setup;
    this.logChoice = { level, format, file };
    const { name: app, extensions, logger } = this;
    const ask = async (asked: LogSetup): Promise<unknown> => {
      const given = await extensions.signals.setupLogging.ask({ app, ...asked });
      return given.find((value) => value !== undefined);
    };
    const tell = ({ component }: LogSetup): void =>
      extensions.tell("afterSetupLogger", () => ({ app, component, logger }));
    await setUpLogging(logger, setup, { ask, tell }, ours);
  }

  get #storeContext(): Omit<StoreContext, "signal"> {
    const { clock, random } = this;
    return { clock, random, logger: this.logger.child({ component: "store" }) };
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
    const context = this.#storeContext;
    return typeof this.#broker === "string"
      ? surveyStore(parseBrokerUrl(this.#broker), context, limitMs, entries)
      : this.#broker.survey(context, limitMs, entries);
  }

  result(id: string, ignored = false): AsyncResult<never> {
    return new AsyncResult(id, this.#resultContext, ignored ? { ignored } : undefined);
  }

  graph(sent: SentGraph): GraphHandle<never> {
    return new GraphHandle(sent, this.#resultContext);
  }

  /**
   * Idempotent: stops workers and beats, lets what is on its way reach the store, gives locks back, and closes the store. With
   * nobody there who answers all but the workers take less than 2 s.
   */
  close(): Promise<void> {
    this.#leaveHttp?.();
    return this.running.close();
  }
}
