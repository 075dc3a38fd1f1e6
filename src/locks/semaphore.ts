import { sleep, untilStoreShows } from "../core/clock.js";
import type { Duration } from "../core/duration.js";
import { formatDuration } from "../core/duration.js";
import { LockError, messageOf, type SunbeatError, TaskError } from "../core/errors.js";
import { assertKnownKeys, durationOption, invalidOption } from "../core/options.js";
import { bounded, isRetryable } from "../core/patience.js";
import { quote } from "../core/quote.js";
import { leaseOption } from "../tasks/task-lock.js";
import { firstAbort, onAbort } from "./first-abort.js";
import { HeldLock, notHeld, watchful } from "./held-lock.js";
import type { LockKeeper } from "./lock-keeper.js";

export interface AcquireOptions {
  /** How long to stand in line: a duration, `true` (default) for as long as it takes, `false` or 0 for not at all. */
  readonly wait?: Duration | boolean | undefined;
  /** How long the lock stays taken when this process dies; renewed each third of it. Default 30 s, least 100 ms. */
  readonly lease?: Duration | undefined;
  /** Ends the waiting; what was aborted is not held. */
  readonly signal?: AbortSignal | undefined;
}

export interface UsingOptions extends AcquireOptions {
  /** After this long the lock is given back although the body has not ended. Default: no limit. */
  readonly timeLimit?: Duration | undefined;
}

/** What the body of `using` gets. */
export interface Use {
  readonly name: string;
  /** See `HeldLock.fence`. */
  readonly fence: number;
  /** Aborts when the lock is lost, at the time limit, when the caller's signal aborts, and when the app closes. */
  readonly signal: AbortSignal;
}

const ACQUIRE_OPTIONS = ["wait", "lease", "signal"] as const satisfies readonly (keyof AcquireOptions)[];
const USING_OPTIONS = [...ACQUIRE_OPTIONS, "timeLimit"] as const satisfies readonly (keyof UsingOptions)[];

/** A waiter counts as alive for so long, or as long as its lease where that is shorter. */
const ALIVE_MS = 10_000;
/** A call that has not answered by then is taken for lost; so much of it a store gets however short the wait is. */
const CALL_LIMIT_MS = 5_000;
const LEAST_CALL_LIMIT_MS = 500;
const PAUSE_MS = 200;
/** So long a store has to hear that somebody gave up, before he goes. */
const FAREWELL_MS = 200;

interface Plan {
  /** Null: for ever; 0: not at all. */
  readonly waitMs: number | null;
  readonly leaseMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Until the next look at the store. */
interface Pause {
  readonly ms: number;
  /** Why the last one told nothing. */
  readonly failure?: unknown;
}

/** A lock that so many may hold at once; those who wait for it get it in the order in which they came. Not reentrant. */
export class Semaphore {
  readonly name: string;
  readonly capacity: number;
  readonly #keeper: LockKeeper;
  /** As messages name it. */
  readonly #what: string;

  /** For `Locks`. */
  constructor(keeper: LockKeeper, name: string, capacity: number) {
    this.#keeper = keeper;
    this.name = name;
    this.capacity = capacity;
    this.#what = `lock ${quote(name)}`;
  }

