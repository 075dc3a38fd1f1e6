/**
 * How often runs of tasks may begin, over all workers.
 *
 * A limit belongs to the name of a task. Tokens of it fall into buckets, one for the task or one for each key of its messages, and a
 * claim takes some for each delivery that it makes for a free slot (GCRA). They are not given back: a limit bounds starts, by the
 * store's clock. A message that meets an empty bucket is blocked by `rate`, in the backlog of its bucket and queue, and claims let it
 * out by priority, then by age, as tokens come.
 *
 * Code says what holds, and an operator may say something else. The operator's word holds until it is reset, or until code says
 * something else than before.
 */
import type { Rate } from "../../tasks/rate-limit.js";

export interface TaskLimit {
  readonly task: string;
  /** What the workers' code says; null: no limit. */
  readonly code: Rate | null;
  /** Whether key and tokens of a run follow from its arguments: its message carries them, or its worker asks for them. */
  readonly byMessage: boolean;
  /** What an operator has said; `rate` null: no limit. Null: nothing. */
  readonly control: { readonly rate: Rate | null } | null;
}

/** What holds. */
export function rateInForce({ code, control }: TaskLimit): Rate | null {
  return control === null ? code : control.rate;
}

/** What a worker's code says of a task of its own. */
export type DeclaredLimit = Pick<TaskLimit, "task" | "code" | "byMessage">;

/** A change holds from this step on, also for what waits. */
export interface Limits {
  /** All that are kept, by name of the task. */
  list(): Promise<TaskLimit[]>;
  /** What the code of a worker says of all its tasks. One without a limit that none was known of leaves no trace. */
  declare(limits: readonly DeclaredLimit[]): Promise<void>;
  /** An operator's word; `rate` null lifts the limit. */
  set(task: string, rate: Rate | null): Promise<void>;
  /** What code says holds again. */
  reset(task: string): Promise<void>;
}
