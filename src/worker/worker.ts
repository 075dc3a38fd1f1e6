/**
 * One worker: the life cycle around the line consumer -> run queue -> executor -> completer.
 *
 * Warm end (`stop`): nothing more is claimed, what was not started goes back at once, running tasks have
 * `gracePeriodMs` to end. Then their signals abort, and after a moment more the rest goes back to the front of its
 * queue, the delivery not counted. Cold end (`kill`): all of that at once. Code that does not heed its signal runs
 * on in this process either way; its end is refused by its token. After the end no timer of the worker is left.
 * A crash (`crash`) is a cold end that leaves what runs to the end of its lease.
 */
import { sleep } from "../core/clock.js";
import { messageOf, SunbeatError } from "../core/errors.js";
import { type InTime, inTime, isRetryable, type Patience } from "../core/patience.js";
import type { Locks } from "../locks/index.js";
import type { Completer } from "./completer.js";
import { Consumer } from "./consumer.js";
import type { Executor } from "./executor.js";
import type { Heartbeat } from "./heartbeat.js";
import { Idle, IDLE_CHECK_MS } from "./idle.js";
import { makeLine } from "./line.js";
import type { WorkerDependencies, WorkerStats } from "./options.js";
import { cutShort } from "./outcome.js";
import type { Reporter } from "./report.js";
import type { RunQueue } from "./run-queue.js";
import { SWEEP_INTERVAL_MS, Sweeper } from "./sweeper.js";

/** How long tasks may take to end after their signals aborted. */
const ABORT_MOMENT_MS = 1_000;
/** Bounds each of the last calls: who stops a worker does not wait for a store that is away. */
const LAST_CALL_MS = 2_000;

export class Worker {
  /** Resolves when the worker has ended; rejects when it had to, because the store failed for good. */
  readonly done: Promise<void>;
  readonly #dependencies: WorkerDependencies;
  readonly #reporter: Reporter;
  readonly #patience: Patience;
  readonly #inTime: InTime;
  /** As `#inTime`, at the end. */
  readonly #inLastTime: InTime;
  readonly #completer: Completer;
  readonly #executor: Executor;
  readonly #runQueue: RunQueue;
  readonly #heartbeat: Heartbeat;
  readonly #sweeper: Sweeper;
  readonly #locks: Locks;
  readonly #stopping = new AbortController();
  readonly #cold = new AbortController();
  #crashed = false;
  #settleDone!: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  #starting: Promise<void> | null = null;
  #ending: Promise<void> | null = null;
  #idle: Idle | null = null;
  #consumer: Consumer | null = null;
  /** Settles when the consumer's loop has ended; never rejects. */
  #consumed: Promise<void> = Promise.resolve();
  readonly #unsubscribe: (() => void)[] = [];
  #failure: { readonly error: unknown } | null = null;
  #state: WorkerStats["state"] = "new";

  constructor(dependencies: WorkerDependencies) {
    const { store, clock, random, options } = dependencies;
    this.#dependencies = dependencies;
    this.done = new Promise((resolve, reject) => {
      this.#settleDone = { resolve, reject };
    });
    this.done.catch(() => undefined); // who does not ask for `done` reads the log
    const onFatal = (error: unknown): void => this.#fail(error);
    const line = makeLine(dependencies, () => this.#consumer?.notify(), onFatal);
    this.#reporter = line.reporter;
    this.#patience = line.patience;
    this.#inTime = line.inTime;
    this.#inLastTime = inTime(clock, LAST_CALL_MS);
    this.#locks = line.locks;
    this.#heartbeat = line.heartbeat;
    this.#completer = line.completer;
    this.#executor = line.executor;
    this.#runQueue = line.runQueue;
    this.#sweeper = new Sweeper(
      clock,
      random,
      this.#patience,
      this.#inTime,
      store,
      onFatal,
      options.sweepIntervalMs ?? SWEEP_INTERVAL_MS,
    );
  }

