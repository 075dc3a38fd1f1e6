/**
 * A run with something around its function: signals, middleware, hooks of its task. Plain runs make none.
 *
 * Inside limits and lock come, in this order: `taskPrerun`, `beforeStart`, middleware, the function. When the outcome is
 * judged, and before it is stored: the hooks, then the signals, `taskPostrun` last.
 */
import { TaskError } from "../core/errors.js";
import type { Failure } from "../core/failure.js";
import { callAround, type Extensions, handled, started } from "../signals/index.js";
import { runInTask } from "../tasks/context.js";
import type { RunState, TaskContext, TaskHooks } from "../tasks/definition.js";
import type { Assignment } from "./assignment.js";
import type { Outcome } from "./outcome.js";

/** What a run is told to be, by its outcome. Those that are not here go back to their queues. */
const STATES: Partial<Record<Outcome["kind"], RunState>> = {
  succeeded: "SUCCESS",
  failed: "FAILURE",
  "timed-out": "FAILURE",
  retried: "RETRY",
  dead: "REJECTED",
  requeued: "REJECTED",
  ignored: "IGNORED",
  replaced: "REPLACED",
  revoked: "REVOKED",
};

type RunFields = Parameters<Extensions["signals"]["taskPrerun"]["tell"]>[0];

export class ExtendedRun {
  readonly #context: TaskContext;
  readonly #assignment: Assignment;
  readonly #extensions: Extensions;
  readonly #startedAt: number;
  #hasBegun: boolean;
  #thrown: { readonly value: unknown } | null = null;

  /** `hasBegun`: of one that ran elsewhere. */
  constructor(context: TaskContext, assignment: Assignment, extensions: Extensions, hasBegun = false) {
    this.#context = context;
    this.#assignment = assignment;
    this.#extensions = extensions;
    this.#hasBegun = hasBegun;
    this.#startedAt = extensions.handling.clock.monotonicMs();
  }

  /** Calls the function with what is around it. A lock that the run takes in its slot is around all of it. */
  call(args: readonly unknown[]): unknown {
    const { definition, lockInSlot } = this.#assignment;
    const fn = (lockInSlot?.fn ?? definition.fn) as (...args: readonly unknown[]) => unknown;
    const call = (): unknown => (definition.bind ? fn(this.#context, ...args) : fn(...args));
    const inside = (): Promise<unknown> => this.#around(call);
    return lockInSlot === undefined ? inside() : lockInSlot.guard(inside)();
  }

  threw(value: unknown): void {
    this.#thrown = { value };
  }

  /** What failed is not the function, but what was to be done around it. */
  failedAround(error: unknown): void {
    this.threw(error);
    this.#extensions.tell("taskInternalError", () => ({ ...this.#fields, error }));
  }

  /** Resolves when the hooks have ended; never rejects. */
  async ended(outcome: Outcome): Promise<void> {
    const { delivery } = this.#assignment.reservation;
    const isLast = outcome.kind === "lost" && delivery.deliveries >= delivery.maxDeliveries;
    const state =
      outcome.kind === "lost" ? (isLast ? "FAILURE" : "LOST") : (STATES[outcome.kind] ?? "RETURNED");
    const result = outcome.kind === "succeeded" ? outcome.value : undefined;
    const failure = "error" in outcome ? outcome.error : null;
    const error = failure === null ? undefined : (this.#thrown ?? { value: errorOf(failure) }).value;
    if (this.#hasBegun || state === "FAILURE") await this.#callHooks(state, result, error);
    this.#tell(outcome, state, result, error);
  }

  async #around(call: () => unknown): Promise<unknown> {
    const { signals, middleware } = this.#extensions;
    const { hooks, name } = this.#assignment.definition;
    this.#hasBegun = true;
    if (signals.taskPrerun.connected) await signals.taskPrerun.ask(this.#fields);
    await hooks?.beforeStart?.(this.#context);
    if (middleware.length === 0) return call();
    const { headers } = this.#context.request;
    const { id } = this.#fields;
    return callAround(middleware, { ...this.#fields, headers }, `app.use for ${name}[${id}]`, call);
  }

  async #callHooks(state: RunState, result: unknown, error: unknown): Promise<void> {
    const { hooks, name } = this.#assignment.definition;
    if (hooks === null) return;
    const context = this.#context;
    const call = async (hook: keyof TaskHooks, run: (() => unknown) | undefined): Promise<void> => {
      if (run !== undefined) await handled(this.#extensions.handling, `${hook} of task ${name}`, run);
    };
    const { onSuccess, onFailure, onRetry, afterReturn } = hooks;
    if (state === "SUCCESS") await call("onSuccess", onSuccess && (() => onSuccess(result, context)));
    if (state === "FAILURE") await call("onFailure", onFailure && (() => onFailure(error, context)));
    if (state === "RETRY") await call("onRetry", onRetry && (() => onRetry(error, context)));
    if (state === "RETURNED" || state === "LOST") return;
    await call("afterReturn", afterReturn && (() => afterReturn({ state, result, error }, context)));
  }

  #tell(outcome: Outcome, state: RunState, result: unknown, error: unknown): void {
    const extensions = this.#extensions;
    const runtimeMs = extensions.handling.clock.monotonicMs() - this.#startedAt;
    if (state === "SUCCESS") extensions.tell("taskSuccess", () => ({ ...this.#fields, result, runtimeMs }));
    if (outcome.kind === "retried") {
      const { delayMs } = outcome;
      extensions.tell("taskRetry", () => ({ ...this.#fields, error, delayMs }));
    }
    if (state === "FAILURE" && "error" in outcome) {
      const { error: failure } = outcome;
      extensions.tell("taskFailure", () => ({ ...this.#fields, error, failure, runtimeMs }));
    }
    if (this.#hasBegun) extensions.tell("taskPostrun", () => ({ ...this.#fields, state, result, runtimeMs }));
  }

  get #fields(): RunFields {
    const { args, id, task, queue, retries } = this.#context.request;
    return { task, id, queue, args, retries, context: this.#context };
  }
}

/** Null: nothing is around the run, or its end is somebody else's to tell. */
export function extendedRun(
  context: TaskContext,
  assignment: Assignment,
  extensions: Extensions | undefined,
  hasBegun = false,
): ExtendedRun | null {
  if (extensions === undefined) return null;
  if (!extensions.touchesRuns && assignment.definition.hooks === null) return null;
  return new ExtendedRun(context, assignment, extensions, hasBegun);
}

/**
 * The end of a run that its function did not bring about: a hard time limit, a child that is gone. Its hooks are called and
 * not waited for; what its function comes to from now on is told to nobody.
 */
export function endedOutside(
  context: TaskContext,
  assignment: Assignment,
  extensions: Extensions | undefined,
  outcome: Outcome,
): void {
  assignment.reservation.judged = true;
  const run = extendedRun(context, assignment, extensions, true);
  if (run === null) return;
  started(extensions!.handling, `the end of ${assignment.reservation.label}`, () =>
    runInTask(context, () => run.ended(outcome)),
  );
}

/** Of a failure whose thrown value is in another process, or that nothing was thrown for. */
function errorOf({ name, message, code, stack }: Failure): Error {
  const error = new TaskError("SUNBEAT_TASK_FAILED", message);
  return Object.assign(error, {
    name,
    stack: stack ?? `${name}: ${message}`,
    ...(code !== null && { code }),
  });
}
