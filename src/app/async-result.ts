import { type Clock, within } from "../core/clock.js";
import { type Duration, formatDuration } from "../core/duration.js";
import { ResultError } from "../core/errors.js";
import { failureTraceback } from "../core/failure.js";
import { assertObject, durationOption, invalidOption } from "../core/options.js";
import type { StoredResult } from "../store/contracts/results.js";
import type { Store } from "../store/contracts/store.js";
import { type SlotWatch, slotWatch } from "../tasks/context.js";
import { endError } from "../tasks/end-error.js";
import { decodeFailure } from "../tasks/failure.js";
import { decodeResult } from "../tasks/payload.js";
import { isFinal } from "../tasks/states.js";

/** A revoked id that the store has not seen yet is remembered for so long: it may be on its way. */
const KEEP_REVOKED_MS = 86_400_000;

/** A result that is there by then was not waited for. */
const SLOT_CHECK_MS = 100;
/** For the state that the error of a wait in vain tells. */
const LAST_LOOK_MS = 1_000;

export interface GetOptions {
  /** How long to wait; a bare number is seconds. Default: as long as it takes. */
  readonly timeout?: Duration | undefined;
  /** false: a task that failed or was revoked gives its error as the value instead of throwing it. Default true. */
  readonly propagate?: boolean | undefined;
  /** Ends the wait when it aborts: `get` rejects with its reason. Inside a task `self.signal` is a good one. */
  readonly signal?: AbortSignal | undefined;
}

export interface ResultContext {
  readonly clock: Clock;
  readonly store: () => Promise<Store>;
}

/** What became, or becomes, of one task. Deliberately without `then`: `await add.delay()` waits for the send alone. */
export class AsyncResult<Result = unknown> {
  /** The task's id. */
  readonly id: string;
  readonly #context: ResultContext;
  /** The sender knows that no result will be stored. */
  readonly #ignored: boolean;

  /** For the app: programs get one from `delay`, `applyAsync` or `app.result(id)`. */
  constructor(id: string, context: ResultContext, ignored = false) {
    this.id = id;
    this.#context = context;
    this.#ignored = ignored;
  }

