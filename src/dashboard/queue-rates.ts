/** How fast a queue fills and empties: from records of the last minutes, and from how its depth has changed. */
import type { AppCore } from "../app/index.js";
import type { EpochMs } from "../core/clock.js";

export interface QueueRates {
  /** Tasks that ended, a minute. */
  readonly out: number;
  /** Tasks that came, a minute; null: no depth of before is known. */
  readonly in: number | null;
  /** Until it is empty at these rates; null: never. */
  readonly emptyInMs: number | null;
}

/** What rates are made of. */
export interface RateFacts {
  readonly ended: number;
  readonly overMs: number;
  readonly before: { readonly at: EpochMs; readonly depth: number } | null;
  readonly now: EpochMs;
}

const OVER_MS = 300_000;
const MOST_COUNTED = 500;
const MINUTE_MS = 60_000;

export async function readRates({ tasks, lazyStore }: AppCore, queue: string): Promise<RateFacts> {
  const now = await lazyStore.now();
  const [{ rows }, points] = await Promise.all([
    tasks.search(`queue:"${queue.replaceAll('"', "")}" after:5m`, { limit: MOST_COUNTED }),
    lazyStore.history.stats({ names: [queue], from: now - OVER_MS, to: now + 1, step: "minute" }),
  ]);
  const ended = rows.filter(({ state }) => state !== "retry").length;
  // Beyond so many the oldest of them tells how long they took.
  const overMs = rows.length < MOST_COUNTED ? OVER_MS : Math.max(1, now - rows.at(-1)!.at.getTime());
  const before = points.flatMap(({ at, queues }) => {
    const sample = queues.find((each) => each.queue === queue);
    return sample === undefined
      ? []
      : [{ at, depth: sample.ready + sample.scheduled + sample.leased + sample.blocked }];
  })[0];
  return { ended, overMs, before: before ?? null, now };
}

export function ratesOf({ ended, overMs, before, now }: RateFacts, depth: number): QueueRates {
  const out = (ended * MINUTE_MS) / overMs;
  const spanMs = before === null ? 0 : now - before.at;
  const came = spanMs <= 0 ? null : out + ((depth - before!.depth) * MINUTE_MS) / spanMs;
  const into = came === null ? null : Math.max(0, came);
  const shrinks = into === null ? 0 : out - into;
  return { out, in: into, emptyInMs: depth > 0 && shrinks > 0 ? (depth / shrinks) * MINUTE_MS : null };
}
