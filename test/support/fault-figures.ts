/** What a drained Redis still holds, and figures for the reader of a run. */
import { KEY_NAMES, type KeyName, keyspace } from "../../src/store/redis/keys.js";
import { DEFAULT_NAMESPACE } from "../../src/store/redis/index.js";
import type { RedisServer } from "./redis-server.js";

/** What stays: entries, their ledger, who led, numbers, and results until their time is over. */
const STAYING: ReadonlySet<KeyName> = new Set([
  ...(["seq", "epoch", "beat", "entry", "estate", "due", "names", "log", "res", "resx"] as const),
]);

/** Keys that exist although all work is done. */
export async function leftovers(
  { raw }: Pick<RedisServer, "raw">,
  namespace = DEFAULT_NAMESPACE,
): Promise<string[]> {
  const { keys } = keyspace(namespace);
  const found: string[] = [];
  for (const name of KEY_NAMES) {
    if (!STAYING.has(name) && (await raw.exists(keys[name])) === 1) found.push(keys[name]);
  }
  return found;
}

export function quantiles(values: readonly number[]): Readonly<Record<string, number>> {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { count: sorted.length, p50: at(0.5), max: at(1) };
}
