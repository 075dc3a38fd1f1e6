import type { Clock, EpochMs } from "../core/clock.js";
import { LockError, SunbeatError, TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { watchful } from "../locks/index.js";
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
  /** The store no longer regards this delivery as ours, and why: somebody else may be running it. */
  lostBecause: string | null = null;
  /** Somebody asked for the end of this task. */
  revoked = false;
  /** It has a slot: it can be stopped, and not cancelled any more. */
  begun = false;
  /** The worker is on its way out. */
  stopping = false;
  /** The permit it came with, or was admitted to; null: none. */
  lock: { readonly name: string; readonly fence: number } | null = null;
  /** Its arguments, with what it takes, where they had to be read before it has a slot. */
  args: readonly unknown[] | null = null;
  /** Monotonic instant since when it holds its permit and waits for a slot. */
  idleSince = 0;
  /** The permit was taken away, though the delivery is still ours. */
  unlocked = false;
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

  /** The store's clock, read by ours from when it was claimed. */
  get storeNow(): EpochMs {
    return this.#clock.monotonicMs() + this.#storeAheadMs;
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
    if (this.#reason !== null) return;
    this.#reason = reason;
    // A listener that throws is reported by Node as an uncaught exception of that listener, not thrown here.
    this.#controller?.abort(reason);
  }
}
