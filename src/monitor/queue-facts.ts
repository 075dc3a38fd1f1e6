/** What queues hold, with the ages of what waits in them. */
import type { InTime } from "../core/patience.js";
import type { SeenNode } from "../store/contracts/presence.js";
import type { QueueCounts, Queues } from "../store/contracts/queues.js";
import type { WatchedQueue } from "./look.js";

export interface AgedCounts extends Omit<QueueCounts, "oldestReadyAt"> {
  /** Since when its oldest ready message could be taken; null: none is ready. */
  readonly oldestReadyAt: number | null;
}

/** One call, which `inTime` bounds. By name. */
export async function readQueues(
  queues: Pick<Queues, "counts">,
  inTime: InTime = (_, call) => call,
): Promise<AgedCounts[]> {
  const counts = await inTime("queues.counts", queues.counts({ withAges: true }));
  return counts.map(({ oldestReadyAt = null, ...count }) => ({ ...count, oldestReadyAt }));
}

/** Messages kept as failed stand in a number of their own: they are nothing to be alarmed of. */
export function queueFacts({ queue, ready, dead, paused, oldestReadyAt }: AgedCounts): WatchedQueue {
  return { queue, ready, dead, oldestReadyAt, paused: paused !== undefined };
}

/** The names of the living workers that take from each queue. */
export function consumersOf(nodes: readonly SeenNode[]): Map<string, string[]> {
  const consumers = new Map<string, string[]>();
  for (const { status, worker, node } of nodes) {
    if (status !== "alive") continue;
    for (const { name } of worker?.queues ?? []) consumers.set(name, [...(consumers.get(name) ?? []), node]);
  }
  return consumers;
}
