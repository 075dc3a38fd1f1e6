import { MOST_DEAD, MOST_ENTRIES, type StoreContents } from "../contracts/survey.js";
import { deadLetters } from "./dead-letters.js";
import { queueCounts } from "./queues.js";
import type { Caller } from "./caller.js";
import { redisEntries } from "./entries.js";

/** Whose entries are stored, among the first by name, and the dead letters. */
export async function contentsOf(caller: Caller): Promise<StoreContents> {
  const [entries, counts] = await Promise.all([
    redisEntries(caller).list({ limit: MOST_ENTRIES }),
    queueCounts(caller),
  ]);
  const owners = new Map<string, number>();
  for (const { owner } of entries) owners.set(owner, (owners.get(owner) ?? 0) + 1);
  const dead = counts.reduce((sum, queue) => sum + queue.dead, 0);
  const { letters } = dead === 0 ? { letters: [] } : await deadLetters(caller, { limit: MOST_DEAD });
  return {
    owners: [...owners].sort().map(([owner, number]) => ({ owner, entries: number })),
    dead,
    newestDead: letters.map(({ task, queue, reason }) => ({ task, queue, reason })),
  };
}
