/**
 * Runs one assignment and turns whatever its function did into one outcome: the only place where what a task throws
 * is caught. That covers what its function throws or rejects with, synchronously or not, and a promise-like value
 * whose `then` throws. It does not cover a promise the task started and did not await: Node reports its rejection to
 * the whole process, where the program, not a library, decides (the command line tool logs it and goes on).
 * A promise that never settles occupies its slot until the hard time limit, if the task has one.
 */
import type { Clock, Timer } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import { messageOf, TaskError } from "../core/errors.js";
import { describeFailure } from "../core/failure.js";
import type { Random } from "../core/random.js";
import { runInTask } from "../tasks/context.js";
import type { TaskDefinition } from "../tasks/definition.js";
import { outcomeOf } from "../tasks/outcomes.js";
import { encodeResult } from "../tasks/payload.js";
import type { SignatureType } from "../tasks/signature.js";
import type { Assignment } from "./assignment.js";
import { validInput } from "./input.js";
import { failed, judge, type Outcome, beyondRetry } from "./outcome.js";
import { RunContext, type RunEnvironment } from "./run-context.js";

/** One run while its function has a slot. */
interface Run {
  readonly assignment: Assignment;
  readonly startedAt: number;
  limits: readonly Timer[];
}

export type OnEnd = (assignment: Assignment, outcome: Outcome, runtimeMs: number) => void;

const NO_LIMITS: readonly Timer[] = [];

export class Executor {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #environment: RunEnvironment;
  readonly #onEnd: OnEnd;
  readonly #concurrency: number;
  readonly #runs = new Set<Run>();
  /** Runs that ended. */
  processed = 0;
  /** Runs whose function went on past its hard time limit. */
  overran = 0;

  /** `onEnd` is called once for every `start`, never before `start` has returned, except after `abandon`. */
  constructor(clock: Clock, random: Random, environment: RunEnvironment, concurrency: number, onEnd: OnEnd) {
    this.#concurrency = concurrency;
    this.#clock = clock;
    this.#random = random;
    this.#environment = environment;
    this.#onEnd = onEnd;
  }

  /** Slots taken. */
  get running(): number {
    return this.#runs.size;
  }

  get free(): number {
    return this.#concurrency - this.#runs.size;
  }

  start(assignment: Assignment): void {
    const run: Run = { assignment, startedAt: this.#clock.monotonicMs(), limits: NO_LIMITS };
    this.#runs.add(run);
    const { definition } = assignment;
    const context = new RunContext(assignment, this.#environment);
    if (definition.softTimeLimitMs !== null || definition.timeLimitMs !== null) this.#limit(run, definition);
    this.#tellStart(assignment, context);
    void runInTask(context, () => this.#outcome(assignment, context)).then((outcome) =>
      this.#end(run, outcome),
    );
  }

  /** Forgets every run: their ends are not told any more and their timers are gone. Gives what was running. */
  abandon(): Assignment[] {
    const left = [...this.#runs];
    this.#runs.clear();
    for (const run of left) for (const timer of run.limits) timer.cancel();
    return left.map((run) => run.assignment);
  }

  #end(run: Run, outcome: Outcome): void {
    if (!this.#runs.delete(run)) return; // ended by its time limit, or abandoned
    for (const timer of run.limits) timer.cancel();
    this.processed++;
    this.#onEnd(run.assignment, outcome, this.#clock.monotonicMs() - run.startedAt);
  }

  /** Never rejects. */
  async #outcome(assignment: Assignment, context: RunContext): Promise<Outcome> {
    const { definition, body, reservation } = assignment;
    const fn = definition.fn as (...args: readonly unknown[]) => unknown;
    let args = body.args;
    let value: unknown;
    try {
      if (body.part !== undefined) args = reservation.args = await this.#environment.inputs.of(assignment);
    } catch (error) {
      return beyondRetry(error, assignment);
    }
    try {
      if (definition.input !== null) args = await validInput(definition.input, args);
    } catch (error) {
      return failed(error); // the same input fits no better the next time
    }
    try {
      value = await (definition.bind ? fn(context, ...args) : fn(...args));
    } catch (thrown) {
      const asked = outcomeOf(thrown);
      if (asked?.kind !== "replace") return judge(thrown, { reservation, definition, random: this.#random });
      return this.#replaced(assignment, context, asked.signature);
    }
    try {
      const payload = encodeResult(value, this.#environment.payloadLimit);
      if (context.added.length === 0) return { kind: "succeeded", value, payload };
      const grow = await this.#environment.growth.of(assignment, context.added, null);
      return { kind: "succeeded", value, payload, grow };
    } catch (error) {
      return beyondRetry(error, assignment); // running it again would do its work twice and give the same
    }
  }

  async #replaced(assignment: Assignment, context: RunContext, by: SignatureType): Promise<Outcome> {
    try {
      const grow = await this.#environment.growth.of(assignment, context.added, by);
      return { kind: "replaced", grow };
    } catch (error) {
      return beyondRetry(error, assignment);
    }
  }

  #limit(run: Run, { softTimeLimitMs, timeLimitMs }: TaskDefinition): void {
    const { reservation } = run.assignment;
    const passed = (code: "SUNBEAT_SOFT_TIME_LIMIT" | "SUNBEAT_TIME_LIMIT", limitMs: number): TaskError => {
      const name = code === "SUNBEAT_TIME_LIMIT" ? "time limit" : "soft time limit";
      const message = `${reservation.label} ran longer than its ${name} of ${formatDuration(limitMs)}`;
      return new TaskError(code, message, { details: { task: reservation.delivery.task, limitMs } });
    };
    const limits: Timer[] = [];
    if (softTimeLimitMs !== null) {
      const soft = (): void => reservation.abort(passed("SUNBEAT_SOFT_TIME_LIMIT", softTimeLimitMs));
      limits.push(this.#clock.after(softTimeLimitMs, soft));
    }
    if (timeLimitMs !== null) {
      const hard = (): void => {
        const error = passed("SUNBEAT_TIME_LIMIT", timeLimitMs);
        this.overran++;
        this.#end(run, { kind: "timed-out", error: describeFailure(error), limitMs: timeLimitMs });
        reservation.abort(error);
      };
      limits.push(this.#clock.after(timeLimitMs, hard));
    }
    run.limits = limits;
  }

  /** The event goes out once STARTED is stored, where that was asked for. The run does not wait for it. */
  #tellStart({ definition, reservation }: Assignment, context: RunContext): void {
    const { reporter } = this.#environment;
    if (!definition.trackStarted) return reporter.started(reservation);
    context.write("STARTED", null).then(
      () => reporter.started(reservation),
      (error: unknown) =>
        reporter.log.debug(`STARTED of ${reservation.label} is not stored: ${messageOf(error)}`),
    );
  }
}
