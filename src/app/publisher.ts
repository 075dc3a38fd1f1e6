/**
 * The way of messages into the store. What is sent in one turn of the event loop goes in one call, so that a loop
 * of `delay` costs one round trip and not one for each; every sender still has the answer for its own message.
 */
import { sleep, within, type Clock } from "../core/clock.js";
import { StoreError } from "../core/errors.js";
import type { PublishRetry } from "../config/options.js";
import type { EnqueueOutcome, NewMessage } from "../store/broker.js";
import type { Store } from "../store/store.js";

/** Messages in one call: a call is one atomic step of the store, which must stay short. */
const CHUNK = 1_000;
/** A call that has not answered by then is taken for lost. */
const STORE_TIMEOUT_MS = 10_000;

interface Waiting {
  readonly message: NewMessage;
  readonly resolve: (outcome: EnqueueOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export interface PublisherContext {
  readonly clock: Clock;
  readonly store: () => Promise<Store>;
  readonly retry: PublishRetry;
}

export class Publisher {
  readonly #context: PublisherContext;
  #waiting: Waiting[] = [];
  readonly #sending = new Set<Promise<void>>();

  constructor(context: PublisherContext) {
    this.#context = context;
  }

  /**
   * Resolves once the store has the message. Rejects with a StoreError; with SUNBEAT_STORE_TIMEOUT the message may
   * have arrived, and sending the same id again is safe.
   */
  send(message: NewMessage): Promise<EnqueueOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      if (this.#waiting.length === 1) this.#context.clock.soon(() => this.#flush());
    });
  }

  /** Resolves when nothing is on its way any more; sends what waits at once. */
  async drain(): Promise<void> {
    this.#flush();
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < waiting.length; start += CHUNK) {
      const sending = this.#deliver(waiting.slice(start, start + CHUNK)).finally(() => {
        this.#sending.delete(sending);
      });
      this.#sending.add(sending);
    }
  }

  /** Never rejects: each sender gets its own answer. */
  async #deliver(chunk: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#enqueue(chunk.map(({ message }) => message));
      chunk.forEach(({ resolve }, index) => resolve(outcomes[index]!));
    } catch (error) {
      for (const { reject } of chunk) reject(error);
    }
  }

  async #enqueue(messages: readonly NewMessage[]): Promise<EnqueueOutcome[]> {
    const { clock, retry, store } = this.#context;
    for (let tries = 0; ; tries++) {
      try {
        const { broker } = await store();
        return await within(clock, STORE_TIMEOUT_MS, broker.enqueue(messages), lateAnswer);
      } catch (error) {
        // Repeating is safe: the store takes an id once, also when the lost call had done its work.
        if (!(error instanceof StoreError) || !error.retryable || tries >= retry.maxRetries) throw error;
        const wait = Math.min(retry.intervalStartMs + tries * retry.intervalStepMs, retry.intervalMaxMs);
        await sleep(clock, wait);
      }
    }
  }
}

function lateAnswer(): StoreError {
  return new StoreError(
    "SUNBEAT_STORE_TIMEOUT",
    `the store did not answer within ${STORE_TIMEOUT_MS / 1000} s; the message may have arrived, sending its id again is safe`,
    { retryable: true },
  );
}
