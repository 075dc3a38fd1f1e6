/**
 * Who in this process waits for what: consumers for arrivals, callers for results, subscribers for signals. It is
 * fed by the steps of this process (`tell`) and by the watcher for those of others.
 */
import type { Clock, EpochMs } from "../../core/clock.js";
import { messageOf, type StoreError } from "../../core/errors.js";
import type { Logger } from "../../core/logger.js";
import { quote } from "../../core/quote.js";
import type { Arrivals } from "../contracts/consumer.js";
import type { StoredResult } from "../contracts/results.js";
import type { News, Signal } from "./transaction.js";

/** One consumer's latch. */
export interface Listener {
  readonly queues: ReadonlySet<string>;
  notify(): void;
}

interface Subscription {
  readonly handler: (payload: string) => void;
}

/** What `awaitResult` gives. `end` stops the waiting and may be called twice. */
export interface AwaitedResult {
  readonly outcome: Promise<StoredResult | null>;
  end(): void;
}

/** Told before somebody begins to wait or to listen, and when nobody does any more. */
export interface Watching {
  begin(): void;
  end(): void;
}

type Waiter = (outcome: StoredResult | StoreError | null) => void;

export class Hub {
  readonly listeners = new Set<Listener>();
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #subscriptions = new Map<string, Set<Subscription>>();
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #closers = new Set<() => void>();
  #waits = 0;
  /** When each consumer here looks by itself, as its last claim told it, or sooner; Infinity: one may not look at all. */
  #nextClaimBy: EpochMs = Infinity;
  #watching: Watching = { begin: () => undefined, end: () => undefined };

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  set watching(watching: Watching) {
    this.#watching = watching;
  }

  /** Whether anything at all is waited for at this moment. */
  get interested(): boolean {
    return this.#waits > 0 || this.wantsResults || this.wantsSignals;
  }

  get wantsResults(): boolean {
    return this.#waiters.size > 0;
  }

  /** The ids of the results that are waited for. */
  get awaited(): readonly string[] {
    return [...this.#waiters.keys()];
  }

  get wantsSignals(): boolean {
    return this.#subscriptions.size > 0;
  }

  tell(news: News): void {
    if (news.queues.size > 0) {
      for (const listener of this.listeners) if (overlaps(listener.queues, news.queues)) listener.notify();
    }
    this.wakeBy(news.wakesBy);
    if (news.claimsAgainBy !== undefined)
      this.#nextClaimBy = Math.max(this.#nextClaimBy, news.claimsAgainBy ?? Infinity);
    for (const result of news.endedTasks) this.tellResult(result);
    for (const signal of news.signals) this.tellSignal(signal);
  }

  /** A claim from whatever queue has something to do at `at`: rings every consumer, unless each looks by then. */
  wakeBy(at: EpochMs): void {
    if (at >= this.#nextClaimBy) return;
    this.#nextClaimBy = at;
    for (const listener of this.listeners) listener.notify();
  }

  tellResult(result: StoredResult): void {
    for (const waiter of this.#waiters.get(result.id) ?? []) waiter(result);
  }

  /** Handlers run once the present step is over, and none of them sees another one throw. */
  tellSignal({ topic, payload }: Signal): void {
    for (const subscription of this.#subscriptions.get(topic) ?? []) {
      queueMicrotask(() => {
        if (!this.#subscriptions.get(topic)?.has(subscription)) return;
        try {
          subscription.handler(payload);
        } catch (error) {
          this.#logger.error(`sqlite store: a handler of topic ${quote(topic)} threw: ${messageOf(error)}`);
        }
      });
    }
  }

  subscribe(topic: string, handler: (payload: string) => void): () => void {
    const subscription: Subscription = { handler };
    this.#watching.begin();
    add(this.#subscriptions, topic, subscription);
    return () => {
      drop(this.#subscriptions, topic, subscription);
      this.#endWatching();
    };
  }

  awaitResult(id: string, signal: AbortSignal): AwaitedResult {
    this.#watching.begin();
    let end: () => void = () => undefined;
    const outcome = new Promise<StoredResult | null>((resolve, reject) => {
      const waiter: Waiter = (told) => {
        end();
        if (told instanceof Error) reject(told);
        else resolve(told);
      };
      const abort = (): void => waiter(null);
      end = () => {
        signal.removeEventListener("abort", abort);
        drop(this.#waiters, id, waiter);
        this.#endWatching();
      };
      add(this.#waiters, id, waiter);
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });
    // The caller may fail before it looks at the outcome.
    outcome.catch(() => undefined);
    return { outcome, end: () => end() };
  }

  listen(queues: readonly string[]): Arrivals {
    let latched = false;
    let closed = false;
    let wake: () => void = () => undefined;
    const listener: Listener = {
      queues: new Set(queues),
      notify: () => {
        latched = true;
        wake();
      },
    };
    const close = (): void => {
      closed = true;
      this.listeners.delete(listener);
      this.#closers.delete(close);
      wake();
    };
    this.listeners.add(listener);
    this.#closers.add(close);
    return {
      wait: async (timeoutMs, signal) => {
        this.#waits++;
        this.#watching.begin();
        if (!latched && !closed && !signal.aborted) {
          await this.#untilWoken(timeoutMs, signal, (fn) => (wake = fn));
          wake = () => undefined;
        }
        this.#waits--;
        this.#endWatching();
        latched = false;
      },
      close: async () => close(),
    };
  }

  /** Ends all waiting: results with the error, arrivals and subscriptions quietly. */
  close(error: StoreError): void {
    this.#subscriptions.clear();
    for (const waiters of this.#waiters.values()) for (const waiter of waiters) waiter(error);
    for (const close of this.#closers) close();
  }

  #endWatching(): void {
    if (!this.interested) this.#watching.end();
  }

  #untilWoken(timeoutMs: number, signal: AbortSignal, onWake: (wake: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = this.#clock.after(timeoutMs, done);
      signal.addEventListener("abort", done, { once: true });
      onWake(done);
    });
  }
}

function overlaps(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const each of a) if (b.has(each)) return true;
  return false;
}

function add<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}

function drop<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  if (set?.delete(value) && set.size === 0) sets.delete(key);
}
