/** The record of an attempt that has ended, as the worker tells it. */
import type { Clock, EpochMs } from "../core/clock.js";
import type { Failure } from "../core/failure.js";
import { withoutSecrets } from "../core/plain-data.js";
import type { RecordState } from "../store/contracts/history.js";
import type { MessageBody } from "../tasks/envelope.js";
import { noteText } from "../tasks/note.js";
import { type Outcome, WORKER_LOST } from "./outcome.js";
import type { Reservation } from "./reservation.js";

export interface NoteOptions {
  /** Characters of the arguments; 0: none. */
  readonly args: number;
  /** Successes of a second that are recorded. */
  readonly successRate: number;
  /** Whether messages of errors are secret as the arguments are: their names alone are told. */
  readonly isSealed: boolean;
}

/** Characters of an error. */
const MOST_ERROR = 256;
const SECOND_MS = 1_000;

export class Notes {
  readonly #options: NoteOptions;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #hides: (name: string) => boolean;
  readonly #worker: string;
  #second = -Infinity;
  #successes = 0;
  /** Successes beyond the rate, since the start. */
  leftOut = 0;

  constructor(
    options: NoteOptions,
    clock: Pick<Clock, "monotonicMs">,
    hides: (name: string) => boolean,
    worker: string,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#hides = remembered(hides);
    this.#worker = worker;
  }

  /** Null: there is none to write. `runtimeMs` 0: it did not run. */
  of(reservation: Reservation, outcome: Outcome, runtimeMs: number): string | null {
    const end = endOf(outcome);
    if (end === null || !this.#isRecorded(reservation, end.state)) return null;
    const { delivery, body } = reservation;
    const { args, isSealed } = this.#options;
    // Field by field: spreads of several cost ten times as much.
    return noteText({
      task: delivery.task,
      queue: delivery.queue,
      state: end.state,
      attempt: delivery.retries + 1,
      deliveries: delivery.deliveries,
      worker: this.#worker,
      entry: delivery.entry,
      due: body?.scheduledFor ?? null,
      waitMs: reservation.waitMs,
      runMs: Math.round(runtimeMs),
      reason: end.reason,
      root: body?.rootId ?? null,
      error: errorText(end.error, isSealed),
      args: body === null ? null : argsText(delivery.body, body, args, this.#hides),
    });
  }

  #isRecorded({ ignoreHistory, delivery }: Reservation, state: RecordState): boolean {
    const isFailure = state !== "success" && state !== "ignored" && state !== "skipped" && state !== "retry";
    if (ignoreHistory) return isFailure;
    if (state !== "success" || delivery.entry !== null) return true;
    const now = this.#clock.monotonicMs();
    if (now - this.#second >= SECOND_MS) [this.#second, this.#successes] = [now, 0];
    if (this.#successes++ < this.#options.successRate) return true;
    this.leftOut++;
    return false;
  }
}

interface End {
  readonly state: RecordState;
  readonly reason: string | null;
  readonly error: Failure | null;
}

const end = (state: RecordState, reason: string | null = null, error: Failure | null = null): End => {
  return { state, reason, error };
};

/** Null: the attempt has not ended, or the store says how. */
function endOf(outcome: Outcome): End | null {
  switch (outcome.kind) {
    case "succeeded":
      return SUCCEEDED;
    case "failed":
    case "timed-out":
      return end("failure", null, outcome.error);
    case "retried":
      return end("retry", null, outcome.error);
    case "dead":
      return outcome.error.name === "Reject"
        ? end("rejected", outcome.reason)
        : end("dead", outcome.reason, outcome.error);
    case "exhausted":
      return end("dead", "deliveries-exhausted");
    case "lost":
      return end("dead", WORKER_LOST, outcome.error);
    case "ignored":
      return end("ignored");
    case "skipped":
      return end("skipped", `lock ${outcome.lock}`);
    case "revoked":
      return end("revoked", "revoked");
    case "expired":
      return end("expired", "expired");
    case "replaced":
    case "requeued":
    case "deferred":
    case "unknown":
    case "blocked":
    case "rate-limited":
    case "cooled-down":
    case "returned":
    case "abandoned":
      return null;
  }
}

const SUCCEEDED = end("success");

function errorText(error: Failure | null, isSealed: boolean): string | null {
  if (error === null) return null;
  return isSealed ? error.name : `${error.name}: ${error.message}`.slice(0, MOST_ERROR);
}

/** How the text of a body begins that has no secrets of its own (tasks/envelope.ts). */
const BEGINNING = /^\{"v":\d,"args":/;
/** Names of properties in JSON, and texts before a colon in other texts. */
const KEY = /"([^"\\]*)":/g;

/**
 * The arguments as JSON, cut, without what their names hide. The text of the message has them already; they are written anew where
 * something in them is hidden.
 */
export function argsText(
  text: string,
  { args }: Pick<MessageBody, "args">,
  limit: number,
  hides: (name: string) => boolean,
): string | null {
  if (limit === 0) return null;
  const from = BEGINNING.exec(text)?.[0].length;
  if (from === undefined || mayHide(text.slice(from, from + limit), hides)) {
    return JSON.stringify(withoutSecrets(args, hides)).slice(0, limit);
  }
  return text.slice(from, endOfList(text, from, from + limit));
}

function mayHide(json: string, hides: (name: string) => boolean): boolean {
  if (!json.includes('":')) return false;
  // A name that is written otherwise than it reads.
  if (json.includes("\\")) return true;
  for (const [, name] of json.matchAll(KEY)) if (hides(name!)) return true;
  return false;
}

const QUOTE = 34;
const BACKSLASH = 92;

/** Behind the bracket that closes the list which begins there, or `limit`. */
function endOfList(text: string, from: number, limit: number): number {
  let [depth, isText] = [0, false];
  const most = Math.min(text.length, limit);
  for (let at = from; at < most; at++) {
    const code = text.charCodeAt(at);
    if (isText) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) isText = false;
    } else if (code === QUOTE) isText = true;
    else if (code === 91 || code === 123) depth++;
    else if ((code === 93 || code === 125) && --depth === 0) return at + 1;
  }
  return most;
}

/** Names that were asked about; programs have few. */
const MOST_NAMES = 1_000;

function remembered(hides: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    let isHidden = known.get(name);
    if (isHidden === undefined) {
      isHidden = hides(name);
      if (known.size >= MOST_NAMES) known.clear();
      known.set(name, isHidden);
    }
    return isHidden;
  };
}

/** Both instants are the store's. */
export function waitMsOf(
  claimedAt: EpochMs,
  { enqueuedAt, eta }: { readonly enqueuedAt: EpochMs; readonly eta: EpochMs | null },
): number {
  return Math.max(0, claimedAt - Math.max(enqueuedAt, eta ?? 0));
}