  /** A state of the task, or a custom one; PENDING for an id that the store does not know. */
  async state(): Promise<string> {
    return (await this.#record())?.state ?? "PENDING";
  }

  /** Whether the store knows this id: it was sent, and its result has not expired. */
  async exists(): Promise<boolean> {
    return (await this.#record()) !== null;
  }

  /** Whether nothing more will happen to the task. */
  async ready(): Promise<boolean> {
    return isFinal(await this.state());
  }

  async successful(): Promise<boolean> {
    return (await this.state()) === "SUCCESS";
  }

  async failed(): Promise<boolean> {
    return (await this.state()) === "FAILURE";
  }

  /**
   * Waits for the end of the task and gives what it returned. The store tells, so waiting costs nothing.
   * Codes: SUNBEAT_TASK_FAILED (a RemoteTaskError), SUNBEAT_TASK_REVOKED, SUNBEAT_TASK_EXPIRED,
   * SUNBEAT_TASK_SKIPPED, SUNBEAT_LOCK_TIMEOUT, SUNBEAT_DELIVERIES_EXHAUSTED, SUNBEAT_RESULT_TIMEOUT, and SUNBEAT_RESULT_IGNORED
   * for a task sent with `ignoreResult`: at once, and at its end where somebody else sent it so under this `taskId`. Inside a
   * task it keeps that task's slot; when no slot of the worker is free, the log warns.
   */
  get(options: GetOptions & { readonly propagate: false }): Promise<Result | ResultError>;
  get(options?: GetOptions): Promise<Result>;
  async get(options: GetOptions = {}): Promise<Result | ResultError> {
    assertObject(options, "get: options");
    if (this.#ignored) throw this.#noResult("was sent with ignoreResult, so there is no result to wait for");
    const record = await this.#wait(options);
    if (record.state === "SUCCESS") return decodeResult(record.payload) as Result;
    const error = endError(record);
    if (options.propagate === false) return error;
    throw error;
  }

  /** The value, the error, or the data of a custom state; undefined where the state says all. */
  async info(): Promise<unknown> {
    const record = await this.#record();
    if (record === null) return undefined;
    if (record.state === "FAILURE" || record.state === "RETRY" || record.state === "REVOKED") {
      return record.state === "RETRY" && record.payload === null ? undefined : endError(record);
    }
    return decodeResult(record.payload);
  }

  /** The stack of the last failure with those of its causes, or null. */
  async traceback(): Promise<string | null> {
    const record = await this.#record();
    if (record === null || record.payload === null) return null;
    if (record.state !== "FAILURE" && record.state !== "RETRY") return null;
    return failureTraceback(decodeFailure(record.payload));
  }

  /** Removes the stored result. */
  async forget(): Promise<void> {
    await (await this.#context.store()).results.forget([this.id]);
  }

  /**
   * Cancels the task if it has not begun. With `terminate` the `signal` of a running one aborts, too. An id that
   * the store does not know yet is refused for a day.
   */
  async revoke(options: { readonly terminate?: boolean | undefined } = {}): Promise<void> {
    assertObject(options, "revoke: options");
    const { sender } = await this.#context.store();
    await sender.revoke([this.id], { terminate: options.terminate ?? false, keepMs: KEEP_REVOKED_MS });
  }

  async #record(): Promise<StoredResult | null> {
    const { results } = await this.#context.store();
    return (await results.get([this.id]))[0] ?? null;
  }

  async #wait({ timeout, signal }: GetOptions): Promise<StoredResult> {
    const { clock, store } = this.#context;
    const limitMs = timeout === undefined ? null : durationOption(timeout, "get: timeout", 0);
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw invalidOption("get: signal", "an AbortSignal", signal);
    }
    signal?.throwIfAborted();
    const over = new AbortController();
    const end = (): void => over.abort();
    const aborted = new Promise<null>((resolve) => {
      over.signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    signal?.addEventListener("abort", end);
    const slots = slotWatch();
    const timers = [
      ...(limitMs === null ? [] : [clock.after(limitMs, end)]),
      ...(slots === undefined ? [] : [clock.after(SLOT_CHECK_MS, () => void this.#warn(slots))]),
    ];
    try {
      const waiting = store().then(({ results }) => results.wait(this.id, over.signal));
      // A store that is away answers later than anybody waits.
      const record = await Promise.race([waiting, aborted]);
      if (record !== null) return record;
      if (!over.signal.aborted) {
        throw this.#noResult("has ended and left no result: it was sent with ignoreResult, or threw Ignore");
      }
    } finally {
      for (const timer of timers) timer.cancel();
      signal?.removeEventListener("abort", end);
    }
    signal?.throwIfAborted();
    const last = await within(clock, LAST_LOOK_MS, this.#record(), () => new Error("late")).catch(
      () => undefined,
    );
    if (last && isFinal(last.state)) return last;
    throw this.#timedOut(limitMs ?? 0, last);
  }

  /** Of those that wait for one another, the last one finds no free slot, however many there are. Never rejects. */
  async #warn(slots: SlotWatch): Promise<void> {
    const place = slots.placeOf(this.id);
    if (!slots.isFull() || place === "running") return;
    try {
      // One that another worker holds will come to its end.
      const state = place === "waiting" ? "PENDING" : (await this.#record())?.state;
      if (state === "PENDING" || state === "RETRY") slots.tellWaiting(this.id);
    } catch {
      // The wait itself meets the store's failure, and tells it.
    }
  }

  #noResult(why: string): ResultError {
    const details = { taskId: this.id };
    return new ResultError("SUNBEAT_RESULT_IGNORED", `task ${this.id} ${why}`, { details });
  }

  /** `record`: undefined where the store does not answer. */
  #timedOut(limitMs: number, record: StoredResult | null | undefined): ResultError {
    const state = record === undefined ? null : (record?.state ?? "PENDING");
    const found =
      record === undefined ? "the store does not answer" : `it is ${state}: ${likelyReason(record)}`;
    return new ResultError(
      "SUNBEAT_RESULT_TIMEOUT",
      `task ${this.id} has no result after ${formatDuration(limitMs)}; ${found}`,
      { details: { taskId: this.id, state, timeoutMs: limitMs } },
    );
  }
}

function likelyReason(record: StoredResult | null): string {
  switch (record?.state) {
    case undefined:
      return "the store does not know this id, so it was not sent to this broker, or its result expired, was forgotten or is not stored (ignoreResult)";
    case "PENDING":
      if (record.reason === "unknown-here") {
        return "it was met by a worker that does not know its task or its form, and waits for one that does";
      }
      return "it waits; does a worker listen to its queue, has its eta come, or is its lock held (sunbeat locks list)?";
    case "RECEIVED":
    case "STARTED":
      return "a worker has it; give it more time";
    case "RETRY":
      return "it failed and waits for its next try";
    default:
      return "it has not ended";
  }
}
