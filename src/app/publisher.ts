/**
 * The way of messages into the store. What is sent in one turn of the event loop goes in one call, so that a loop
 * of `delay` costs one round trip and not one for each; every sender still has the answer for its own message.
 */
import { within } from "../core/clock.js";
import { StoreError } from "../core/errors.js";
import { bounded } from "../core/patience.js";
import type { EnqueueOutcome, NewMessage } from "../store/contracts/sender.js";
import { FullQueues } from "./full-queues.js";
import { ONE_ROUND_MS, sendAgain, type SendingContext, SILENCE_MS, STORE_TIMEOUT_MS } from "./sending.js";

/** Messages in one call: a call is one atomic step of the store, which must stay short (Redis: 2 ms). */
const CHUNK = 500;
/** Calls on their way at once: while the store does one, the next is made ready. */
const MOST_CALLS = 4;
/** From so many groups on, half goes first: who sends again when it is answered does so while the store has the rest. */
const WORTH_HALVING = 32;

const LATE = "; the message may have arrived, sending its id again is safe";

const unopened = () =>
  new StoreError("SUNBEAT_STORE_UNAVAILABLE", "the store has not opened within 1s; nothing was sent", {
    retryable: true,
  });

/** Messages that stay together: at most CHUNK. */
interface Waiting {
  readonly messages: readonly NewMessage[];
  readonly resolve: (outcomes: EnqueueOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

export class Publisher {
  readonly #context: SendingContext;
  readonly #full: FullQueues;
  #waiting: Waiting[] = [];
  #scheduled = false;
  /** Whether nothing was waiting or on its way before what waits now came. */
  #rested = true;
  readonly #sending = new Set<Promise<void>>();

  constructor(context: SendingContext) {
    this.#context = context;
    const { clock, random, queues } = context;
    const put = (messages: readonly NewMessage[]): Promise<EnqueueOutcome[]> => this.#put(messages);
    this.#full = new FullQueues({ clock, random, queues, put, mostAtOnce: CHUNK });
  }

  /**
   * Resolves once the store has the message. Rejects with a StoreError; with SUNBEAT_STORE_TIMEOUT the message may
   * have arrived, and sending the same id again is safe; with SUNBEAT_QUEUE_FULL it has not.
   */
  async send(message: NewMessage): Promise<EnqueueOutcome> {
    const bound = this.#full.boundOf(message.queue);
    if (!bound) return (await this.#put([message]))[0]!;
    const outcomes: EnqueueOutcome[] = [];
    await this.#full.send([message], outcomes, bound);
    return outcomes[0]!;
  }

  /** As `send`, for many of one queue. Adds their outcomes to `outcomes`, in order, also where it rejects. */
  async sendMany(
    messages: readonly NewMessage[],
    outcomes: EnqueueOutcome[] = [],
  ): Promise<EnqueueOutcome[]> {
    const [first] = messages;
    const bound = first && this.#full.boundOf(first.queue);
    if (bound) {
      await this.#full.send(messages, outcomes, bound);
      return outcomes;
    }
    const parts: Promise<EnqueueOutcome[]>[] = [];
    for (let start = 0; start < messages.length; start += CHUNK) {
      parts.push(this.#put(messages.slice(start, start + CHUNK)));
    }
    for (const answers of await Promise.all(parts)) outcomes.push(...answers);
    return outcomes;
  }

  /**
   * Resolves when nothing is on its way any more, sending at once what waits; or when the store has been silent for a
   * second: what waits is refused then, and what is on its way ends with the store.
   */
  async drain(): Promise<void> {
    this.#full.close();
    try {
      while (this.#waiting.length > 0 || this.#sending.size > 0) {
        this.#startCall();
        await bounded(this.#context.clock, SILENCE_MS, "enqueue", Promise.race(this.#sending), LATE);
      }
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    }
  }

  #put(messages: readonly NewMessage[]): Promise<EnqueueOutcome[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ messages, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    this.#context.clock.soon(() => {
      this.#scheduled = false;
      if (this.#sending.size < MOST_CALLS) this.#startCall();
      if (this.#sending.size < MOST_CALLS) this.#schedule();
    });
  }

  /** What has waited longest, as much of it as fits into one call. */
  #startCall(): void {
    const count = this.#waiting.length;
    const halves = this.#rested && count >= WORTH_HALVING && count <= CHUNK;
    const most = halves ? Math.ceil(count / 2) : CHUNK;
    this.#rested = false;
    let [taken, size] = [0, 0];
    for (const { messages } of this.#waiting) {
      if (size > 0 && size + messages.length > most) break;
      taken++;
      size += messages.length;
    }
    if (taken === 0) return;
    const sending = this.#deliver(this.#waiting.splice(0, taken)).finally(() => {
      this.#sending.delete(sending);
      this.#rested = this.#sending.size === 0 && this.#waiting.length === 0;
      this.#schedule();
    });
    this.#sending.add(sending);
  }

  /** Never rejects: each sender gets its own answer. */
  async #deliver(groups: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#enqueue(groups.flatMap(({ messages }) => messages));
      let from = 0;
      for (const { messages, resolve } of groups) resolve(outcomes.slice(from, (from += messages.length)));
    } catch (error) {
      for (const { reject } of groups) reject(error);
    }
  }

  async #enqueue(messages: readonly NewMessage[]): Promise<EnqueueOutcome[]> {
    const { clock, retry, store } = this.#context;
    const { bounds } = this.#full;
    if (retry.maxRetries === 0) return this.#once(messages);
    // Repeating is safe: the store takes an id once, also when the lost call had done its work.
    return sendAgain(this.#context, async () => {
      const { sender } = await store();
      return bounded(clock, STORE_TIMEOUT_MS, "enqueue", sender.enqueue(messages, { bounds }), LATE);
    });
  }

  /** One try, within a second: whoever asked for no other has an answer of its own to give. */
  async #once(messages: readonly NewMessage[]): Promise<EnqueueOutcome[]> {
    const { clock, store } = this.#context;
    const startedAt = clock.monotonicMs();
    const { sender } = await within(clock, ONE_ROUND_MS, store(), unopened);
    const limitMs = Math.max(1, ONE_ROUND_MS - (clock.monotonicMs() - startedAt));
    return bounded(
      clock,
      STORE_TIMEOUT_MS,
      "enqueue",
      sender.enqueue(messages, { limitMs, bounds: this.#full.bounds }),
      LATE,
    );
  }
}
