/** A thrown value as plain data, and back as an error in another process. */
import { messageOf, ResultError } from "../core/errors.js";

/** What is kept of a thrown value. Plain data; every text is bounded. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  /** With file and line, where the value had one. */
  readonly stack: string | null;
  /** `error.code` where it is text, such as SUNBEAT_TIME_LIMIT or ENOENT. */
  readonly code: string | null;
  readonly cause: Failure | null;
}

/** Longer chains of causes are cut: `cause` may lead round in a circle. */
const MAX_CAUSES = 5;
const MAX_MESSAGE = 10_000;
const MAX_STACK = 20_000;
const MAX_NAME = 200;

/** Reads one property of something that may be a hostile Proxy or have a getter that throws. */
function textOf(value: object, key: string, limit: number): string | null {
  try {
    const text: unknown = (value as Record<string, unknown>)[key];
    return typeof text === "string" ? text.slice(0, limit) : null;
  } catch {
    return null;
  }
}

function causeOf(value: object): unknown {
  try {
    return (value as { cause?: unknown }).cause;
  } catch {
    return undefined;
  }
}

/** Plain data about anything that was thrown: never throws itself, whatever was. */
export function describeFailure(thrown: unknown, depth = 0): Failure {
  if ((typeof thrown !== "object" && typeof thrown !== "function") || thrown === null) {
    const message = messageOf(thrown).slice(0, MAX_MESSAGE);
    return { name: thrown === null ? "null" : typeof thrown, message, stack: null, code: null, cause: null };
  }
  const cause = depth < MAX_CAUSES ? causeOf(thrown) : undefined;
  return {
    name: textOf(thrown, "name", MAX_NAME) ?? "object",
    message: textOf(thrown, "message", MAX_MESSAGE) ?? messageOf(thrown).slice(0, MAX_MESSAGE),
    stack: textOf(thrown, "stack", MAX_STACK),
    code: textOf(thrown, "code", MAX_NAME),
    cause: cause === undefined || cause === null ? null : describeFailure(cause, depth + 1),
  };
}

/** Text for the payload of a FAILURE or RETRY record. */
export function encodeFailure(failure: Failure): string {
  return JSON.stringify(failure);
}

/** The failure of a record's payload. Total: what cannot be read is shown as it is. */
export function decodeFailure(payload: string | null): Failure {
  if (payload === null) return bare("the store kept no details");
  try {
    return toFailure(JSON.parse(payload), 0) ?? bare(payload);
  } catch {
    return bare(payload);
  }
}

function bare(text: string): Failure {
  return { name: "Error", message: text.slice(0, MAX_MESSAGE), stack: null, code: null, cause: null };
}

function toFailure(value: unknown, depth: number): Failure | null {
  if (typeof value !== "object" || value === null || depth > MAX_CAUSES) return null;
  const name = textOf(value, "name", MAX_NAME);
  const message = textOf(value, "message", MAX_MESSAGE);
  if (name === null || message === null) return null;
  return {
    name,
    message,
    stack: textOf(value, "stack", MAX_STACK),
    code: textOf(value, "code", MAX_NAME),
    cause: toFailure(causeOf(value), depth + 1),
  };
}

/** `name: message`, as an error prints itself. */
export function failureLine(failure: Failure): string {
  return failure.message === "" ? failure.name : `${failure.name}: ${failure.message}`;
}

/** The stack with those of its causes, as Node prints them. */
export function failureTraceback(failure: Failure): string {
  const own = failure.stack ?? failureLine(failure);
  return failure.cause === null ? own : `${own}\nCaused by: ${failureTraceback(failure.cause)}`;
}

/**
 * A task failed in another process. `code` is SUNBEAT_TASK_FAILED; what was thrown there is in `remoteName`,
 * `remoteMessage`, `remoteCode` and `remoteStack`, its causes in `cause`. `stack` is of the process that asked.
 */
export class RemoteTaskError extends ResultError {
  /** The task's id. */
  readonly taskId: string;
  /** `name` of what was thrown, such as "TypeError". */
  readonly remoteName: string;
  readonly remoteMessage: string;
  readonly remoteCode: string | null;
  /** The stack in the process that ran the task, or null where the thrown value had none. */
  readonly remoteStack: string | null;

  constructor(taskId: string, failure: Failure, worker?: string) {
    const where = worker === undefined ? "in another process" : `in another process (${worker})`;
    const cause = failure.cause === null ? {} : { cause: new RemoteTaskError(taskId, failure.cause, worker) };
    super("SUNBEAT_TASK_FAILED", `task ${taskId} failed ${where}: ${failureLine(failure)}`, {
      details: { taskId, name: failure.name, message: failure.message, code: failure.code },
      ...cause,
    });
    this.taskId = taskId;
    this.remoteName = failure.name;
    this.remoteMessage = failure.message;
    this.remoteCode = failure.code;
    this.remoteStack = failure.stack;
  }
}
