import type { Clock, Timer } from "../../core/clock.js";
import type { Assignment } from "../assignment.js";
import type { Outcome } from "../outcome.js";
import type { Reporter } from "../report.js";
import { type RunEnvironment, runTask, tellEndOutside } from "../run.js";
import { hasLimits, startLimits } from "./limits.js";
import type { PoolStats } from "./options.js";
import type { OnEnd, Pool } from "./pool.js";
import { tellStart } from "./started.js";

/** One run while its function has a slot. */
interface Run {
  readonly assignment: Assignment;
  readonly startedAt: number;
  limits: readonly Timer[];
}

const NO_LIMITS: readonly Timer[] = [];

export interface AsyncPoolParts {
  readonly clock: Clock;
  readonly environment: RunEnvironment;
  readonly reporter: Reporter;
  readonly onEnd: OnEnd;
}

/**
 * Runs in the worker's own loop. Nothing can stop code there that does not heed its signal: at a hard time limit the slot is given
 * to another, and the function runs on.
 */
export class AsyncPool implements Pool {
  readonly name: "async" | "solo";
  readonly #parts: AsyncPoolParts;
  readonly #runs = new Set<Run>();
  #size: number;
  #processed = 0;
  #overran = 0;

  constructor(name: "async" | "solo", size: number, parts: AsyncPoolParts) {
    this.name = name;
    this.#size = size;
    this.#parts = parts;
  }

  get size(): number {
    return this.#size;
  }

  get running(): number {
    return this.#runs.size;
  }

  get free(): number {
    return Math.max(0, this.#size - this.#runs.size);
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  start(assignment: Assignment): void {
    const { clock, environment, reporter } = this.#parts;
    const run: Run = { assignment, startedAt: clock.monotonicMs(), limits: NO_LIMITS };
    this.#runs.add(run);
    if (hasLimits(assignment)) {
      run.limits = startLimits(clock, environment.random, assignment, (outcome, error) => {
        this.#overran++;
        if (this.#runs.has(run)) tellEndOutside(assignment, environment, outcome);
        this.#end(run, outcome);
        assignment.reservation.abort(error);
      });
    }
    tellStart(assignment, environment, reporter);
    void runTask(assignment, environment).then((outcome) => this.#end(run, outcome));
  }

  grow(slots: number): void {
    this.#size += slots;
  }

  shrink(slots: number): void {
    this.#size = Math.max(1, this.#size - slots);
  }

  restart(): Promise<void> {
    return Promise.resolve();
  }

  stats(): PoolStats {
    const { name, size, running } = this;
    return { name, size, running, processed: this.#processed, overran: this.#overran, lost: 0 };
  }

  abandon(): Assignment[] {
    const left = [...this.#runs];
    this.#runs.clear();
    for (const run of left) {
      run.assignment.reservation.judged = true;
      run.assignment.reservation.trace?.end(null);
      for (const timer of run.limits) timer.cancel();
    }
    return left.map((run) => run.assignment);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #end(run: Run, outcome: Outcome): void {
    if (!this.#runs.delete(run)) return; // ended by its time limit, or abandoned
    for (const timer of run.limits) timer.cancel();
    this.#processed++;
    this.#parts.onEnd(run.assignment, outcome, this.#parts.clock.monotonicMs() - run.startedAt);
  }
}
