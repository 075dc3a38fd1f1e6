import type { TaskDefinition } from "./definition.js";
import type { SendOptions } from "./message.js";
import type { RouteTo } from "./route.js";

/** What an app says of messages whose sender and task name no queue. */
export interface DestinationDefaults {
  readonly queue: string;
  /** Where a task goes that names no queue, nor does its send; null from it: `queue`. Absent: all go there. */
  readonly route?:
    ((task: string, args: readonly unknown[], options: SendOptions) => RouteTo | null) | undefined;
}

/**
 * Where a message goes: as its sender says (`queue`), else its task, else the routes, else the app. Throws what a function of the routes
 * throws.
 */
export function destinationOf(
  queue: string | null,
  definition: Pick<TaskDefinition, "queue"> | undefined,
  { route, queue: usual }: DestinationDefaults,
  send: { readonly task: string; readonly args: readonly unknown[]; readonly options: SendOptions },
): RouteTo {
  const named = queue ?? definition?.queue ?? null;
  if (named !== null) return { queue: named };
  return route?.(send.task, send.args, send.options) ?? { queue: usual };
}
