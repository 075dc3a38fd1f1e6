import type { Clock, EpochMs } from "../core/clock.js";
import type { LogFields } from "../core/logger.js";
import { LockError, SunbeatError, TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { watchful } from "../locks/index.js";
import type { MessageBody } from "../tasks/envelope.js";
import type { RunTrace } from "../tasks/tracing.js";
import type { Delivery, DeliveryRef } from "../store/contracts/delivery.js";

/** Who extends a lease. */
export interface Keeper {
  readonly leaseMs: number;
  /** Why it could not, if this process was busy for too long; null: it was not. */
  readonly blocked: string | null;
  drop(reservation: Reservation): void;
}

export function refOf({ delivery: { id, token } }: Reservation): DeliveryRef {
  return { id, token };
}

/**
 * A delivery that this worker has, and why its run should stop, if it should. The signal shows the first reason;
 * what becomes of the run follows from the flags, since a second reason may come while the task winds down.
 */
export class Reservation {
  readonly delivery: Delivery;
  /** Monotonic instant up to which the lease holds if the store says nothing more. */
  trustedUntil: number;
  /** Null: nobody extends its lease. */
  keeper: Keeper | null = null;
  /** How long its failure is kept where its result is not; 0: neither is. */
  errorTtlMs = 0;
  /** What its message says, once it was read. */
  body: MessageBody | null = null;
  /** Its successes leave no record. */
  ignoreHistory = false;
  /** Its message is kept when it has failed for good. */
  keepFailed = false;
  /** From when it could have been taken until it was, by the store's clock. */
  waitMs: number | null = null;
  /** The store no longer regards this delivery as ours, and why: somebody else may be running it. */
  lostBecause: string | null = null;
  /** Somebody asked for the end of this task. */
  revoked = false;
  /** It has a slot: it can be stopped, and not cancelled any more. */
  begun = false;
  /** When that was, by the store's clock. */
  begunAt: EpochMs | null = null;
  /** What is told of its run, where that is in this process; null: nobody traces. */
  trace: RunTrace | null = null;
  /** The worker is on its way out. */
  stopping = false;
  /** The permit it came with, or was admitted to; null: none. */
  lock: { readonly name: string; readonly fence: number } | null = null;
  /** Tokens of its task's rate limit are taken. */
  charged = false;
  /** Its task has a rate limit: its end may be told with the next claim. */
  paced = false;
  /** Its arguments, with what it takes, where they had to be read before it has a slot. */
  args: readonly unknown[] | null = null;
  /** Monotonic instant since when it holds its permit and waits for a slot. */
  idleSince = 0;
  /** Monotonic instant at which it told last how far it is. */
  progressAt = -Infinity;
  /** How far its run says that it is, in data of the run's own; null: it has not said. */
  progress: unknown = null;
  /** Its end was brought about from outside and is told: what its function comes to counts for nothing. */
  judged = false;
  /** The permit was taken away, though the delivery is still ours. */
  unlocked = false;
  /** Told of every reason to stop, also of those after the first, which the signal shows. Null: nobody asks. */
  onReason: ((reason: SunbeatError) => void) | null = null;
  readonly #clock: Pick<Clock, "monotonicMs">;
  #reason: SunbeatError | null = null;
  /** Made when somebody asks for the signal: most tasks never do. */
  #controller: AbortController | null = null;

  readonly #storeAheadMs: number;

  /** `storeAheadMs`: by how much the store's clock is ahead of the monotonic one, or less. */
  constructor(
    delivery: Delivery,
    trustedUntil: number,
    clock: Pick<Clock, "monotonicMs">,
    storeAheadMs: number,
  ) {
    this.#clock = clock;
    this.delivery = delivery;
    this.trustedUntil = trustedUntil;
    this.#storeAheadMs = storeAheadMs;
    const { lock } = delivery;
    if (lock && lock.fence !== null) this.lock = { name: lock.name, fence: lock.fence };
  }

  /** `tasks.add[id]`, as log lines name it. */
  get label(): string {
    return `${this.delivery.task}[${this.delivery.id}]`;
  }

  /** What log lines tell of it. */
  get fields(): LogFields {
    const { id, task, retries, entry } = this.delivery;
    return { taskId: id, task, retries, ...(entry !== null && { entry }) };
  }

  /** The store's clock, read by ours from when it was claimed. */
  get storeNow(): EpochMs {
    return this.#clock.monotonicMs() + this.#storeAheadMs;
  }

  /** From when it could have begun until it did, or until now. */
  get waitedMs(): number {
    const { enqueuedAt, eta } = this.delivery;
    const begun = this.begunAt ?? this.storeNow;
    return Math.max(0, Math.round(begun - Math.max(enqueuedAt, eta ?? 0)));
  }

  /** Whether it is worthless by now, if it has not begun. */
  get expired(): boolean {
    const { expires } = this.delivery;
    return expires !== null && this.storeNow >= expires;
  }

  /** Looks at the clock whenever it is asked: a process that was stopped may run the task before its timers. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      watchful(this.#controller.signal, () => this.look());
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get lost(): boolean {
    return this.lostBecause !== null;
  }

  /** Finds it lost when its time is over, before the timer that says so. */
  look(): void {
    if (this.lost || this.#clock.monotonicMs() < this.trustedUntil) return;
    this.lose(this.keeper?.blocked ?? "the store has not renewed it in time");
  }

  lose(why: string): void {
    if (this.lost) return;
    this.lostBecause = why;
    this.abort(
      new TaskError(
        "SUNBEAT_LEASE_LOST",
        `the lease of ${this.label} was lost: ${why}; another worker may run it`,
      ),
    );
  }

  revoke(): void {
    if (this.revoked) return;
    this.revoked = true;
    this.abort(new TaskError("SUNBEAT_TASK_REVOKED", `${this.label} was revoked while a worker held it`));
  }

  /** Somebody asked that it not begin. */
  cancel(): void {
    if (!this.begun) this.revoke();
  }

  shutDown(): void {
    if (this.stopping) return;
    this.stopping = true;
    this.abort(new TaskError("SUNBEAT_SHUTDOWN", `the worker that runs ${this.label} is shutting down`));
  }

  loseLock(): void {
    if (this.lock === null || this.unlocked) return;
    this.unlocked = true;
    const { name, fence } = this.lock;
    this.abort(
      new LockError(
        "SUNBEAT_LOCK_LOST",
        `lock ${quote(name)} of ${this.label} was lost: it was broken, or passed on when its lease had ended; ` +
          "somebody else may hold it now",
        { details: { lock: name, fence } },
      ),
    );
  }

  abort(reason: SunbeatError): void {
    this.onReason?.(reason);
    if (this.#reason !== null) return;
    this.#reason = reason;
    // A listener that throws is reported by Node as an uncaught exception of that listener, not thrown here.
    this.#controller?.abort(reason);
  }
}
