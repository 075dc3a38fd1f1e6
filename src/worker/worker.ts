/**
 * One worker: the life cycle around the line consumer -> run queue -> pool -> completer.
 *
 * Warm end (`stop`): nothing more is claimed, what was not started goes back at once, running tasks have
 * `gracePeriodMs` to end. Then their signals abort, and after a moment more the rest goes back to the front of its
 * queue, the delivery not counted. Cold end (`kill`): all of that at once. Code that does not heed its signal runs
 * on in this process either way; its end is refused by its token. After the end no timer of the worker is left.
 * A crash (`crash`) is a cold end that leaves what runs to the end of its lease.
 */
import { aborted, sleep } from "../core/clock.js";
import { messageOf, StoreError, SunbeatError } from "../core/errors.js";
import { assertNoChild } from "../core/in-child.js";
import { type InTime, inTime, isRetryable, type Patience } from "../core/patience.js";
import type { Locks } from "../locks/index.js";
import type { Completer } from "./completer.js";
import { Consumer } from "./consumer.js";
import { Hearing } from "./hearing.js";
import type { Heartbeat } from "./heartbeat.js";
import { Idle, IDLE_CHECK_MS } from "./idle.js";
import { limitsOf } from "./limits.js";
import { LimitedTasks } from "./limited-tasks.js";
import { type Line, makeLine } from "./line.js";
import type { WorkerDependencies, WorkerStats } from "./options.js";
import { cutShort } from "./outcome.js";
import { Pulse } from "./pulse.js";
import { hasChildren } from "../tasks/pool-name.js";
import type { Pools } from "./pools/pools.js";
import type { Reporter } from "./report.js";
import type { RunQueue } from "./run-queue.js";
import { StatTeller } from "./stat-teller.js";
import { Steering } from "./steering.js";
import { SWEEP_INTERVAL_MS, Sweeper } from "./sweeper.js";

/** How long tasks may take to end after their signals aborted. */
const ABORT_MOMENT_MS = 1_000;
/** Bounds each of the last calls: who stops a worker does not wait for a store that is away. */
const LAST_CALL_MS = 2_000;

export class Worker {
  /** Resolves when the worker has ended; rejects when it had to, because the store failed for good. */
  readonly done: Promise<void>;
  #dependencies: WorkerDependencies;
  #line!: Line;
  #reporter!: Reporter;
  #patience!: Patience;
  #inTime!: InTime;
  /** As `#inTime`, at the end. */
  readonly #inLastTime: InTime;
  #completer!: Completer;
  #pools!: Pools;
  #runQueue!: RunQueue;
  #heartbeat!: Heartbeat;
  #statTeller!: StatTeller | null;
  #sweeper!: Sweeper;
  #locks!: Locks;
  /** What somebody outside asks of it. */
  readonly steering: Steering;
  readonly #stopping = new AbortController();
  readonly #cold = new AbortController();
  #crashed = false;
  #graceMs: number | null = null;
  #settleDone!: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  #starting: Promise<void> | null = null;
  #ending: Promise<void> | null = null;
  #pulse!: Pulse | null;
  #idle: Idle | null = null;
  #consumer: Consumer | null = null;
  /** Settles when the consumer's loop has ended; never rejects. */
  #consumed: Promise<void> = Promise.resolve();
  #hearing: Hearing | null = null;
  #failure: { readonly error: unknown } | null = null;
  #state: WorkerStats["state"] = "new";

  constructor(given: WorkerDependencies) {
    const { clock } = given;
    const tasks = new LimitedTasks(given.registry);
    const queues = [...given.options.queues];
    const dependencies = { ...given, registry: tasks, options: { ...given.options, queues } };
    this.#dependencies = dependencies;
    this.done = new Promise((resolve, reject) => {
      this.#settleDone = { resolve, reject };
    });
    this.done.catch(() => undefined); // who does not ask for `done` reads the log
    this.#inLastTime = inTime(clock, LAST_CALL_MS);
    this.#makeLine();
    this.steering = new Steering({
      ...{ clock, tasks, queues, options: dependencies.options },
      line: () => this.#line,
      consumer: () => this.#consumer,
      state: () => this.#state,
      listen: () => this.#listenAnew(),
    });
  }

