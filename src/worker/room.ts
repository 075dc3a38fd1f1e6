import type { WorkerOptions } from "./options.js";
import type { Pool } from "./pools/pool.js";
import type { Pools } from "./pools/pools.js";
import type { Waiting } from "./waiting.js";

/** How many more deliveries may be claimed, and of which queues. */
export interface Room {
  readonly max: number;
  readonly queues: readonly string[];
}

export interface RoomParts {
  readonly pools: Pick<Pools, "all" | "size" | "claimable">;
  readonly waiting: Pick<Waiting, "size" | "for">;
  /** Deliveries for each free slot. */
  readonly prefetch: number;
  /** All that are listened to. */
  readonly queues: readonly string[];
  readonly poolsOfQueues?: WorkerOptions["poolsOfQueues"];
}

/**
 * A pool with a backlog leaves the others theirs: nothing is taken from a queue whose tasks could not start, and what waits here for a
 * full pool takes no room of the others. Yet all that waits here, out of reach of other workers, stays within what the slots are worth.
 */
export function roomOf({ pools, waiting, prefetch, queues, poolsOfQueues }: RoomParts): Room {
  const wanted = (pool: Pool): number => Math.max(0, pools.claimable(pool) * prefetch - waiting.for(pool));
  const [first] = pools.all;
  if (first === undefined) return { max: 0, queues };
  if (pools.all.length === 1) return { max: wanted(first), queues };
  const able = new Set(pools.all.filter((pool) => wanted(pool) > 0));
  const fed = new Set<Pool>();
  const open = queues.filter((queue) => {
    const names = poolsOfQueues?.get(queue);
    const takers = [...able].filter(({ name }) => names?.has(name) ?? true);
    for (const pool of takers) fed.add(pool);
    return takers.length > 0;
  });
  let sum = 0;
  for (const pool of fed) sum += wanted(pool);
  return { max: Math.min(sum, pools.size * prefetch - waiting.size), queues: open };
}
