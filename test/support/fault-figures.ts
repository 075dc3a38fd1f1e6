/** What a drained Redis still holds, and figures for the reader of a run. */
import type { EpochMs } from "../../src/core/clock.js";
import { KEY_NAMES, type KeyName, keyspace } from "../../src/store/redis/keys.js";
import { DEFAULT_NAMESPACE } from "../../src/store/redis/index.js";
import type { RunLine } from "./fault-log.js";
import type { RedisServer } from "./redis-server.js";

/** What happened, each with a bound of its own: nodes that were there, alerts, acts of operators, statistics, records. */
export const HISTORIES: readonly KeyName[] = [
  ...(["node", "seen", "alert", "alertof", "alertlive", "alertpast", "audit"] as const),
  ...(["stats", "statname", "statboot", "tasks", "taskseq", "packs", "packbody"] as const),
];

/** What stays: entries, their ledger, who led and who watched, numbers, the version, histories, and results until their time is over. */
const STAYING: ReadonlySet<KeyName> = new Set<KeyName>([
  ...(["meta", "seq", "epoch", "beat", "entry", "entrystate", "due", "names", "ledger", "res"] as const),
  ...(["watcher", "watchepoch", "entrysuccess"] as const),
  ...HISTORIES,
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

/** The longest time without a run after each of these instants, up to the next of them. */
export function silences(
  runs: readonly RunLine[],
  instants: Readonly<Record<string, EpochMs>>,
): Readonly<Record<string, number>> {
  const at = runs.map((run) => run.at).sort((a, b) => a - b);
  const found = Object.entries(instants).map(([name, from], index, all): [string, number] => {
    const to = all[index + 1]?.[1] ?? Infinity;
    const gaps = at.flatMap((here, place) => {
      const before = at[place - 1];
      const middle = ((before ?? 0) + here) / 2;
      return before === undefined || middle < from || middle >= to ? [] : [here - before];
    });
    return [name, Math.max(0, ...gaps)];
  });
  return Object.fromEntries(found);
}

export function quantiles(values: readonly number[]): Readonly<Record<string, number>> {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { count: sorted.length, p50: at(0.5), max: at(1) };
}