  #makeLine(): void {
    const { store, clock, random, options } = this.#dependencies;
    const onFatal = (error: unknown): void => this.#fail(error);
    const line = makeLine(this.#dependencies, () => this.#consumer?.notify(), onFatal);
    this.#line = line;
    this.#reporter = line.reporter;
    this.#patience = line.patience;
    this.#inTime = line.inTime;
    this.#locks = line.locks;
    this.#heartbeat = line.heartbeat;
    this.#completer = line.completer;
    this.#pools = line.pools;
    this.#runQueue = line.runQueue;
    const { watched } = this.#dependencies;
    this.#pulse =
      watched === undefined
        ? null
        : new Pulse({
            ...{ clock, reporter: line.reporter, watched: watched.events, version: watched.version },
            stats: () => this.stats(),
          });
    this.#sweeper = new Sweeper(
      clock,
      random,
      this.#patience,
      this.#inTime,
      store,
      onFatal,
      options.sweepIntervalMs ?? SWEEP_INTERVAL_MS,
      options.history ?? null,
    );
    const { counters } = line;
    this.#statTeller =
      counters &&
      new StatTeller({
        clock,
        inTime: this.#inTime,
        patience: this.#patience,
        history: store.history,
        counters,
      });
  }

  /**
   * Resolves when the worker takes work; waits for a store that cannot be reached yet. A second call changes
   * nothing. Rejects with SUNBEAT_CLOSED after `stop`, with SUNBEAT_IN_CHILD, and with what the store threw when that is final.
   */
  async start(): Promise<void> {
    assertNoChild("worker");
    if (this.#starting === null && this.#ending !== null) {
      throw new SunbeatError("SUNBEAT_CLOSED", "this worker was stopped; make a new one");
    }
    if (this.#starting === null) this.#dependencies.companion?.start();
    this.#starting ??= this.#open().catch((error: unknown) => {
      this.#fail(error);
      throw error;
    });
    return this.#starting;
  }

  /** Warm end. Resolves when the worker has ended; a second call waits for the same end. Never rejects. */
  stop(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  /** How long a warm end that has not begun waits for running tasks, instead of `gracePeriod`. */
  set graceMs(ms: number) {
    this.#graceMs = ms;
  }

  /** Cold end, also in the middle of a warm one. Resolves when the worker has ended. Never rejects. */
  kill(): Promise<void> {
    this.#cold.abort();
    return this.stop();
  }

  /**
   * Cold end of a process in an unknown state. What runs is not given back: one of these runs may be the reason, so the
   * delivery must count, or a task that brings down each worker that takes it would never be a dead letter.
   */
  crash(): Promise<void> {
    this.#crashed = true;
    return this.kill();
  }

  /** Whether its tasks run in threads or processes, one of its pools at least. */
  get hasChildren(): boolean {
    return this.#dependencies.options.pools.some(({ name }) => hasChildren(name));
  }

  /** New children one after the other, with the files as they are now, while work goes on. Never rejects: what failed is logged. */
  async restart(): Promise<void> {
    if (this.#state !== "running" || !this.hasChildren) return;
    const { log } = this.#reporter;
    log.info("Restarting the children of the pools");
    try {
      await this.#pools.restart();
      log.info("The children of the pools are new");
    } catch (error) {
      if (this.#state === "running") this.#reporter.failure("The children could not all be replaced", error);
    }
  }

  stats(): WorkerStats {
    const pools = this.#pools.stats();
    const sum = (what: "running" | "processed" | "overran"): number =>
      pools.reduce((total, pool) => total + pool[what], 0);
    return {
      state: this.#state,
      running: sum("running"),
      prefetched: this.#runQueue.size,
      unsettled: this.#completer.unsettled,
      processed: sum("processed"),
      overran: sum("overran"),
      recordsLeftOut: this.#completer.recordsLeftOut,
      pools,
    };
  }

  async #open(): Promise<void> {
    await this.#claimName();
    if (this.#stopping.signal.aborted) return;
    const { store, clock, options, registry, node } = this.#dependencies;
    this.#reporter.signals.life("workerInit", {});
    const arrivals = await this.#insist(
      "listen",
      () => store.consumer.listen(options.queues),
      (late) => void late.close().catch(() => undefined),
    );
    if (arrivals === null) return;
    this.#idle = new Idle(clock, arrivals, options.idleCheckMs ?? IDLE_CHECK_MS);
    this.#hearing = new Hearing({
      ...{ channel: store.channel, heartbeat: this.#heartbeat, runQueue: this.#runQueue },
      ...{ log: this.#reporter.log, queues: options.queues },
    });
    if (!(await this.#hearing.open((...asked) => this.#insist(...asked)))) return;
    // A watch that is not heard of now is known by the presence call.
    this.#dependencies.watched?.events.listenSoon();
    const declare = (): Promise<true> => store.limits.declare(limitsOf(registry)).then(() => true);
    if ((await this.#insist("limits", declare, () => undefined)) === null) return;
    await Promise.race([this.#pools.open(), aborted(this.#stopping.signal)]);
    if (this.#stopping.signal.aborted) return;
    this.#consumer = new Consumer(
      {
        clock,
        mark: this.#line.claims,
        patience: this.#patience,
        idle: this.#idle,
        heartbeat: this.#heartbeat,
        reporter: this.#reporter,
        runQueue: this.#runQueue,
        completer: this.#completer,
      },
      options,
    );
    this.#state = "running";
    this.#sweeper.start();
    this.#statTeller?.start();
    this.#consumed = this.#consumer.run().catch((error: unknown) => this.#fail(error));
    this.#reporter.log.info(`${options.hostname} ready.`);
    this.#reporter.online();
    this.#pulse?.start();
    this.#reporter.signals.life("workerReady", {});
    node?.changed();
  }

  /** Under another name than the one it was made for nothing has run yet: its line is made anew. */
  async #claimName(): Promise<void> {
    const { node, options } = this.#dependencies;
    const hostname = await node?.claim();
    if (hostname === undefined || hostname === options.hostname) return;
    this.#reporter.log.info(`Another node is called ${options.hostname}: this one is ${hostname}`);
    this.#dependencies = { ...this.#dependencies, options: { ...options, hostname } };
    this.#makeLine();
  }

  /** To the queues as they are now. */
  async #listenAnew(): Promise<void> {
    const { store, options, node } = this.#dependencies;
    const idle = this.#idle;
    if (idle !== null && !this.#stopping.signal.aborted) {
      await idle.listenTo(await this.#inTime("listen", store.consumer.listen(options.queues)));
    }
    node?.changed();
  }

  /** Until it works, or null when the worker is stopped meanwhile. What comes too late is handed to `undo`. */
  async #insist<T>(what: string, attempt: () => Promise<T>, undo: (late: T) => void): Promise<T | null> {
    while (!this.#stopping.signal.aborted) {
      const work = attempt();
      try {
        const value = await this.#inTime(what, work);
        this.#patience.succeeded("start");
        if (!this.#stopping.signal.aborted) return value;
        undo(value);
      } catch (error) {
        work.then(undo, () => undefined);
        if (!isRetryable(error)) throw error;
        await sleep(this.#dependencies.clock, this.#patience.failed(error, "start"), this.#stopping.signal);
      }
    }
    return null;
  }

  #fail(error: unknown): void {
    if (this.#failure !== null || this.#state === "stopped") return;
    this.#failure = { error };
    const why = error instanceof StoreError ? "its store failed for good" : "it cannot go on";
    this.#reporter.failure(`Worker ends, since ${why}`, error);
    void this.kill();
  }

  async #end(): Promise<void> {
    const { log } = this.#reporter;
    const { hostname } = this.#dependencies.options;
    const gracePeriodMs = this.#graceMs ?? this.#dependencies.options.gracePeriodMs;
    const wasRunning = this.#state === "running";
    this.#state = "stopping";
    this.#stopping.abort();
    this.#dependencies.node?.changed();
    if (this.#starting !== null)
      this.#reporter.signals.life("workerShuttingDown", { cold: this.#cold.signal.aborted });
    await this.#starting?.catch(() => undefined);
    if (wasRunning && this.#failure === null) {
      log.info(`${this.#cold.signal.aborted ? "Cold" : "Warm"} shutdown (${hostname})`);
    }
    this.#consumer?.drain();
    await this.#consumedWithin(gracePeriodMs, this.#cold.signal);
    // A run that stops because it was asked to goes back uncounted.
    if (!this.#crashed) for (const reservation of this.#heartbeat.kept) reservation.shutDown();
    await this.#consumedWithin(ABORT_MOMENT_MS, this.#cold.signal);
    this.#consumer?.cut();
    await this.#consumedWithin(LAST_CALL_MS);
    this.#letGo();
    if (this.#failure === null) await this.#lastCalls();
    await Promise.all([
      this.#close(),
      this.#dependencies.node?.left(this.#failure === null ? "ended" : "failed"),
      this.#dependencies.companion?.stop(),
    ]);
    this.#state = "stopped";
    if (wasRunning) this.#reporter.offline(this.#endedBy());
    if (this.#starting !== null) await this.#reporter.signals.shutdown(LAST_CALL_MS);
    if (this.#failure === null) this.#settleDone.resolve();
    else this.#settleDone.reject(this.#failure.error);
  }

  #endedBy(): string {
    if (this.#failure !== null) return messageOf(this.#failure.error);
    if (this.#crashed) return "crash";
    return this.#cold.signal.aborted ? "cold shutdown" : "warm shutdown";
  }

  async #consumedWithin(ms: number, early?: AbortSignal): Promise<void> {
    const over = new AbortController();
    const signal = early === undefined ? over.signal : AbortSignal.any([over.signal, early]);
    await Promise.race([this.#consumed, sleep(this.#dependencies.clock, ms, signal)]);
    over.abort();
  }

  /**
   * Lets go of everything: what runs on is no longer ours, and no timer of it is left. Runs go back to their queues, or,
   * after a crash, stay where they are until their leases end.
   */
  #letGo(): void {
    this.#runQueue.returnAll();
    for (const { reservation, definition, resultTtlMs } of this.#pools.abandon()) {
      if (this.#crashed) continue;
      this.#completer.complete(reservation, cutShort(definition, reservation), resultTtlMs, 0);
    }
  }

  /** What is left goes to the store in one bounded try. What cannot be told comes back when its lease ends. */
  async #lastCalls(): Promise<void> {
    try {
      await this.#completer.flush(this.#inLastTime);
      await this.#statTeller?.flush(this.#inLastTime);
    } catch (error) {
      this.#reporter.log.error(
        `${this.#completer.unsettled} deliveries could neither be settled nor given back, ` +
          `and will be delivered again when their leases end: ${messageOf(error)}`,
      );
    }
  }

  async #close(): Promise<void> {
    this.#heartbeat.stop();
    this.#sweeper.stop();
    this.#pulse?.stop();
    this.#statTeller?.stop();
    await this.#inLastTime("close", this.#pools.close()).catch((error: unknown) => {
      this.#reporter.log.warn(`Children of the worker are still there: ${messageOf(error)}`);
    });
    this.#hearing?.close();
    try {
      await this.#inLastTime("close", this.#locks.close());
      if (this.#idle !== null) await this.#inLastTime("close", this.#idle.close());
    } catch (error) {
      this.#reporter.log.debug(`Closing the arrivals failed: ${messageOf(error)}`);
    }
  }
}
