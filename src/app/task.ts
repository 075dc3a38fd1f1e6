import { type CanvasTask, type GraphResult, taskForm, taskSignatures } from "../canvas/index.js";
import type { StandardSchema, TaskContext, TaskDefinition } from "../tasks/definition.js";
import type { Fits, NotYetCalled, WithFirst } from "../tasks/function-types.js";
import type { SendOptions } from "../tasks/message.js";
import type { TaskOptions } from "../tasks/task-options.js";
import type { AsyncResult } from "./async-result.js";
import type { AppCore } from "./core.js";
import { runLocally } from "./local-run.js";

/** What tasks do, those of an app and those that are shared. */
export interface TaskVerbs<Args extends readonly unknown[], Result> extends CanvasTask<Args, Result> {
  /** Runs here: no queue, no retries, no stored result. A bound task gets a context of its own. */
  (...args: Args): Promise<Result>;
  /** The name it is registered under. */
  readonly name: string;
  /**
   * Sends it; resolves when the store has it. Codes: SUNBEAT_PAYLOAD_INVALID, SUNBEAT_PAYLOAD_TOO_LARGE, and the
   * StoreErrors.
   */
  delay(...args: Args): Promise<AsyncResult<Result>>;
  /** Sends one for each list of arguments: thousands cost a few round trips. Results are in the same order. */
  delayMany(argsList: readonly Args[], options?: SendOptions): Promise<AsyncResult<Result>[]>;
  /** `delay` with options. Codes as there, and SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID. */
  applyAsync(args: Args, options?: SendOptions): Promise<AsyncResult<Result>>;
  /**
   * Runs it here and now as a worker would, with retries, callbacks and what it grows, and resolves when it has ended: what is due later
   * is due at once. Nothing of it reaches the broker. Codes as for `applyAsync`.
   */
  apply(args: Args, options?: SendOptions): Promise<GraphResult<Result>>;
}

/**
 * A registered task. Calling it runs the function in this process; the other verbs send it. `Args` are what a
 * caller gives, `Result` is what the function returns or resolves to.
 */
// `any` as default, since a list of tasks with various arguments is neither of `never[]` nor of `unknown[]`.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Task<Args extends readonly unknown[] = any, Result = unknown> extends TaskVerbs<
  Args,
  Result
> {
  readonly definition: TaskDefinition;
}

/** Where a shared task keeps what it is made of. */
export const SHARED: unique symbol = Symbol("sunbeat.shared");

/** A task that `defineTask` made: an app has it once it has registered it. Verbs that send: SUNBEAT_TASK_UNBOUND, too. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface SharedTask<Args extends readonly unknown[] = any, Result = unknown> extends TaskVerbs<
  Args,
  Result
> {
  readonly [SHARED]: object;
}

/** What a declaration gives: a task of an app, or one without. */
interface Kinds<Args extends readonly unknown[], Result> {
  readonly task: Task<Args, Result>;
  readonly shared: SharedTask<Args, Result>;
}

/**
 * The task that a function makes: `Given` are the parameters that the worker fills in, `Own` what callers give in their
 * place.
 */
type TaskOfFunction<
  Kind extends keyof Kinds<[], unknown>,
  F,
  Given extends unknown[] = [],
  Own extends unknown[] = [],
> = F extends (...args: [...Given, ...infer Args]) => infer Result
  ? Kinds<[...Own, ...Args], Awaited<Result>>[Kind]
  : // eslint-disable-next-line @typescript-eslint/no-explicit-any
    Kinds<any, unknown>[Kind];

/**
 * How `app.task` and `defineTask` are called. The types of the task follow from the function.
 *
 * The function is a type parameter without call signature, and what it gets from the worker stands beside it: so the
 * compiler takes a parameter with a default value for what its default is, and still knows the types of `self` and input.
 */
export interface DeclareTask<Kind extends keyof Kinds<[], unknown> = "task"> {
  <F extends NotYetCalled>(
    name: string,
    fn: F & Fits<F, (...args: never[]) => unknown>,
  ): TaskOfFunction<Kind, F>;
  <F extends NotYetCalled>(
    name: string,
    options: TaskOptions & { readonly bind: true; readonly input?: undefined },
    fn: WithFirst<F, [self: TaskContext]>,
  ): TaskOfFunction<Kind, F, [self: TaskContext]>;
  <F extends NotYetCalled>(
    name: string,
    options: TaskOptions & { readonly bind?: false | undefined; readonly input?: undefined },
    fn: F & Fits<F, (...args: never[]) => unknown>,
  ): TaskOfFunction<Kind, F>;
  <Input, Output, F extends NotYetCalled>(
    name: string,
    options: TaskOptions & { readonly bind: true; readonly input: StandardSchema<Input, Output> },
    fn: WithFirst<F, [self: TaskContext, input: Output]>,
  ): TaskOfFunction<Kind, F, [self: TaskContext, input: Output], [input: Input]>;
  <Input, Output, F extends NotYetCalled>(
    name: string,
    options: TaskOptions & {
      readonly bind?: false | undefined;
      readonly input: StandardSchema<Input, Output>;
    },
    fn: WithFirst<F, [input: Output]>,
  ): TaskOfFunction<Kind, F, [input: Output], [input: Input]>;
}

export type TaskArguments = [
  name: string,
  ...rest: [TaskDefinition["fn"]] | [TaskOptions, TaskDefinition["fn"]],
];

/** What a declaration was called with, options among it. */
export function taskArguments([name, ...rest]: TaskArguments): [string, TaskOptions, TaskDefinition["fn"]] {
  return rest.length === 1 ? [name, {}, rest[0]] : [name, ...rest];
}

/** The callable for a definition that is in the registry of `core`. */
export function makeTask(definition: TaskDefinition, core: AppCore): Task<unknown[], unknown> {
  const { name } = definition;
  const call = (...args: unknown[]): Promise<unknown> => runLocally(definition, args, core);
  const verbs: Omit<Task<unknown[], unknown>, "name"> = {
    ...taskSignatures(definition, core.canvas),
    definition,
    delay: (...args) => core.sender.send({ task: name, args }),
    applyAsync: (args, options) => core.sender.send({ task: name, args, options }),
    apply: (args, options) => core.canvas.apply(taskForm(name, args), [], options),
    delayMany: (argsList, options) => core.sender.sendMany(name, argsList, options),
  };
  // `name` of a function is read-only, so it takes a definition rather than an assignment.
  return Object.defineProperty(Object.assign(call, verbs), "name", { value: name });
}
