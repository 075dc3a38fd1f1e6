// Of `Symbol.asyncDispose` in the declarations: not every program that compiles beside them has named this library.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A permit that this process holds, and keeps by renewing it each third of its lease.
 *
 * It is trusted until `start of the last good renewal + lease - margin` on the monotonic clock: from the start, since a
 * slow answer must not stretch it. Past that the signal aborts even if the store says nothing. A process that was
 * stopped may run other code before its timers, so the signal also looks at the clock whenever it is asked.
 */
import type { Clock, Timer } from "../core/clock.js";
import { type Duration, formatDuration } from "../core/duration.js";
import { LockError, messageOf, type SunbeatError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { bounded, isRetryable } from "../core/patience.js";
import { quote } from "../core/quote.js";
import type { LockStore as StoreLocks, Permit } from "../store/contracts/locks.js";
import { leaseOption } from "../tasks/task-lock.js";

/** The clocks of two machines do not run at quite the same speed. */
const MARGIN = 0.02;
const SHORTEST_PAUSE_MS = 50;

export interface HoldingDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: Pick<StoreLocks, "extend" | "release">;
  readonly onLost: (lock: HeldLock, reason: SunbeatError) => void;
  readonly onReleased: (lock: HeldLock) => void;
  /** It was to be given back, and the store did not answer: it may be held until its lease ends. */
  readonly onLeft: (lock: HeldLock) => void;
}

export class HeldLock {
  readonly name: string;
  /** Names this permit; `release` and `extend` of a mutex or semaphore take it, in any process. */
  readonly token: string;
  /** Greater than that of every earlier holder: hand it to what you write to, and have it refuse smaller ones. */
  readonly fence: number;
  /** For this folder: the name under which it was asked for. */
  readonly waiter: string;
  readonly #deps: HoldingDeps;
  /** Made when somebody asks for the signal: most hold a lock for less time than that takes. */
  #aborter: AbortController | null = null;
  /** Why it ended, where `release` is not why. */
  #end: SunbeatError | null = null;
  #leaseMs: number;
  #trustedUntil: number;
  #renewAt: number;
  #renewing = false;
  #timer: Timer | null = null;
  #over = false;

  /** For this folder. `startedAt`: monotonic instant at which the permit was asked for. */
  constructor(deps: HoldingDeps, permit: Permit, waiter: string, leaseMs: number, startedAt: number) {
    this.name = permit.lock;
    this.token = permit.token;
    this.fence = permit.fence;
    this.waiter = waiter;
    this.#deps = deps;
    this.#leaseMs = leaseMs;
    this.#trustedUntil = startedAt + leaseMs * (1 - MARGIN);
    this.#renewAt = startedAt + leaseMs / 3;
    this.#arm();
  }

