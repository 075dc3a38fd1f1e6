/** Where handles get what they tell from: the record of one task, and the values behind it. */
import { type Clock, within } from "../core/clock.js";
import { type Duration, formatDuration } from "../core/duration.js";
import { ResultError } from "../core/errors.js";
import { assertObject, durationOption, invalidOption } from "../core/options.js";
import { inTime } from "../core/patience.js";
import type { StoredResult } from "../store/contracts/results.js";
import type { Events } from "../events/index.js";
import type { Store } from "../store/contracts/store.js";
import { type SlotWatch, slotWatch } from "../tasks/context.js";
import { culpritOf, endError } from "../tasks/end-error.js";
import { graphOfPart } from "../tasks/part.js";
import { decodeResult } from "../tasks/payload.js";
import { isFinal } from "../tasks/states.js";
import { referenceOf, Sources } from "../worker/sources.js";

/** A result that is there by then was not waited for. */
const SLOT_CHECK_MS = 100;
/** For the state that the error of a wait in vain tells. */
const LAST_LOOK_MS = 1_000;
/** Reads of one value come in pages: none of them is waited for longer. */
const READ_LIMIT_MS = 10_000;

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
  readonly events: Pick<Events, "emit">;
}

export class ResultReader {
  readonly #id: string;
  readonly #context: ResultContext;
  readonly #target: () => string | Promise<string>;
  readonly #ignored: boolean;

  /** `target`: the id whose record tells of `id`. `ignored`: the sender said that no result is to be stored. */
  constructor(id: string, context: ResultContext, target: () => string | Promise<string>, ignored: boolean) {
    this.#id = id;
    this.#context = context;
    this.#target = target;
    this.#ignored = ignored;
  }

  async record(id?: string): Promise<StoredResult | null> {
    const { results } = await this.#context.store();
    return (await results.get([id ?? (await this.#target())]))[0] ?? null;
  }

  /** The record of its success, or why there is none. Waits. */
  async end(options: GetOptions): Promise<StoredResult | ResultError> {
    assertObject(options, "get: options");
    if (this.#ignored) throw this.#noResult("was sent with ignoreResult, so there is no result to wait for");
    const record = await this.#wait(options);
    return record.state === "SUCCESS" ? record : this.errorOf(record);
  }

  /** Of a success: what the task gave; of a join the list that it stands for. */
  async value(record: StoredResult): Promise<unknown> {
    const source = referenceOf(record);
    if (source === null) return decodeResult(record.payload);
    return (await this.sources(graphOfPart(record.id) ?? record.id)).value(source);
  }

  async sources(graph: string): Promise<Sources> {
    const { graphs } = await this.#context.store();
    const inPages = inTime(this.#context.clock, READ_LIMIT_MS);
    return new Sources({
      graph,
      graphs: {
        outputs: (ids) => inPages("outputs", graphs.outputs(ids)),
        added: (id, list) => inPages("added", graphs.added(id, list)),
        parts: (id, page) => inPages("parts", graphs.parts(id, page)),
      },
    });
  }

  async errorOf(record: StoredResult): Promise<ResultError> {
    const culprit = culpritOf(record);
    const cause = culprit === null ? null : await this.record(culprit);
    return cause === null ? endError(record) : endError(record, endError(cause));
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
      const waiting = store().then(async ({ results }) => results.wait(await this.#target(), over.signal));
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
    const last = await within(clock, LAST_LOOK_MS, this.record(), () => new Error("late")).catch(
      () => undefined,
    );
    if (last && isFinal(last.state)) return last;
    throw this.#timedOut(limitMs ?? 0, last);
  }

  /** Of those that wait for one another, the last one finds no free slot, however many there are. Never rejects. */
  async #warn(slots: SlotWatch): Promise<void> {
    const id = await this.#target();
    const place = slots.placeOf(id);
    if (!slots.isFull() || place === "running") return;
    try {
      // One that another worker holds will come to its end.
      const state = place === "waiting" ? "PENDING" : (await this.record())?.state;
      if (state === "PENDING" || state === "RETRY") slots.tellWaiting(id);
    } catch {
      // The wait itself meets the store's failure, and tells it.
    }
  }

  #noResult(why: string): ResultError {
    const details = { taskId: this.#id };
    return new ResultError("SUNBEAT_RESULT_IGNORED", `task ${this.#id} ${why}`, { details });
  }

  /** `record`: undefined where the store does not answer. */
  #timedOut(limitMs: number, record: StoredResult | null | undefined): ResultError {
    const state = record === undefined ? null : (record?.state ?? "PENDING");
    const found =
      record === undefined ? "the store does not answer" : `it is ${state}: ${likelyReason(record)}`;
    return new ResultError(
      "SUNBEAT_RESULT_TIMEOUT",
      `task ${this.#id} has no result after ${formatDuration(limitMs)}; ${found}`,
      { details: { taskId: this.#id, state, timeoutMs: limitMs } },
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
