/** What is wrong, as `application/problem+json`. */
import { type ErrorCode, isSunbeatError, messageOf } from "../core/errors.js";
import { isRetryable } from "../core/patience.js";

/** An answer that is no success, thrown on the way to it. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** As far as they are no mistakes in what was asked for. */
const STATUSES: Partial<Record<ErrorCode, number>> = {
  SUNBEAT_ENTRY_NOT_FOUND: 404,
  SUNBEAT_TASK_UNKNOWN: 404,
  SUNBEAT_GRAPH_UNKNOWN: 404,
  SUNBEAT_RESULT_UNKNOWN: 404,
  SUNBEAT_ALERT_UNKNOWN: 404,
  SUNBEAT_ENTRY_CONFLICT: 409,
  SUNBEAT_CALENDAR_CONFLICT: 409,
  SUNBEAT_TASK_NOT_UNIQUE: 409,
  SUNBEAT_CONTROL_REFUSED: 403,
  SUNBEAT_PAYLOAD_TOO_LARGE: 413,
  SUNBEAT_QUEUE_FULL: 429,
  SUNBEAT_CLOSED: 503,
};

/** Null: nothing that the asker should read; the log has it. */
export function refusalOf(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error;
  if (!isSunbeatError(error)) return null;
  const status = STATUSES[error.code] ?? (isRetryable(error) ? 503 : 400);
  return new Refusal(status, error.code, messageOf(error));
}

export const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Not logged in",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  412: "Changed meanwhile",
  413: "Too large",
  415: "JSON expected",
  421: "Unknown host",
  429: "Too many at once",
  500: "Failed",
  503: "Not available",
};