  /**
   * Resolves when the worker takes work; waits for a store that cannot be reached yet. A second call changes
   * nothing. Rejects with SUNBEAT_CLOSED after `stop`, and with what the store threw when that is final.
   */
  start(): Promise<void> {
    if (this.#starting === null && this.#ending !== null) {
      return Promise.reject(new SunbeatError("SUNBEAT_CLOSED", "this worker was stopped; make a new one"));
    }
    return (this.#starting ??= this.#open().catch((error: unknown) => {
      this.#fail(error);
      throw error;
    }));
  }

  /** Warm end. Resolves when the worker has ended; a second call waits for the same end. Never rejects. */
  stop(): Promise<void> {
    return (this.#ending ??= this.#end());
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

  stats(): WorkerStats {
    const { running, processed, overran } = this.#executor;
    return {
      state: this.#state,
      running,
      prefetched: this.#runQueue.size,
      unsettled: this.#completer.unsettled,
      processed,
      overran,
    };
  }

  async #open(): Promise<void> {
    const { store, clock, options } = this.#dependencies;
    const arrivals = await this.#insist(
      "listen",
      () => store.consumer.listen(options.queues),
      (late) => void late.close().catch(() => undefined),
    );
    if (arrivals === null) return;
    this.#idle = new Idle(clock, arrivals, options.idleCheckMs ?? IDLE_CHECK_MS);
    for (const topic of ["revoke", "cancel", "graph"] as const) {
      const unsubscribe = await this.#insist(
        "subscribe",
        () => store.channel.subscribe(topic, (payload) => this.#heard(topic, payload)),
        (late) => late(),
      );
      if (unsubscribe === null) return;
      this.#unsubscribe.push(unsubscribe);
    }
    this.#consumer = new Consumer(
      {
        clock,
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
    this.#consumed = this.#consumer.run().catch((error: unknown) => this.#fail(error));
    this.#reporter.log.info(`${options.hostname} ready.`);
    this.#reporter.worker("worker-online");
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

  /** A hint; the heartbeat says the same a little later. */
  #heard(topic: "revoke" | "cancel" | "graph", payload: string): void {
    if (topic === "graph") return this.#endGraph(payload);
    let ids: unknown;
    try {
      ids = JSON.parse(payload);
    } catch {
      return this.#reporter.log.warn(`A message on the channel topic "${topic}" is not a JSON array of ids`);
    }
    if (!Array.isArray(ids)) return;
    const told = new Set<unknown>(ids);
    for (const reservation of this.#heartbeat.kept) {
      if (told.has(reservation.delivery.id)) reservation[topic]();
    }
    this.#runQueue.endRevoked();
  }

  #endGraph(graph: string): void {
    for (const reservation of this.#heartbeat.kept) {
      if (reservation.delivery.part?.graph === graph) reservation.revoke();
    }
    this.#runQueue.endRevoked();
  }

  #fail(error: unknown): void {
    if (this.#failure !== null || this.#state === "stopped") return;
    this.#failure = { error };
    this.#reporter.failure("Worker ends, since its store failed for good", error);
    void this.kill();
  }

  async #end(): Promise<void> {
    const { log } = this.#reporter;
    const { gracePeriodMs, hostname } = this.#dependencies.options;
    const wasRunning = this.#state === "running";
    this.#state = "stopping";
    this.#stopping.abort();
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
    await this.#close();
    this.#state = "stopped";
    if (wasRunning) this.#reporter.worker("worker-offline");
    if (this.#failure === null) this.#settleDone.resolve();
    else this.#settleDone.reject(this.#failure.error);
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
    for (const { reservation, definition, resultTtlMs } of this.#executor.abandon()) {
      if (this.#crashed) continue;
      this.#completer.complete(reservation, cutShort(definition, reservation), resultTtlMs, 0);
    }
  }

  /** What is left goes to the store in one bounded try. What cannot be told comes back when its lease ends. */
  async #lastCalls(): Promise<void> {
    try {
      await this.#completer.flush(this.#inLastTime);
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
    for (const end of this.#unsubscribe) end();
    try {
      await this.#inLastTime("close", this.#locks.close());
      if (this.#idle !== null) await this.#inLastTime("close", this.#idle.close());
    } catch (error) {
      this.#reporter.log.debug(`Closing the arrivals failed: ${messageOf(error)}`);
    }
  }
}
