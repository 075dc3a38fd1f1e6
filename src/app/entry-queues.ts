/** Which queue the ticks of an entry go to, for those who tell what will be sent. */
import { argsOf, type Entry } from "../beat/index.js";
import type { TaskRouter } from "../config/index.js";
import type { EpochMs } from "../core/clock.js";
import { type DestinationDefaults, destinationOf } from "../tasks/destination.js";
import type { TaskRegistry } from "../tasks/registry.js";

export type EntryQueueOf = (entry: Entry, due: EpochMs) => string;

/**
 * As the tick at `due` is sent. Where a function of the code throws, there will be no tick either: then the queue is that of the
 * task's name.
 */
export function entryQueueOf(
  registry: Pick<TaskRegistry, "get">,
  defaults: DestinationDefaults,
  router: Pick<TaskRouter, "named"> | null,
): EntryQueueOf {
  return (entry, due) => {
    const { task, options } = entry;
    const definition = registry.get(task);
    const named = options.queue ?? null;
    const find = (route: DestinationDefaults["route"], args: readonly unknown[]): string =>
      destinationOf(named, definition, { ...defaults, route }, { task, args, options }).queue;
    // Only routes ask for arguments.
    if (router === null) return find(undefined, []);
    try {
      return find(defaults.route, argsOf(entry, due));
    } catch {
      return find((name) => router.named(name), []);
    }
  };
}