  /**
   * Takes it; `release` what you got, or declare it with `await using`. Codes: SUNBEAT_LOCK_BUSY (without waiting),
   * SUNBEAT_LOCK_TIMEOUT, SUNBEAT_CLOSED, those of options, the StoreErrors; rejects with the reason of `signal`.
   */
  async acquire(options: AcquireOptions = {}): Promise<HeldLock> {
    assertKnownKeys(options, ACQUIRE_OPTIONS, this.#what);
    return this.#acquire(this.#plan(options));
  }

  /**
   * Runs `body` while it is held, and gives what it gives. Rejects with SUNBEAT_LOCK_LOST as soon as it is lost, with
   * SUNBEAT_TIME_LIMIT at `timeLimit`, whether the body has ended or not: it should heed its signal, since nothing
   * can stop code. Other codes as for `acquire`.
   */
  async using<T>(body: (use: Use) => T | Promise<T>, options: UsingOptions = {}): Promise<T> {
    if (typeof body !== "function") throw invalidOption(`${this.#what}: using`, "a function", body);
    assertKnownKeys(options, USING_OPTIONS, this.#what);
    const { timeLimit } = options;
    const limitMs = timeLimit === undefined ? null : durationOption(timeLimit, `${this.#what}: timeLimit`, 1);
    const plan = this.#plan(options);
    const held = await this.#acquire(plan);
    const { clock } = this.#keeper;
    const late = new AbortController();
    const timer = limitMs === null ? null : clock.after(limitMs, () => late.abort(this.#overran(limitMs)));
    const ends = firstAbort([held.signal, late.signal]);
    const told = firstAbort(plan.signal === undefined ? [ends.signal] : [ends.signal, plan.signal]);
    const signal = watchful(told.signal, () => held.held);
    let value: T;
    try {
      ends.signal.throwIfAborted();
      const working = (async () => body({ name: this.name, fence: held.fence, signal }))();
      value = await orAborted(ends.signal, working);
    } catch (error) {
      await this.#letGo(held);
      throw error;
    } finally {
      timer?.cancel();
      told.end();
      ends.end();
    }
    if (!held.held) throw held.signal.reason;
    await this.#letGo(held, true);
    return value;
  }

  /** Gives back a permit by its token, also one taken by another process. Code: SUNBEAT_LOCK_NOT_HELD. */
  async release(permit: string | { readonly token: string }): Promise<void> {
    const token = this.#tokenOf(permit);
    const held = this.#keeper.held(this.name, token);
    if (held !== undefined) return held.release();
    const outcome = await this.#call("release", (store) => store.release({ lock: this.name, token }));
    if (outcome === "lost")
      throw notHeld(this.name, "it has ended, was given back, or never was one of this lock");
  }

  /** Extends a permit by its token. Codes: SUNBEAT_LOCK_NOT_HELD, SUNBEAT_LOCK_LOST. */
  async extend(permit: string | { readonly token: string }, lease?: Duration): Promise<void> {
    const token = this.#tokenOf(permit);
    const held = this.#keeper.held(this.name, token);
    if (held !== undefined) return held.extend(lease);
    const leaseMs = leaseOption(lease, this.#what);
    const outcome = await this.#call("extend", (store) => store.extend({ lock: this.name, token }, leaseMs));
    if (outcome === "lost")
      throw notHeld(this.name, "it has ended, was given back, or never was one of this lock");
  }

  #tokenOf(permit: unknown): string {
    const token =
      typeof permit === "string" ? permit : (permit as { token?: unknown } | null | undefined)?.token;
    if (typeof token === "string" && token !== "") return token;
    throw invalidOption(`${this.#what}: permit`, "what acquire() gave, or its token", permit);
  }

  #plan({ wait = true, lease, signal }: AcquireOptions): Plan {
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw invalidOption(`${this.#what}: signal`, "an AbortSignal", signal);
    }
    const waitMs = wait === true ? null : wait === false ? 0 : durationOption(wait, `${this.#what}: wait`, 0);
    return { waitMs, leaseMs: leaseOption(lease, this.#what), signal };
  }

  async #acquire({ signal, ...plan }: Plan): Promise<HeldLock> {
    const { closing } = this.#keeper;
    if (signal === undefined) return this.#acquireUntil(closing, plan);
    const ends = firstAbort([signal, closing]);
    try {
      return await this.#acquireUntil(ends.signal, plan);
    } finally {
      ends.end();
    }
  }

  async #acquireUntil(ends: AbortSignal, { waitMs, leaseMs }: Omit<Plan, "signal">): Promise<HeldLock> {
    const { clock, random, hints } = this.#keeper;
    ends.throwIfAborted();
    const deadline = waitMs === null ? Infinity : clock.monotonicMs() + waitMs;
    const waiterTtlMs = waitMs === 0 ? null : Math.min(ALIVE_MS, leaseMs);
    const waiter = random.uuid();
    let latch = hints.enter(waiter);
    let waiting = false;
    let underway: Promise<unknown> = Promise.resolve();
    const inTime = <R>(work: Promise<R>): Promise<R> => {
      underway = work;
      const left = waitMs === 0 ? CALL_LIMIT_MS : deadline - clock.monotonicMs();
      const limitMs = Math.max(LEAST_CALL_LIMIT_MS, Math.min(left, CALL_LIMIT_MS));
      return orAborted(ends, bounded(clock, limitMs, "acquire", work));
    };
    try {
      if (!hints.isOpen) await inTime(hints.open());
      for (;;) {
        const found = await this.#try(waiter, leaseMs, waiterTtlMs, inTime, ends);
        if (found instanceof HeldLock) {
          if (found.held) return found;
          // The answer took longer than the lease, and the hints went to that permit.
          latch = hints.enter(waiter);
        }
        const pause = found instanceof HeldLock ? { ms: 0 } : found;
        ends.throwIfAborted();
        const left = deadline - clock.monotonicMs();
        if (left <= 0) throw this.#timedOut(waitMs ?? 0, pause.failure);
        if (!waiting) this.#keeper.tellWaiting(this.name);
        waiting = true;
        await latch.wait(Math.min(left, pause.ms, (waiterTtlMs ?? ALIVE_MS) / 3), ends);
        ends.throwIfAborted();
      }
    } catch (error) {
      hints.leave(waiter);
      await this.#giveUp(waiter, underway);
      throw error;
    }
  }

  /** The store may have granted it by now, or may do so later: it is told when the last call is over. */
  async #giveUp(waiter: string, underway: Promise<unknown>): Promise<void> {
    const { clock, store } = this.#keeper;
    const silent = (): void => undefined;
    const told = underway.catch(silent).then(() => store.cancel(this.name, waiter));
    await bounded(clock, FAREWELL_MS, "cancel", told).catch(silent);
  }

  /** The lock, or when to look again. */
  async #try(
    waiter: string,
    leaseMs: number,
    waiterTtlMs: number | null,
    inTime: <R>(work: Promise<R>) => Promise<R>,
    ends: AbortSignal,
  ): Promise<HeldLock | Pause> {
    const { clock, label, store } = this.#keeper;
    const { name: lock, capacity } = this;
    const startedAt = clock.monotonicMs();
    let reply;
    try {
      reply = await inTime(store.acquire({ lock, capacity, waiter, label, leaseMs, waiterTtlMs }));
    } catch (error) {
      if (waiterTtlMs === null || ends.aborted || !isRetryable(error)) throw error;
      await sleep(clock, PAUSE_MS, ends);
      return { ms: PAUSE_MS, failure: error };
    }
    if (reply.outcome === "busy") {
      throw new LockError("SUNBEAT_LOCK_BUSY", `${this.#what} is held by others, or others wait for it`, {
        details: { lock, capacity },
      });
    }
    if (reply.outcome === "waiting") return { ms: untilStoreShows(reply.nextLookAt, reply.now) };
    return this.#keeper.hold(reply.permit, waiter, leaseMs, startedAt);
  }

