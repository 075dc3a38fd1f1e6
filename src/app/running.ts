/** The workers and beats that an app made: how they run, and how they and the app end. */
import type { Clock } from "../core/clock.js";
import { ConfigurationError, messageOf } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { bounded } from "../core/patience.js";
import { SILENCE_MS } from "./sending.js";
import { type Part, type RunEnd, serve } from "./serve.js";

interface RunningParts {
  readonly clock: Clock;
  readonly logger: Logger & { flush(): Promise<void> };
  readonly store: { readonly opened: boolean; close(): Promise<void> };
  readonly locks: { close(): Promise<void> };
  readonly feed: { close(): Promise<void> };
  readonly publisher: { drain(): Promise<void> };
  readonly graphPublisher: { drain(): Promise<void> };
  readonly metrics: { close(): Promise<void> };
  close(): Promise<void>;
}

const isWorker = (part: Part): boolean => "kill" in part;

export class Running {
  /** Ends the run of this process warm; null: the program runs its workers and beats by itself. */
  end: (() => void) | null = null;
  readonly #app: RunningParts;
  /** In order. */
  readonly #parts = new Set<Part>();
  #closing: Promise<void> | null = null;
  #untilSignal: Promise<RunEnd> | null = null;

  constructor(app: RunningParts) {
    this.#app = app;
  }

  /** Whether `close` was called: nothing is sent any more. */
  get isClosing(): boolean {
    return this.#closing !== null;
  }

  /** Whether it has made a worker in this process. */
  get hasWorker(): boolean {
    return [...this.#parts].some(isWorker);
  }

  /** Has `close` stop it, too. */
  own<P extends Part>(part: P): P {
    this.#parts.add(part);
    return part;
  }

  /** Runs them until a signal, a failure or `close` ends them. */
  untilSignal(): Promise<RunEnd> {
    if (this.#parts.size === 0) {
      const message = "runUntilSignal: there is nothing to run; call app.worker() or app.beat() before";
      return Promise.reject(new ConfigurationError("SUNBEAT_USAGE", message));
    }
    // Beats first: another one takes the lead while the workers here still finish their tasks.
    this.#untilSignal ??= serve({
      logger: this.#app.logger,
      parts: [...this.#parts].sort((a, b) => Number(isWorker(a)) - Number(isWorker(b))),
      close: () => this.#app.close(),
      isClosing: () => this.isClosing,
      onBegun: (end) => (this.end = end),
      ownsProcess: false,
    });
    return this.#untilSignal;
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { feed, publisher, graphPublisher, metrics, store, logger } = this.#app;
    const stop = (part: Part): Promise<void> => part.stop();
    try {
      const beats = Promise.all([...this.#parts].filter((part) => !isWorker(part)).map(stop));
      // Running tasks may send, and may hold locks.
      await Promise.all([...this.#parts].filter(isWorker).map(stop));
      // Side by side: each of them waits for a silent store for a while, and all together no longer.
      await Promise.all([beats, this.#closeLocks(), feed.close(), publisher.drain(), graphPublisher.drain()]);
    } finally {
      await metrics.close();
      await store.close();
      await logger.flush();
    }
  }

  async #closeLocks(): Promise<void> {
    const { clock, locks, logger, store } = this.#app;
    if (!store.opened) return;
    try {
      await bounded(clock, SILENCE_MS, "release", locks.close());
    } catch (error) {
      logger.debug(`Locks were left to the ends of their leases: ${messageOf(error)}`);
    }
  }
}