  /** Aborts when the permit is lost, or may be; `signal.reason` is a LockError, SUNBEAT_LOCK_LOST. */
  get signal(): AbortSignal {
    if (this.#aborter === null) {
      this.#aborter = new AbortController();
      watchful(this.#aborter.signal, () => this.#look());
      if (this.#end !== null) this.#aborter.abort(this.#end);
    }
    return this.#aborter.signal;
  }

  /** Whether it is still ours, as far as this process can know. */
  get held(): boolean {
    this.#look();
    return !this.#over;
  }

  /**
   * Sets the lease to last so long from now (default: as long as before), and each renewal after. Rejects with
   * SUNBEAT_LOCK_LOST, and aborts the signal, when the permit is lost; with SUNBEAT_LOCK_NOT_HELD after `release`.
   */
  async extend(lease?: Duration): Promise<void> {
    const leaseMs = lease === undefined ? this.#leaseMs : leaseOption(lease, `lock ${quote(this.name)}`);
    this.#mustBeHeld();
    const startedAt = this.#deps.clock.monotonicMs();
    // From here on the store may have the new one, whether its answer comes or not.
    this.#trustedUntil = Math.min(this.#trustedUntil, startedAt + leaseMs * (1 - MARGIN));
    this.#renewAt = Math.min(this.#renewAt, startedAt + leaseMs / 3);
    this.#arm();
    await this.#renew(leaseMs, startedAt);
    this.#leaseMs = leaseMs;
    this.#renewAt = startedAt + leaseMs / 3;
    this.#arm();
  }

  /**
   * Gives the permit to the next in line. Rejects with SUNBEAT_LOCK_LOST when it was lost before, and with
   * SUNBEAT_LOCK_NOT_HELD the second time. When the store cannot be reached the permit ends with its lease,
   * or is given back by its token.
   */
  async release(): Promise<void> {
    this.#mustBeHeld();
    this.#stop();
    const { clock, store, onReleased, onLeft } = this.#deps;
    let outcome: "released" | "lost";
    try {
      outcome = await bounded(clock, this.#leaseMs, "release", store.release(this));
    } catch (error) {
      onLeft(this);
      throw error;
    }
    if (outcome === "lost") throw this.lose("the store has ended it or given it to another");
    onReleased(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.held) await this.release();
  }

  /** For this folder: ends it with this reason, if it has not ended; gives the reason. */
  lose(why: string): LockError {
    const reason = new LockError(
      "SUNBEAT_LOCK_LOST",
      `lock ${quote(this.name)} was lost: ${why}; somebody else may hold it now`,
      { details: { lock: this.name, fence: this.fence } },
    );
    this.#abort(reason, true);
    return reason;
  }

  /** For this folder: looks now whether it is still ours; something was heard about it. */
  recheck(): void {
    if (this.#over) return;
    this.#renewAt = 0;
    this.#arm();
  }

  /** For this folder: aborts the signal and gives the permit back, whoever is using it. */
  async cut(reason: SunbeatError): Promise<void> {
    if (this.#over) return;
    this.#abort(reason, false);
    await this.#deps.store.release(this);
    this.#deps.onReleased(this);
  }

  #abort(reason: SunbeatError, lost: boolean): void {
    this.#stop();
    if (this.#end !== null) return;
    this.#end = reason;
    this.#aborter?.abort(reason);
    if (lost) this.#deps.onLost(this, reason);
  }

  #mustBeHeld(): void {
    this.#look();
    if (!this.#over) return;
    if (this.#end !== null) throw this.#end;
    throw notHeld(this.name, "it was given back before");
  }

  #stop(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    if (this.#over || this.#deps.clock.monotonicMs() < this.#trustedUntil) return;
    this.lose(`the store has not renewed it for ${formatDuration(Math.round(this.#leaseMs))}`);
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#over) return;
    const at = this.#renewing ? this.#trustedUntil : Math.min(this.#renewAt, this.#trustedUntil);
    const { clock } = this.#deps;
    this.#timer = clock.after(Math.max(0, at - clock.monotonicMs()), () => this.#tick());
  }

  #tick(): void {
    this.#timer = null;
    this.#look();
    if (this.#over) return;
    if (!this.#renewing && this.#deps.clock.monotonicMs() >= this.#renewAt) void this.#renewInTime();
    this.#arm();
  }

  async #renewInTime(): Promise<void> {
    const { clock, logger } = this.#deps;
    const startedAt = clock.monotonicMs();
    const leaseMs = this.#leaseMs;
    this.#renewing = true;
    try {
      await this.#renew(leaseMs, startedAt);
      // The store may have the old lease behind one that `extend` has set meanwhile.
      this.#renewAt = this.#leaseMs === leaseMs ? startedAt + leaseMs / 3 : 0;
    } catch (error) {
      if (this.#over) return;
      if (!isRetryable(error)) {
        this.lose(`it cannot be renewed: ${messageOf(error)}`);
        return;
      }
      logger.debug(`lock ${quote(this.name)}: a renewal failed, and is tried again: ${messageOf(error)}`);
      this.#renewAt = clock.monotonicMs() + Math.max(SHORTEST_PAUSE_MS, this.#leaseMs / 20);
    } finally {
      this.#renewing = false;
      this.#arm();
    }
  }

  async #renew(leaseMs: number, startedAt: number): Promise<void> {
    const { clock, store } = this.#deps;
    const work = store.extend(this, leaseMs);
    const outcome = await bounded(clock, this.#leaseMs / 3, "extend", work);
    if (outcome === "lost") throw this.lose("the store has ended it or given it to another");
    // Released or found too old while the call was on its way.
    this.#mustBeHeld();
    this.#trustedUntil = startedAt + leaseMs * (1 - MARGIN);
  }

  /** As the store names a permit. */
  get lock(): string {
    return this.name;
  }
}

export function notHeld(name: string, why: string): LockError {
  return new LockError("SUNBEAT_LOCK_NOT_HELD", `lock ${quote(name)} is not held by this token: ${why}`, {
    details: { lock: name },
  });
}

/** The same signal, which calls `look` before it answers. */
export function watchful(signal: AbortSignal, look: () => unknown): AbortSignal {
  return Object.defineProperties(signal, {
    aborted: {
      get: (): boolean => {
        look();
        return Reflect.get(AbortSignal.prototype, "aborted", signal);
      },
    },
    throwIfAborted: {
      value: (): void => {
        look();
        if (signal.aborted) throw signal.reason;
      },
    },
  });
}
