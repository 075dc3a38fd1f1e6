/**
 * Tasks without an app, for packages that several programs use. Each app registers them for itself. There is no current app: what the
 * shared task itself sends goes to the one app that has it, and is refused where none has, or more than one.
 */
import { type CanvasSender, taskSignatures } from "../canvas/index.js";
import { readEnvironment, resolveOptions } from "../config/index.js";
import { systemClock } from "../core/clock.js";
import { TaskError } from "../core/errors.js";
import { invalidOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import { systemRandom } from "../core/random.js";
import { AppLog, warningsLogger } from "../logging/index.js";
import type { TaskDefinition } from "../tasks/definition.js";
import { resolveTask, type TaskOptions } from "../tasks/task-options.js";
import type { AppCore } from "./core.js";
import { type LocalApp, runLocally } from "./local-run.js";
import {
  type DeclareTask,
  makeTask,
  SHARED,
  type SharedTask,
  type Task,
  taskArguments,
  type TaskArguments,
} from "./task.js";
import { taskDefaults } from "./task-defaults.js";

type AnyTask = Task<unknown[], unknown>;

interface Registered {
  readonly core: AppCore;
  readonly task: AnyTask;
}

/** What a shared task is made of. */
interface SharedParts {
  readonly name: string;
  readonly options: TaskOptions;
  readonly fn: TaskDefinition["fn"];
  /** In the apps that have it. Those that are closed go when somebody looks. */
  registered: readonly Registered[];
}

/**
 * A task without an app: `defineTask(name, fn)` or `defineTask(name, options, fn)`, as `app.task`. An app takes it with
 * `app.register(shared)`. Calling it runs the function here, `s` and `si` make signatures. `delay` and the other verbs that send go to
 * the app that has registered it; without one, or with several, they throw SUNBEAT_TASK_UNBOUND: `app.taskOf(shared)` is the task of an
 * app. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID.
 */
export const defineTask = ((...given: TaskArguments) => {
  const [name, options, fn] = taskArguments(given);
  // Checked here, where it is written; an app resolves it once more, with its own defaults.
  const definition = resolveTask(name, options, fn, taskDefaults(resolveOptions({}, readEnvironment({}))));
  return makeSharedTask({ name, options: { ...options }, fn, registered: [] }, definition);
}) as DeclareTask<"shared">;

function makeSharedTask(parts: SharedParts, definition: TaskDefinition): SharedTask<unknown[], unknown> {
  const sender: CanvasSender = {
    isUnbound: true,
    send: async (form, open, options) => onlyApp(parts).core.canvas.send(form, open, options),
  };
  const call = (...args: unknown[]): Promise<unknown> => {
    const [first, ...others] = open(parts);
    if (first !== undefined && others.length === 0) return first.task(...args);
    return runLocally(definition, args, noApp(parts));
  };
  const verbs: Omit<SharedTask<unknown[], unknown>, "name"> = {
    ...taskSignatures(definition, sender),
    [SHARED]: parts,
    delay: async (...args) => onlyApp(parts).task.delay(...args),
    applyAsync: async (args, options) => onlyApp(parts).task.applyAsync(args, options),
    apply: async (args, options) => onlyApp(parts).task.apply(args, options),
    delayMany: async (argsList, options) => onlyApp(parts).task.delayMany(argsList, options),
  };
  return Object.defineProperty(Object.assign(call, verbs), "name", { value: parts.name });
}

/** Whether a value was made by `defineTask`. */
export function isShared(value: unknown): value is SharedTask<unknown[], unknown> {
  return typeof value === "function" && SHARED in value;
}

function partsOf(shared: unknown, what: string): SharedParts {
  if (isShared(shared)) return shared[SHARED] as SharedParts;
  throw invalidOption(what, "a task that defineTask made", shared);
}

/** The task in this app; once more is the same. Codes: as for `app.task`. */
export function registerShared(shared: unknown, core: AppCore): AnyTask {
  const parts = partsOf(shared, "register");
  const known = open(parts).find((one) => one.core === core);
  if (known !== undefined) return known.task;
  const { name, options, fn } = parts;
  const definition = resolveTask(name, options, fn, taskDefaults(core.config));
  core.registry.add(definition);
  const task = makeTask(definition, core);
  parts.registered = [...open(parts), { core, task }];
  return task;
}

/** Code: SUNBEAT_TASK_UNBOUND. */
export function sharedIn(shared: unknown, core: AppCore): AnyTask {
  const parts = partsOf(shared, "taskOf");
  const found = parts.registered.find((one) => one.core === core);
  if (found !== undefined) return found.task;
  throw unbound(parts, `app ${quote(core.name)} has not registered it: call register(...) of that app`);
}

/** Registered in apps that are open. */
function open(parts: SharedParts): readonly Registered[] {
  if (parts.registered.some(({ core }) => core.running.isClosing)) {
    parts.registered = parts.registered.filter(({ core }) => !core.running.isClosing);
  }
  return parts.registered;
}

function onlyApp(parts: SharedParts): Registered {
  const [first, ...others] = open(parts);
  if (first === undefined) {
    throw unbound(parts, "no open app has registered it: call app.register(...) with it");
  }
  if (others.length === 0) return first;
  const apps = [first, ...others].map(({ core }) => quote(core.name)).join(" and ");
  throw unbound(parts, `apps ${apps} have registered it: say which, with app.taskOf(...)`);
}

function unbound({ name, registered }: SharedParts, why: string): TaskError {
  return new TaskError("SUNBEAT_TASK_UNBOUND", `shared task ${quote(name)}: ${why}`, {
    details: { task: name, apps: registered.map(({ core }) => core.name) },
  });
}

/** For a call as a function where no app is meant: what needs a store is refused when the function asks for it. */
function noApp(parts: SharedParts): LocalApp {
  return {
    canvas: { apply: async (...form) => onlyApp(parts).core.canvas.apply(...form) },
    random: systemRandom,
    logger: new AppLog(systemClock, [], warningsLogger()),
    locks: { hold: async (...hold) => onlyApp(parts).core.locks.hold(...hold) },
  };
}
