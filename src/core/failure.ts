/** A thrown value as plain data, and as text: one line, or its stack with those of its causes. */
import { innerErrors, messageOf } from "./errors.js";
import { plainData, propertyOf } from "./plain-data.js";

/** What is kept of a thrown value. Plain data; every text is bounded. */
export interface Failure {
  readonly name: string;
  /** That of inner errors, where it was empty; for an object that is no error, its JSON. */
  readonly message: string;
  /** With file and line, where the value had one. */
  readonly stack: string | null;
  /** `error.code`, such as SUNBEAT_TIME_LIMIT or ENOENT; a number of the error's own as text. */
  readonly code: string | null;
  readonly cause: Failure | null;
  /** The inner errors of an AggregateError: the first five. */
  readonly errors?: readonly Failure[];
  /** What was thrown, where it was an object and no error: its JSON form, cut where it is large. */
  readonly value?: unknown;
  /** Of a stored failure: the tries that the task has had, this one among them. Absent: it was the first. */
  readonly tries?: number;
}

/** Longer chains of causes are cut: `cause` may lead round in a circle. */
export const MAX_CAUSES = 5;
/** Inner errors may have inner errors: so many are kept in all. */
const MAX_FAILURES = 20;
const MAX_MESSAGE = 10_000;
const MAX_STACK = 20_000;
export const MAX_NAME = 200;

/** Plain data about anything that was thrown: never throws itself, whatever was. */
export function describeFailure(thrown: unknown): Failure {
  return describe(thrown, 0, { left: MAX_FAILURES - 1 });
}

function describe(thrown: unknown, depth: number, budget: { left: number }): Failure {
  const message = messageOf(thrown).slice(0, MAX_MESSAGE);
  if ((typeof thrown !== "object" && typeof thrown !== "function") || thrown === null) {
    return { name: thrown === null ? "null" : typeof thrown, message, stack: null, code: null, cause: null };
  }
  const inner = (error: unknown): Failure | null =>
    error == null || depth >= MAX_CAUSES || budget.left-- <= 0 ? null : describe(error, depth + 1, budget);
  const cause = inner(propertyOf(thrown, "cause"));
  const errors = innerErrors(thrown)
    .map(inner)
    .filter((error) => error !== null);
  const value = isError(thrown) ? undefined : plainData(thrown);
  return {
    name: textAt(thrown, "name", MAX_NAME) || nameOf(thrown),
    message,
    stack: textAt(thrown, "stack", MAX_STACK),
    code: codeOf(thrown),
    cause,
    ...(errors.length > 0 && { errors }),
    ...(typeof value === "object" && { value }),
  };
}

/** Also one of another realm, whose class is another one. */
function isError(thrown: object): boolean {
  try {
    return thrown instanceof Error || Object.prototype.toString.call(thrown) === "[object Error]";
  } catch {
    return false;
  }
}

/** The class of what is no error, or "object". */
function nameOf(thrown: object): string {
  const type = propertyOf(thrown, "constructor");
  const name = typeof type === "function" ? textAt(type, "name", MAX_NAME) : null;
  return name === null || name === "" || name === "Object" || name === "Function" ? "object" : name;
}

export function textAt(value: object, key: string, limit: number): string | null {
  const text = propertyOf(value, key);
  return typeof text === "string" ? text.slice(0, limit) : null;
}

/** A number only where it is the error's own: that of a DOMException is a relic of its class. */
function codeOf(thrown: object): string | null {
  const code = propertyOf(thrown, "code");
  if (typeof code !== "number") return textAt(thrown, "code", MAX_NAME);
  try {
    return Object.hasOwn(thrown, "code") ? String(code) : null;
  } catch {
    return null;
  }
}

/** `name: message`, as an error prints itself. */
export function failureLine(failure: Failure): string {
  return failure.message === "" ? failure.name : `${failure.name}: ${failure.message}`;
}

/** The causes of a failure, those of an AggregateError among them. */
export function causesOf({ cause, errors = [] }: Failure): readonly Failure[] {
  return cause === null ? errors : [cause, ...errors];
}

/** The stack with those of its causes, as Node prints them. */
export function failureTraceback(failure: Failure): string {
  const own = failure.stack ?? failureLine(failure);
  return [own, ...causesOf(failure).map((cause) => `Caused by: ${failureTraceback(cause)}`)].join("\n");
}
