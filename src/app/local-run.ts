import { hostname } from "node:os";
import { TaskError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { formOf } from "../canvas/index.js";
import { guarded } from "../locks/index.js";
import type { Random } from "../core/random.js";
import {
  ambientFields,
  LOG_FIELDS,
  runInTask,
  runningTask,
  SLOTS,
  slotWatch,
  type WithLogFields,
  type WithSlots,
} from "../tasks/context.js";
import type { TaskContext, TaskDefinition } from "../tasks/definition.js";
import { Cooldown, outcomeOf, Replace, Retry } from "../tasks/outcomes.js";
import { HELD_LOCKS, heldLocks, LOCK_SOURCE, type LockSource, type WithLocks } from "../tasks/task-lock.js";
import { customEvent } from "../tasks/custom-event.js";
import { taskLog } from "../tasks/task-log.js";
import { validInput } from "../worker/input.js";
import type { AppCanvas } from "./canvas-sender.js";

/**
 * Runs a task's function here and now, as `add(4, 5)` does: with its input schema, its lock and a context of its own,
 * but without queue, retries, time limits or stored result. What it replaces itself by runs here, too. What the function throws reaches the caller. A lock that is
 * busy is waited for; under `onBusy` "skip" the call gives undefined, under "retry" and "fail" it throws.
 */
export async function runLocally(
  definition: TaskDefinition,
  args: readonly unknown[],
  app: LocalApp,
): Promise<unknown> {
  const valid = definition.input === null ? args : await validInput(definition.input, args);
  const context = localContext(definition, args, app);
  const { lock } = definition;
  const fn = (lock === null ? definition.fn : guarded(lock, definition.fn)) as (
    ...args: readonly unknown[]
  ) => unknown;
  try {
    return await runInTask(context, async () => (definition.bind ? fn(context, ...valid) : fn(...valid)));
  } catch (thrown) {
    const asked = outcomeOf(thrown);
    if (asked?.kind !== "replace") throw thrown;
    return (await app.canvas.apply(formOf(asked.signature, "replace"), [])).get();
  }
}

export interface LocalApp {
  readonly canvas: Pick<AppCanvas, "apply">;
  readonly random: Random;
  readonly logger: Logger;
  readonly locks: LockSource;
}

/** Inside a running task the call is its child and stops with it. */
function localContext(
  definition: TaskDefinition,
  args: readonly unknown[],
  app: LocalApp,
): TaskContext & WithLocks & WithSlots & WithLogFields {
  const caller = runningTask();
  const id = app.random.uuid();
  return {
    request: Object.freeze({
      id,
      task: definition.name,
      args,
      retries: 0,
      deliveries: 1,
      eta: null,
      expires: null,
      queue: definition.queue ?? "",
      priority: definition.priority ?? 0,
      headers: {},
      parentId: caller?.request.id ?? null,
      rootId: caller?.request.rootId ?? id,
      groupId: null,
      groupIndex: null,
      graphId: null,
      entry: null,
      scheduledFor: null,
      hostname: hostname(),
    }),
    signal: caller?.signal ?? new AbortController().signal,
    log: caller?.log ?? taskLog(app.logger),
    lock: caller?.lock ?? null,
    [LOCK_SOURCE]: app.locks,
    ...(caller && { [HELD_LOCKS]: heldLocks(caller) }),
    [SLOTS]: slotWatch(),
    [LOG_FIELDS]: ambientFields(),
    retry(options = {}) {
      // Nobody would follow a Retry here, so the reason itself is what the caller should see.
      throw options?.error instanceof Error ? options.error : new Retry(options);
    },
    cooldown(duration) {
      throw new Cooldown(duration);
    },
    replace(signature) {
      throw new Replace(signature);
    },
    add() {
      const message = `add: ${definition.name} was called as a function, and belongs to no group`;
      throw new TaskError("SUNBEAT_GRAPH_INVALID", message);
    },
    updateState: () => Promise.resolve(),
    progress: () => Promise.resolve(),
    sendEvent: (type, fields = {}) => void customEvent(type, fields),
  };
}
