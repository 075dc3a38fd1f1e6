import type { ErrorCode } from "./error-codes.js";
import { plainData, propertyOf } from "./plain-data.js";

export { ERROR_CODES } from "./error-codes.js";
export type { ErrorCode } from "./error-codes.js";

/** A registered symbol, so that `isSunbeatError` also knows errors of a second copy of the package. */
const BRAND = Symbol.for("sunbeat.error");

export interface ErrorInit {
  /** Plain data about what was expected and what came. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * Base of every error that sunbeat throws on purpose. Branch on `code` (docs/errors.md) or on the class,
 * never on the message: messages are for people and may change.
 */
export class SunbeatError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, init: ErrorInit = {}) {
    super(message, "cause" in init ? { cause: init.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.details = init.details ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether `value` is a sunbeat error, also one thrown by another copy of the package in this process. */
export function isSunbeatError(value: unknown): value is SunbeatError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
}

/** An option, entry, task name or broker URL is wrong: found at start, before anything runs. */
export class ConfigurationError extends SunbeatError {}

/** A schedule's definition is wrong. Thrown only where schedules are made; `next` and `previous` never throw. */
export class ScheduleError extends SunbeatError {}

/** A task, its message or its arguments are wrong, or a limit of its run was passed. */
export class TaskError extends SunbeatError {}

/** A lock could not be taken, was lost, or was released by somebody who does not hold it. */
export class LockError extends SunbeatError {}

/** A result did not come, or says that the task failed, was revoked or expired. */
export class ResultError extends SunbeatError {}

/** The store refused or could not be reached. `retryable` says whether the same call may succeed later. */
export class StoreError extends SunbeatError {
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, init: ErrorInit & { readonly retryable: boolean }) {
    super(code, message, init);
    this.retryable = init.retryable;
  }
}

/** So many inner errors of an AggregateError are told, and kept. */
export const MAX_INNER_ERRORS = 5;
/** An error without a message of its own takes that of an inner one, which may have none either. */
const MAX_DEPTH = 5;

/** `errors` of an AggregateError, or of what has the same form: the first few. */
export function innerErrors(thrown: object): readonly unknown[] {
  const errors = propertyOf(thrown, "errors");
  try {
    return thrown instanceof Error && Array.isArray(errors) ? errors.slice(0, MAX_INNER_ERRORS) : [];
  } catch {
    return [];
  }
}

/**
 * The text of anything that was thrown: user code may throw null, a string, or an object with hostile getters. An error
 * with an empty message, as Node makes of a refused connection to a host with two addresses, tells those of its inner
 * errors; an object that is no error is shown as JSON.
 */
export function messageOf(thrown: unknown): string {
  try {
    return textOf(thrown, 0);
  } catch {
    return "a thrown value that cannot be read";
  }
}

function textOf(thrown: unknown, depth: number): string {
  if ((typeof thrown !== "object" && typeof thrown !== "function") || thrown === null) return String(thrown);
  const message: unknown = (thrown as { message?: unknown }).message;
  if (typeof message === "string" && message !== "") return message;
  if (thrown instanceof Error) {
    if (depth >= MAX_DEPTH) return "";
    const inner = [...innerErrors(thrown), ...(thrown.cause == null ? [] : [thrown.cause])];
    const texts = inner.map((error) => textOf(error, depth + 1)).filter((text) => text !== "");
    return [...new Set(texts)].join("; ");
  }
  const value: unknown = thrown;
  const own = Object.getPrototypeOf(thrown) === null ? "" : String(value);
  // "[object Object]" tells nothing.
  return own === "" || /^\[object \w+\]$/.test(own) ? JSON.stringify(plainData(thrown)) : own;
}
