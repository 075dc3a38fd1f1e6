/**
 * Ends of a run that travel as throws. They are not failures and reach no error log; they extend Error only so
 * that lint rules and debuggers treat `throw new Ignore()` as they treat any throw.
 */
import type { Duration } from "../core/duration.js";
import { messageOf } from "../core/errors.js";
import { assertKnownKeys, assertObject, booleanOption, durationOption } from "../core/options.js";
import type { SignatureType } from "./signature.js";

/** A registered symbol, so that an outcome made by a second copy of the package is known too. */
const BRAND = Symbol.for("sunbeat.outcome");

abstract class ThrownOutcome extends Error {
  protected constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Run the task again. Counts as a retry of the task's policy: after `retry.max` of them it fails. */
export class Retry extends ThrownOutcome {
  readonly kind = "retry";
  /** Wait before the next run in ms; null: what the task's retry policy says. */
  readonly countdownMs: number | null;
  /** Why, for logs, and what the task fails with when no tries are left. */
  readonly error: unknown;

  /**
   * Throws SUNBEAT_DURATION_INVALID or SUNBEAT_OPTION_INVALID for a countdown that is no length of time from 0 to 100 years, with
   * `error` as its cause.
   */
  constructor(options: { readonly countdown?: Duration | undefined; readonly error?: unknown } = {}) {
    assertObject(options, "retry: options");
    super("the task asked to be run again", options.error);
    this.error = options.error;
    this.countdownMs = options.countdown === undefined ? null : countdownMs(options.countdown, options.error);
  }
}

function countdownMs(countdown: Duration, error: unknown): number {
  try {
    return durationOption(countdown, "retry countdown", 0);
  } catch (refusal) {
    if (error !== undefined && refusal instanceof Error) refusal.cause = error;
    throw refusal;
  }
}

export interface RejectOptions {
  /** Back to the front of its queue at once, nothing counted, instead of to the dead letters. Default false. */
  readonly requeue?: boolean | undefined;
}

/** Refuse the message: it goes to the dead letters with the reason, or with `requeue` back to its queue. */
export class Reject extends ThrownOutcome {
  readonly kind = "reject";
  readonly reason: string;
  readonly requeue: boolean;

  constructor(options?: RejectOptions);
  constructor(reason?: string, options?: RejectOptions);
  constructor(first?: string | RejectOptions, second: RejectOptions = {}) {
    // Whoever gives an error as the reason means what it says.
    const isOptions = typeof first === "object" && first !== null && !("message" in first);
    const [reason, options] = isOptions ? [undefined, first] : [first, second];
    assertKnownKeys(options, REJECT_OPTIONS, "Reject");
    const text = reason === undefined ? "rejected" : textOf(reason);
    super(text);
    this.reason = text;
    this.requeue = options.requeue === undefined ? false : booleanOption(options.requeue, "Reject: requeue");
  }
}

const REJECT_OPTIONS = ["requeue"] as const satisfies readonly (keyof RejectOptions)[];

/** End the run without storing a result. */
export class Ignore extends ThrownOutcome {
  readonly kind = "ignore";

  constructor(reason = "ignored") {
    super(textOf(reason));
  }
}

/** End the run, and shut the bucket of its rate limit. Thrown by `self.cooldown`. */
export class Cooldown extends ThrownOutcome {
  readonly kind = "cooldown";
  readonly delayMs: number;

  /** Codes: SUNBEAT_DURATION_INVALID, SUNBEAT_OPTION_INVALID. */
  constructor(duration: Duration) {
    super("the task asked for a pause of its rate limit");
    this.delayMs = durationOption(duration, "cooldown", 1);
  }
}

/** End the run as what takes its place does. Thrown by `self.replace`. */
export class Replace extends ThrownOutcome {
  readonly kind = "replace";
  readonly signature: SignatureType;

  constructor(signature: SignatureType) {
    super("the task replaced itself");
    this.signature = signature;
  }
}

function textOf(reason: unknown): string {
  return typeof reason === "string" ? reason : messageOf(reason);
}

/** The outcome in a thrown value, or null for anything else. Never throws, whatever was thrown. */
export function outcomeOf(thrown: unknown): Retry | Reject | Ignore | Cooldown | Replace | null {
  try {
    const branded =
      typeof thrown === "object" && thrown !== null && (thrown as Record<symbol, unknown>)[BRAND] === true;
    return branded ? (thrown as ReturnType<typeof outcomeOf>) : null;
  } catch {
    return null; // a Proxy that throws when it is looked at is a failure like any other
  }
}