  #call<T>(what: string, call: (store: LockKeeper["store"]) => Promise<T>): Promise<T> {
    const { clock, store } = this.#keeper;
    return bounded(clock, CALL_LIMIT_MS, what, call(store));
  }

  /** The body has ended. Its result counts unless the lock was lost under it. */
  async #letGo(held: HeldLock, tellLoss = false): Promise<void> {
    if (!held.held) return;
    try {
      await held.release();
    } catch (error) {
      if (tellLoss && held.signal.aborted) throw error;
      this.#keeper.logger.warn(
        `${this.#what} could not be given back, and ends with its lease: ${messageOf(error)}`,
      );
    }
  }

  #timedOut(waitMs: number, failure: unknown): LockError {
    const why = failure === undefined ? "" : `: ${messageOf(failure)}`;
    return new LockError(
      "SUNBEAT_LOCK_TIMEOUT",
      `${this.#what} was not free within ${formatDuration(waitMs)}${why}`,
      { details: { lock: this.name, waitMs }, ...(failure !== undefined && { cause: failure }) },
    );
  }

  #overran(limitMs: number): SunbeatError {
    return new TaskError(
      "SUNBEAT_TIME_LIMIT",
      `${this.#what} was used longer than its time limit of ${formatDuration(limitMs)}`,
      { details: { lock: this.name, limitMs } },
    );
  }
}

/** `work`, or the reason of `signal` as soon as that aborts. */
function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const unhook = onAbort(signal, () => reject(signal.reason as Error));
    work.finally(unhook).then(resolve, reject);
  });
}
