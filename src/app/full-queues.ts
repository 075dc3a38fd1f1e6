/** Sends to queues that have a bound. Who waits for room stands in one line per queue: a full queue is asked by one call at a time. */
import { type Clock, sleep } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import type { Random } from "../core/random.js";
import type { QueueConfig } from "../config/index.js";
import type { EnqueueOutcome, NewMessage } from "../store/contracts/sender.js";
import { asMap, type Bound, boundsOf, Pauses, queueFull, type Sent } from "./room.js";

/** Messages in one question after a queue was full; twice as many after each that found room for all. */
const FIRST_BATCH = 16;

export interface FullQueuesContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly queues: ReadonlyMap<string, QueueConfig>;
  /** Sends messages that belong together, in order, at most `mostAtOnce`. */
  readonly put: (messages: readonly NewMessage[]) => Promise<EnqueueOutcome[]>;
  readonly mostAtOnce: number;
}

/** One send, of one message or of many for one queue. */
interface Waiting {
  readonly messages: readonly NewMessage[];
  /** Of those that the store has, from the first on. */
  readonly outcomes: EnqueueOutcome[];
  /** Monotonic. */
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class FullQueues {
  /** The bounds as the store is told of them; undefined: there is none. */
  readonly bounds: ReadonlyMap<string, number> | undefined;
  readonly #context: FullQueuesContext;
  readonly #bounds: ReadonlyMap<string, Bound>;
  readonly #lines = new Map<string, Waiting[]>();
  readonly #closing = new AbortController();

  constructor(context: FullQueuesContext) {
    const bounds = boundsOf(context.queues);
    this.#context = context;
    this.#bounds = new Map(bounds.map((bound) => [bound.queue, bound]));
    this.bounds = bounds.length > 0 ? asMap(bounds) : undefined;
  }

  boundOf(queue: string): Bound | undefined {
    return this.#bounds.get(queue);
  }

  /**
   * Sends messages for one queue, in order: what comes behind one that finds no room is not sent before it. Adds the outcomes of those
   * that the store has, also where it rejects: with SUNBEAT_QUEUE_FULL, which tells how many these are.
   */
  async send(messages: readonly NewMessage[], outcomes: EnqueueOutcome[], bound: Bound): Promise<void> {
    if (!this.#lines.has(bound.queue)) {
      while (outcomes.length < messages.length) {
        const part = messages.slice(outcomes.length, outcomes.length + this.#context.mostAtOnce);
        const sent = untilFull(await this.#context.put(part));
        outcomes.push(...sent);
        if (sent.length < part.length) break;
      }
      if (outcomes.length === messages.length) return;
      if (!bound.waits) throw queueFull([bound], sentOf({ messages, outcomes }));
    }
    await this.#stand(messages, outcomes, bound);
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closing.abort();
    for (const [queue, line] of this.#lines) {
      for (const waiting of line.splice(0)) this.#refuse(queue, waiting, "until the app was closed");
    }
  }

  #stand(messages: readonly NewMessage[], outcomes: EnqueueOutcome[], bound: Bound): Promise<void> {
    const { queue, timeoutMs } = bound;
    const deadline = this.#context.clock.monotonicMs() + timeoutMs;
    return new Promise((resolve, reject) => {
      const waiting = { messages, outcomes, deadline, resolve, reject };
      if (this.#closing.signal.aborted) return this.#refuse(queue, waiting, "until the app was closed");
      const line = this.#lines.get(queue);
      if (line !== undefined) return void line.push(waiting);
      const begun = [waiting];
      this.#lines.set(queue, begun);
      void this.#serve(bound, begun);
    });
  }

  /** Until nobody waits. Never rejects. */
  async #serve({ queue, timeoutMs }: Bound, line: Waiting[]): Promise<void> {
    const { clock, random } = this.#context;
    const pauses = new Pauses(random);
    while (line.length > 0) {
      const soonest = Math.min(...line.map(({ deadline }) => deadline)) - clock.monotonicMs();
      await sleep(clock, Math.max(0, Math.min(pauses.next(), soonest)), this.#closing.signal);
      if (await this.#ask(line)) pauses.reset();
      const now = clock.monotonicMs();
      for (const waiting of line.filter(({ deadline }) => deadline <= now)) {
        line.splice(line.indexOf(waiting), 1);
        this.#refuse(queue, waiting, `for ${formatDuration(timeoutMs)}`);
      }
    }
    this.#lines.delete(queue);
  }

  /** Sends from the head of the line until the queue is full again; whether any had room. */
  async #ask(line: Waiting[]): Promise<boolean> {
    let hadRoom = false;
    for (let most = FIRST_BATCH; line.length > 0; most = Math.min(2 * most, this.#context.mostAtOnce)) {
      const batch = foremost(line, most);
      let sent: EnqueueOutcome[];
      try {
        sent = untilFull(await this.#context.put(batch));
      } catch (error) {
        for (const waiting of concerned(line, batch.length)) waiting.reject(error);
        return hadRoom;
      }
      hadRoom ||= sent.length > 0;
      share(line, sent);
      if (sent.length < batch.length) break;
    }
    return hadRoom;
  }

  #refuse(queue: string, waiting: Waiting, during: string): void {
    waiting.reject(queueFull([this.#bounds.get(queue)!], sentOf(waiting), during));
  }
}

function untilFull(answers: readonly EnqueueOutcome[]): EnqueueOutcome[] {
  const end = answers.indexOf("full");
  return end < 0 ? [...answers] : answers.slice(0, end);
}

const leftOf = ({ messages, outcomes }: Waiting): number => messages.length - outcomes.length;

function sentOf({ messages, outcomes }: Pick<Waiting, "messages" | "outcomes">): Sent {
  return { ids: messages.slice(0, outcomes.length).map(({ id }) => id), of: messages.length };
}

/** The messages at the head of the line. */
function foremost(line: readonly Waiting[], most: number): NewMessage[] {
  const batch: NewMessage[] = [];
  for (const { messages, outcomes } of line) {
    batch.push(...messages.slice(outcomes.length, outcomes.length + most - batch.length));
    if (batch.length === most) break;
  }
  return batch;
}

/** Takes those out of the line whose messages were among so many at its head. */
function concerned(line: Waiting[], count: number): Waiting[] {
  const taken: Waiting[] = [];
  for (let left = count; left > 0 && line.length > 0;) {
    const waiting = line.shift()!;
    left -= leftOf(waiting);
    taken.push(waiting);
  }
  return taken;
}

/** Gives outcomes to those at the head of the line; who has all of theirs is done. */
function share(line: Waiting[], sent: EnqueueOutcome[]): void {
  for (let from = 0; line[0] !== undefined;) {
    const [waiting] = line;
    const own = sent.slice(from, from + leftOf(waiting));
    from += own.length;
    waiting.outcomes.push(...own);
    if (leftOf(waiting) > 0) return;
    line.shift();
    waiting.resolve();
  }
}
