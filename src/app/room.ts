/** Queues that have a bound, and what a sender does that finds one full. */
import { sleep, type Clock } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import { StoreError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Random } from "../core/random.js";
import type { QueueConfig } from "../config/index.js";

/** Between two questions that found no room: from the first of these, twice as long each time, to the second; each spread over its half. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 500;

export interface Bound {
  readonly queue: string;
  readonly maxLength: number;
  readonly waits: boolean;
  readonly timeoutMs: number;
}

export function boundsOf(queues: ReadonlyMap<string, QueueConfig>): Bound[] {
  return [...queues].flatMap(([queue, { maxLength, onFull, timeoutMs }]) =>
    maxLength === null ? [] : [{ queue, maxLength, waits: onFull === "wait", timeoutMs }],
  );
}

/** As the store is told of them. */
export function asMap(bounds: readonly Bound[]): ReadonlyMap<string, number> {
  return new Map(bounds.map(({ queue, maxLength }) => [queue, maxLength]));
}

/** How long to wait before a full queue is asked again. */
export class Pauses {
  readonly #random: Random;
  #next = FIRST_PAUSE_MS;

  constructor(random: Random) {
    this.#random = random;
  }

  /** There was room. */
  reset(): void {
    this.#next = FIRST_PAUSE_MS;
  }

  next(): number {
    const pauseMs = this.#next * (0.5 + this.#random.next() / 2);
    this.#next = Math.min(this.#next * 2, LONGEST_PAUSE_MS);
    return pauseMs;
  }
}

/** Waits before one is asked again, until the timeout of any of them is over. */
export async function* pausesForRoom(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  bounds: readonly Bound[],
): AsyncGenerator<void, never, void> {
  const pauses = new Pauses(random);
  const { timeoutMs } = bounds.reduce((a, b) => (a.timeoutMs <= b.timeoutMs ? a : b));
  const deadline = clock.monotonicMs() + timeoutMs;
  const refusing = bounds.filter(({ waits }) => !waits);
  if (refusing.length > 0) throw queueFull(refusing, NOTHING_SENT);
  for (;;) {
    const leftMs = deadline - clock.monotonicMs();
    if (leftMs <= 0) throw queueFull(bounds, NOTHING_SENT, `for ${formatDuration(timeoutMs)}`);
    await sleep(clock, Math.min(pauses.next(), leftMs));
    yield;
  }
}

/** What the store has of those that were to be sent. */
export interface Sent {
  readonly ids: readonly string[];
  readonly of: number;
}

const NOTHING_SENT: Sent = { ids: [], of: 1 };

/** `during`: how long it was waited for. */
export function queueFull(
  bounds: readonly Pick<Bound, "queue" | "maxLength">[],
  { ids, of }: Sent,
  during?: string,
): StoreError {
  const names = bounds.map(({ queue }) => quote(queue)).join(" or ");
  const most = Math.min(...bounds.map(({ maxLength }) => maxLength));
  const sent = ids.length;
  const left =
    of === 1
      ? "nothing was sent"
      : `the first ${sent} of ${of} were sent; send those behind them when there is room`;
  return new StoreError(
    "SUNBEAT_QUEUE_FULL",
    `queue ${names} ${during === undefined ? "is full" : `was full ${during}`}: its maxLength lets ${most} tasks wait; ${left}`,
    { retryable: true, details: { queue: bounds[0]?.queue, maxLength: most, sent, taskIds: ids } },
  );
}
