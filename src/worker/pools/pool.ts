/**
 * What runs a worker's assignments: in its own loop, in threads, or in processes that can be killed. All else of a delivery (claim,
 * lease, settle, retry delay, events) stays with the worker.
 */
import type { Clock } from "../../core/clock.js";
import type { PoolName } from "../../tasks/pool-name.js";
import type { Store } from "../../store/contracts/store.js";
import type { Assignment } from "../assignment.js";
import type { Insist } from "../insist.js";
import type { TaskLookup } from "../options.js";
import type { Outcome } from "../outcome.js";
import type { Reporter } from "../report.js";
import type { Reservation } from "../reservation.js";
import type { RunEnvironment } from "../run.js";
import type { ChildOptions, PoolStats } from "./options.js";

/** How a run ended, and how long it had its slot. */
export type OnEnd = (assignment: Assignment, outcome: Outcome, runtimeMs: number) => void;

/** `onEnd` is called once for every `start`, never before `start` has returned, and not after `abandon`. */
export interface Pool {
  readonly name: PoolName;
  /** Slots that it has now. */
  readonly size: number;
  /** Slots taken. */
  readonly running: number;
  /** Slots that can take a run at once; less than `size - running` while children begin or are replaced. */
  readonly free: number;
  /** Resolves when its slots can take runs. Rejects where its children cannot load the app. */
  open(): Promise<void>;
  /** Only while `free` is above 0. */
  start(assignment: Assignment): void;
  /** More slots. */
  grow(slots: number): void;
  /** Fewer slots, at least 1; those that run end first. */
  shrink(slots: number): void;
  /** New children with the files as they are now, one after the other, while work goes on. Nothing to do in the worker's own loop. */
  restart(): Promise<void>;
  /** Of the child that runs it; null: none does. */
  pidOf?(reservation: Reservation): number | null;
  stats(): PoolStats;
  /** Forgets every run: their ends are not told any more, timers are gone, children are killed. Gives what was running. */
  abandon(): Assignment[];
  /** Ends what it has; bounded. Idempotent. */
  close(): Promise<void>;
}

/** What every pool is made of. */
export interface PoolParts {
  readonly clock: Clock;
  /** What runs ask of their worker, those of children, too. */
  readonly environment: RunEnvironment;
  readonly store: Store;
  readonly insist: Insist;
  readonly registry: Pick<TaskLookup, "get">;
  readonly reporter: Reporter;
  readonly onEnd: OnEnd;
  /** A slot that could take no run can take one: a child is ready, or there are more. */
  readonly onFree: () => void;
  /** After `open` has resolved: it cannot go on, since children die before they are ready. */
  readonly onFatal: (error: unknown) => void;
}

/** What a pool with children is made of. */
export interface ChildPoolParts extends PoolParts {
  /** Slots at first. */
  readonly size: number;
  readonly options: ChildOptions;
}

/** `./processes.js` and `./threads.js` export it by this type, as `makePool`. */
export type MakePool = (parts: ChildPoolParts) => Pool;
