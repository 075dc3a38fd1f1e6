/** A failure on its way through the store, and back as an error in another process. */
import { ResultError } from "../core/errors.js";
import { type Failure, failureLine, MAX_CAUSES, MAX_NAME, textAt } from "../core/failure.js";
import { propertyOf } from "../core/plain-data.js";
import { closedReason } from "./closed-text.js";

const MAX_MESSAGE = 10_000;
const MAX_STACK = 20_000;

/** Text for the payload of a FAILURE or RETRY record. `tries`: those that the task has had, this one among them. */
export function encodeFailure(failure: Failure, tries = 1): string {
  return JSON.stringify(tries > 1 ? { ...failure, tries } : failure);
}

/** The failure of a record's payload. Total: what cannot be read is shown as it is. */
export function decodeFailure(payload: string | null): Failure {
  if (payload === null) return bare("the store kept no details");
  const closed = closedReason(payload);
  if (closed !== null) return { ...bare(closed.message), code: closed.code };
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
  const name = textAt(value, "name", MAX_NAME);
  const message = textAt(value, "message", MAX_MESSAGE);
  if (name === null || message === null) return null;
  const inner = propertyOf(value, "errors");
  const errors = (Array.isArray(inner) ? inner : [])
    .map((error) => toFailure(error, depth + 1))
    .filter((error) => error !== null);
  const tries = propertyOf(value, "tries");
  return {
    name,
    message,
    stack: textAt(value, "stack", MAX_STACK),
    code: textAt(value, "code", MAX_NAME),
    cause: toFailure(propertyOf(value, "cause"), depth + 1),
    ...(errors.length > 0 && { errors }),
    ...("value" in value && { value: value.value }),
    ...(typeof tries === "number" && { tries }),
  };
}

/**
 * A task failed in another process. `code` is SUNBEAT_TASK_FAILED; what was thrown there is in `remoteName`,
 * `remoteMessage`, `remoteCode`, `remoteStack` and `remoteValue`, its causes in `cause` and `remoteErrors`. `stack` is of
 * the process that asked.
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
  /** What was thrown, where it was an object and no error: its JSON form, cut where it is large. Else undefined. */
  readonly remoteValue: unknown;
  /** The inner errors of an AggregateError; the first is `cause` where it has no other. */
  readonly remoteErrors: readonly RemoteTaskError[];
  /** Tries that the task has had, the one that failed last among them. */
  readonly tries: number;

  constructor(taskId: string, failure: Failure, worker?: string) {
    const where = worker === undefined ? "in another process" : `in another process (${worker})`;
    const remoteErrors = (failure.errors ?? []).map((error) => new RemoteTaskError(taskId, error, worker));
    const cause =
      failure.cause === null ? remoteErrors[0] : new RemoteTaskError(taskId, failure.cause, worker);
    const { tries = 1 } = failure;
    const after = tries > 1 ? ` after ${tries} tries` : "";
    super("SUNBEAT_TASK_FAILED", `task ${taskId} failed ${where}${after}: ${failureLine(failure)}`, {
      details: { taskId, name: failure.name, message: failure.message, code: failure.code },
      ...(cause !== undefined && { cause }),
    });
    this.taskId = taskId;
    this.remoteName = failure.name;
    this.remoteMessage = failure.message;
    this.remoteCode = failure.code;
    this.remoteStack = failure.stack;
    this.remoteValue = failure.value;
    this.remoteErrors = remoteErrors;
    this.tries = tries;
  }
}
