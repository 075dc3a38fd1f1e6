/**
 * Runs the function of one assignment and turns whatever it did into one outcome: the only place where what a task throws
 * is caught. That covers what its function throws or rejects with, synchronously or not, and a promise-like value
 * whose `then` throws. It does not cover a promise the task started and did not await: Node reports its rejection to
 * the whole process, where the program, not a library, decides (the command line tool logs it and goes on).
 *
 * It knows no slots and no limits, so that it is the same in the worker's own loop, in a thread and in a child process. A
 * promise that never settles gives no outcome.
 */
import type { Random } from "../core/random.js";
import type { Extensions } from "../signals/index.js";
import { runInTask } from "../tasks/context.js";
import { outcomeOf } from "../tasks/outcomes.js";
import { encodeResult } from "../tasks/payload.js";
import type { SignatureType } from "../tasks/signature.js";
import type { RunTrace } from "../tasks/tracing.js";
import type { Assignment } from "./assignment.js";
import { endedOutside, type ExtendedRun, extendedRun } from "./extended-run.js";
import type { GrowthMaker } from "./growth.js";
import { validInput } from "./input.js";
import type { Inputs } from "./inputs.js";
import { failed, judge, type Outcome, beyondRetry } from "./outcome.js";
import { RunContext, type ContextEnvironment } from "./run-context.js";
import { beginTrace, endTraceOutside, failureOf } from "./run-trace.js";

/** What the runs of one process share. */
export interface RunEnvironment extends ContextEnvironment {
  readonly random: Random;
  readonly inputs: Pick<Inputs, "of">;
  readonly growth: Pick<GrowthMaker, "of">;
  /** What the program has hung into its runs. */
  readonly extensions?: Extensions | undefined;
}

/** Calls the function in this turn, unless its arguments have to be read or checked first. Never rejects. */
export function runTask(assignment: Assignment, environment: RunEnvironment): Promise<Outcome> {
  const context = new RunContext(assignment, environment);
  const extended = extendedRun(context, assignment, environment.extensions);
  const work = (): Promise<Outcome> =>
    extended === null
      ? outcomeIn(context, assignment, environment, null)
      : extendedOutcome(context, assignment, environment, extended);
  const trace = beginTrace(assignment, environment.extensions);
  return trace === null ? runInTask(context, work) : tracedOutcome(trace, () => runInTask(context, work));
}

/** Of a run whose end is not its function's: a hard time limit, or a child that is gone. */
export function tellEndOutside(assignment: Assignment, environment: RunEnvironment, outcome: Outcome): void {
  const { extensions } = environment;
  endTraceOutside(assignment, extensions, outcome);
  endedOutside(new RunContext(assignment, environment), assignment, extensions, outcome);
}

async function tracedOutcome(trace: RunTrace, run: () => Promise<Outcome>): Promise<Outcome> {
  const outcome = await trace.call(run);
  trace.end(failureOf(outcome));
  return outcome;
}

async function extendedOutcome(
  context: RunContext,
  assignment: Assignment,
  environment: RunEnvironment,
  extended: ExtendedRun,
): Promise<Outcome> {
  const outcome = await outcomeIn(context, assignment, environment, extended);
  if (!assignment.reservation.judged) await extended.ended(outcome);
  return outcome;
}

async function outcomeIn(
  context: RunContext,
  assignment: Assignment,
  environment: RunEnvironment,
  extended: ExtendedRun | null,
): Promise<Outcome> {
  const { definition, body, reservation } = assignment;
  const fn = definition.fn as (...args: readonly unknown[]) => unknown;
  let args = body.args;
  let value: unknown;
  try {
    if (body.part !== undefined && body.part.take.length > 0)
      args = reservation.args = await environment.inputs.of(assignment);
  } catch (error) {
    extended?.failedAround(error);
    return beyondRetry(error, assignment);
  }
  try {
    if (definition.input !== null) args = await validInput(definition.input, args);
  } catch (error) {
    extended?.threw(error);
    return failed(error); // the same input fits no better the next time
  }
  try {
    if (extended !== null) value = await extended.call(args);
    else value = await (definition.bind ? fn(context, ...args) : fn(...args));
  } catch (thrown) {
    const asked = outcomeOf(thrown);
    if (asked?.kind === "replace")
      return replaced(context, asked.signature, assignment, environment, extended);
    // A retry without a reason is told as it is judged.
    if (asked?.kind !== "retry") extended?.threw(thrown);
    else if (asked.error !== undefined) extended?.threw(asked.error);
    return judge(thrown, { reservation, definition, random: environment.random });
  }
  let payload: string | null;
  try {
    payload = encodeResult(value, environment.payloadLimit);
  } catch (error) {
    extended?.threw(error);
    return beyondRetry(error, assignment); // running it again would do its work twice and give the same
  }
  if (context.added.length === 0) return { kind: "succeeded", value, payload };
  try {
    const grow = await environment.growth.of(assignment, context.added, null);
    return { kind: "succeeded", value, payload, grow };
  } catch (error) {
    extended?.failedAround(error);
    return beyondRetry(error, assignment); // running it again would do its work twice and give the same
  }
}

async function replaced(
  context: RunContext,
  by: SignatureType,
  assignment: Assignment,
  environment: RunEnvironment,
  extended: ExtendedRun | null,
): Promise<Outcome> {
  try {
    const grow = await environment.growth.of(assignment, context.added, by);
    return { kind: "replaced", grow };
  } catch (error) {
    extended?.failedAround(error);
    return beyondRetry(error, assignment);
  }
}
