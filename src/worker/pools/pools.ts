/** The pools of one worker. */
import type { TaskDefinition } from "../../tasks/definition.js";
import { hasChildren } from "../../tasks/pool-name.js";
import type { Assignment } from "../assignment.js";
import type { Reservation } from "../reservation.js";
import { AsyncPool } from "./async.js";
import { Autoscaler } from "./autoscale.js";
import type { AutoscaleBounds, ChildOptions, PoolPlan, PoolStats } from "./options.js";
import type { MakePool, Pool, PoolParts } from "./pool.js";

export interface PoolsOptions {
  /** At least one, each name once. The first runs what names none of them. */
  readonly pools: readonly PoolPlan[];
  /** Bounds of the first pool, whose size at first is `min`. Null: its size stays. */
  readonly autoscale: AutoscaleBounds | null;
  /** Null: no pool has children. */
  readonly children: ChildOptions | null;
  /** Whether what tasks in the worker's own loop give `console` becomes log lines. */
  readonly redirectConsole: boolean;
}

export interface PoolsParts extends PoolParts {
  readonly options: PoolsOptions;
}

/** Loaded when a worker is opened that has such a pool. */
const WITH_CHILDREN: Readonly<
  Record<"threads" | "processes", () => Promise<{ readonly makePool: MakePool }>>
> = {
  threads: () => import("./threads.js"),
  processes: () => import("./processes.js"),
};

export class Pools {
  readonly #parts: PoolsParts;
  #all: readonly Pool[] = [];
  #autoscaler: Autoscaler | null = null;
  #giveConsoleBack: (() => void) | null = null;
  #closed = false;

  constructor(parts: PoolsParts) {
    this.#parts = parts;
    const { pools } = parts.options;
    // What runs in the worker's own loop is there at once, for those that never open.
    if (pools.every(({ name }) => !hasChildren(name))) this.#all = pools.map((plan) => this.#inLoop(plan));
  }

  get all(): readonly Pool[] {
    return this.#all;
  }

  get size(): number {
    return this.#sum((pool) => pool.size);
  }

  get running(): number {
    return this.#sum((pool) => pool.running);
  }

  get free(): number {
    return this.#sum((pool) => pool.free);
  }

  /** Slots of a pool that a claim may ask for: those that are free, and one that it would grow by. */
  claimable(pool: Pool): number {
    if (pool.free > 0) return pool.free;
    return pool === this.#all[0] && this.#autoscaler?.canGrow === true ? 1 : 0;
  }

  /** Rejects where children cannot load the app. */
  async open(): Promise<void> {
    const { clock, options, reporter } = this.#parts;
    if (this.#all.length === 0) this.#all = await Promise.all(options.pools.map((plan) => this.#make(plan)));
    if (this.#closed) return this.#closeAll();
    await Promise.all(this.#all.map((pool) => pool.open()));
    const [first] = this.#all;
    if (first === undefined || this.#closed) return;
    if (options.redirectConsole && options.pools.some(({ name }) => !hasChildren(name))) {
      const { takeConsole } = await import("./console.js");
      if (this.#closed) return;
      this.#giveConsoleBack = takeConsole({ clock, write: (line, fields) => reporter.wrote(line, fields) });
    }
    if (options.autoscale !== null) this.#scale(options.autoscale);
  }

  #scale(bounds: AutoscaleBounds): void {
    const { clock, reporter, onFree } = this.#parts;
    const first = this.#all[0]!;
    this.#autoscaler = new Autoscaler({
      ...{ clock, bounds, pool: first },
      onChange: (by) => {
        reporter.log.info(`Pool ${first.name} has ${by > 0 ? "grown" : "shrunk"} to ${first.size}`);
        if (by > 0) onFree();
      },
    });
    this.#autoscaler.start();
  }

  /** The pool that a task's definition names, where this worker has it, else its first. */
  of({ pool: name }: Pick<TaskDefinition, "pool">): Pool {
    const first = this.#all[0]!;
    if (name === null || name === first.name) return first;
    return this.#all.find((pool) => pool.name === name) ?? first;
  }

  start(assignment: Assignment, pool: Pool): void {
    pool.start(assignment);
    if (pool === this.#all[0]) this.#autoscaler?.took();
  }

  /** A claim was answered. */
  claimed(asked: number, given: number): void {
    this.#autoscaler?.claimed(asked, given);
  }

  /** Bounds of the slots of the first pool; null: its size stays. */
  get autoscale(): AutoscaleBounds | null {
    return this.#autoscaler?.bounds ?? null;
  }

  /** Slots more, or fewer where it is below 0, of the first pool, which gives how many it has then. At least 1 stays. */
  resize(by: number): number {
    const first = this.#all[0]!;
    if (by > 0) first.grow(by);
    else first.shrink(-by);
    this.#autoscaler?.resized(by);
    if (by > 0) this.#parts.onFree();
    return first.size;
  }

  /** Other bounds; the size follows. */
  rescale(bounds: AutoscaleBounds): void {
    const { size } = this.#all[0]!;
    if (this.#autoscaler === null) this.#scale(bounds);
    else this.#autoscaler.bounds = bounds;
    const wanted = Math.min(bounds.max, Math.max(bounds.min, size));
    if (wanted !== size) this.resize(wanted - size);
  }

  /** One pool after the other. */
  async restart(): Promise<void> {
    for (const pool of this.#all) await pool.restart();
  }

  /** Of the child that runs it; null: it runs in this process, or not at all. */
  pidOf(reservation: Reservation): number | null {
    for (const pool of this.#all) {
      const pid = pool.pidOf?.(reservation) ?? null;
      if (pid !== null) return pid;
    }
    return null;
  }

  stats(): PoolStats[] {
    return this.#all.map((pool) => pool.stats());
  }

  /** What was running. */
  abandon(): Assignment[] {
    return this.#all.flatMap((pool) => pool.abandon());
  }

  /** Idempotent; also while it opens. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#autoscaler?.stop();
    this.#giveConsoleBack?.();
    this.#giveConsoleBack = null;
    await this.#closeAll();
  }

  async #closeAll(): Promise<void> {
    await Promise.all(this.#all.map((pool) => pool.close()));
  }

  #inLoop({ name, size }: PoolPlan): Pool {
    return new AsyncPool(name === "solo" ? "solo" : "async", size, this.#parts);
  }

  async #make(plan: PoolPlan): Promise<Pool> {
    const { name, size } = plan;
    if (!hasChildren(name)) return this.#inLoop(plan);
    const { makePool } = await WITH_CHILDREN[name]();
    const { options, ...parts } = this.#parts;
    return makePool({ ...parts, size, options: options.children! });
  }

  #sum(count: (pool: Pool) => number): number {
    let sum = 0;
    for (const pool of this.#all) sum += count(pool);
    return sum;
  }
}
