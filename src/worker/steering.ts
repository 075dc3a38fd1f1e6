/** What somebody outside asks of a worker while it runs: what it has, and that it works otherwise until its end. */
import { createHash } from "node:crypto";
import type { Clock, EpochMs } from "../core/clock.js";
import type { HeaderMark, NodeState, WorkerFacts } from "../store/contracts/presence.js";
import { decodeBody } from "../tasks/envelope.js";
import type { Consumer } from "./consumer.js";
import type { LimitedTasks, TimeLimits } from "./limited-tasks.js";
import type { Line } from "./line.js";
import type { WorkerOptions, WorkerStats } from "./options.js";
import type { AutoscaleBounds } from "./pools/options.js";
import type { Reservation } from "./reservation.js";

/** Names of tasks that are told. */
const MOST_TASKS = 500;

/** A delivery that a worker has. */
export interface WorkerRun {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  /** Null: they cannot be read here. */
  readonly args: readonly unknown[] | null;
  readonly retries: number;
  readonly deliveries: number;
  /** By the store's clock; null: it has not begun. */
  readonly startedAt: EpochMs | null;
  readonly runMs: number | null;
  /** From when it could begin until it did, or until now. */
  readonly waitMs: number;
  readonly lock: string | null;
  readonly pid: number;
  readonly entry: string | null;
  /** `{ done, total }`, or `{ state, meta }`, as its run has said last; null: it has not. */
  readonly progress: unknown;
}

export interface SteeringParts {
  readonly clock: Clock;
  readonly line: () => Line;
  readonly consumer: () => Consumer | null;
  readonly tasks: LimitedTasks;
  /** The worker's own list: what is changed in it holds. */
  readonly queues: string[];
  readonly options: WorkerOptions;
  readonly state: () => WorkerStats["state"];
  /** Listens to the queues as they are now. */
  readonly listen: () => Promise<void>;
}

export class Steering {
  readonly #parts: SteeringParts;
  #taskNames: { readonly tasks: readonly string[]; readonly tasksHash: string } | null = null;

  constructor(parts: SteeringParts) {
    this.#parts = parts;
  }

  get state(): NodeState {
    const state = this.#parts.state();
    if (state === "new") return "starting";
    if (state !== "running") return "stopping";
    return this.#parts.consumer()?.isSuspended === true ? "draining" : "running";
  }

  facts(): WorkerFacts {
    const { clock, line, consumer, queues, state } = this.#parts;
    const { pools, runQueue, completer, reporter, patience } = line();
    const { all, size: concurrency, running, autoscale } = pools;
    const since = patience.since;
    return {
      queues: queues.map((name) => ({ name, paused: runQueue.paused.has(name) })),
      ...{ concurrency, pool: all.map(({ name }) => name).join(","), autoscale, running },
      ...{ prefetched: runQueue.size, unsettled: completer.unsettled },
      processed: pools.stats().reduce((sum, { processed }) => sum + processed, 0),
      ...reporter.counts,
      ...this.#named(),
      lastClaimAt: consumer()?.claimedAt ?? null,
      outage:
        since === null || state() === "new" ? null : Math.round(clock.now() - (clock.monotonicMs() - since)),
    };
  }

  /** What it has begun, longest running first, or what waits here, in the order of the claims. */
  runs(which: "begun" | "waiting"): WorkerRun[] {
    const kept = [...this.#parts.line().heartbeat.kept].filter(({ begun }) => begun === (which === "begun"));
    const runs = kept.map((reservation) => this.#view(reservation));
    return which === "begun" ? runs.sort((a, b) => (b.runMs ?? 0) - (a.runMs ?? 0)) : runs;
  }

  /** Takes from a queue more. False: it did already. */
  async addQueue(queue: string): Promise<boolean> {
    const { queues, listen, line } = this.#parts;
    if (queues.includes(queue)) return false;
    queues.push(queue);
    line().reporter.log.info(`Takes from queue ${queue} from now on`);
    await listen();
    return true;
  }

  /** Takes from it no more: what waits here goes back, what runs goes on. False: it did not. */
  async cancelQueue(queue: string): Promise<boolean> {
    const { queues, listen, line } = this.#parts;
    const at = queues.indexOf(queue);
    if (at < 0) return false;
    queues.splice(at, 1);
    line().runQueue.leaveQueue(queue);
    line().reporter.log.info(`Takes from queue ${queue} no more`);
    await listen();
    return true;
  }

  /** Slots of the first pool, more or, below 0, fewer; gives how many it has then. Null: it has one, whatever somebody says. */
  resize(by: number): number | null {
    const { pools, reporter } = this.#parts.line();
    const [first] = pools.all;
    if (first === undefined || first.name === "solo") return null;
    const size = pools.resize(by);
    reporter.log.info(`Pool ${first.name} has ${by > 0 ? "grown" : "shrunk"} to ${size}, as somebody asked`);
    return size;
  }

  rescale(bounds: AutoscaleBounds): boolean {
    const { pools, reporter } = this.#parts.line();
    const [first] = pools.all;
    if (first === undefined || first.name === "solo" || pools.all.length > 1) return false;
    pools.rescale(bounds);
    reporter.log.info(`Pool ${first.name} has ${bounds.min} to ${bounds.max} slots from now on`);
    return true;
  }

  /** Claims nothing more; what was not begun goes back. Undone by `undrain`. */
  drain(): void {
    this.#parts.consumer()?.suspend();
    this.#parts.line().reporter.log.info("Drains: takes no more tasks until it is told to");
  }

  undrain(): void {
    this.#parts.consumer()?.resume();
    this.#parts.line().reporter.log.info("Takes tasks again");
  }

  /** For runs that begin from now on. False: it does not know the task. */
  limit(task: string, limits: TimeLimits): boolean {
    return this.#parts.tasks.limit(task, limits);
  }

  /** Limits of runs that begin now, and whether somebody has set them since the start; null: it does not know the task. */
  limitsOf(task: string): (TimeLimits & { readonly isSet: boolean }) | null {
    const { tasks } = this.#parts;
    const found = tasks.get(task);
    if (found === undefined) return null;
    return { softMs: found.softTimeLimitMs, hardMs: found.timeLimitMs, isSet: tasks.isLimited(task) };
  }

  setMarks(marks: readonly HeaderMark[]): void {
    this.#parts.line().marks.current = marks;
  }

  #named(): { readonly tasks: readonly string[]; readonly tasksHash: string } {
    // Tasks are there before a worker starts: their names are read once.
    if (this.#taskNames === null) {
      const names = [...this.#parts.tasks.keys()].sort();
      const tasksHash = createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 16);
      this.#taskNames = { tasks: names.slice(0, MOST_TASKS), tasksHash };
    }
    return this.#taskNames;
  }

  #view(reservation: Reservation): WorkerRun {
    const { delivery, storeNow, begunAt, lock, progress } = reservation;
    const { id, task, queue, retries, deliveries, entry } = delivery;
    return {
      ...{ id, task, queue, args: reservation.args ?? argsOf(reservation), retries, deliveries },
      startedAt: begunAt === null ? null : Math.round(begunAt),
      runMs: begunAt === null ? null : Math.round(storeNow - begunAt),
      waitMs: reservation.waitedMs,
      lock: lock?.name ?? null,
      pid: this.#parts.line().pools.pidOf(reservation) ?? process.pid,
      ...{ entry, progress },
    };
  }
}

function argsOf({ delivery }: Reservation): readonly unknown[] | null {
  try {
    return decodeBody(delivery.body).args;
  } catch {
    return null;
  }
}
