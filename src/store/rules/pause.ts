/** Queues that no claim takes from for a while. What is sent to them waits, and etas pass. */
import type { Pause, PausedQueue } from "../contracts/queues.js";
import type { Records } from "./records.js";

export function isInForce({ until }: Pick<PausedQueue, "until">, now: number): boolean {
  return until === null || until > now;
}

export function pausedQueues({ pauses, now }: Records): PausedQueue[] {
  return pauses.all().filter((paused) => isInForce(paused, now));
}

/** In place of a pause that is in force, which has its beginning. */
export function pauseQueue(records: Records, queue: string, { by, reason, forMs }: Pause): PausedQueue {
  const { pauses, now } = records;
  const before = pausedQueues(records).find((paused) => paused.queue === queue);
  const until = forMs === null ? null : now + forMs;
  const paused = { queue, since: before?.since ?? now, by, reason, until };
  pauses.put(paused);
  // Who sleeps is to know until when; who has prefetched from it gives that back.
  records.notify(queue);
  records.publish("pause", queue);
  return paused;
}

/** Whether it was paused. */
export function resumeQueue(records: Records, queue: string): boolean {
  const { pauses } = records;
  const was = pausedQueues(records).some((paused) => paused.queue === queue);
  pauses.remove(queue);
  if (was) records.notify(queue);
  return was;
}

/** Drops at most `limit` pauses that are over; gives their number. */
export function sweepPauses({ pauses, now }: Records, limit: number): number {
  const over = pauses.all().filter((paused) => !isInForce(paused, now));
  return over.slice(0, limit).filter(({ queue }) => pauses.remove(queue)).length;
}
