/** Entries of a log made of texts that others wrote. */
import { maskCredentials } from "./credentials.js";
import { isSunbeatError, messageOf } from "./errors.js";
import { describeFailure, type Failure, failureTraceback } from "./failure.js";
import type { LoggedError } from "./logger.js";
import { readableLine } from "./printable.js";

/** Characters of a line that we wrote; what a task wrote may be longer. */
const MAX_LINE = 1_000;
const MAX_TASK_LINE = 10_000;
/** Lines of a traceback. */
const MAX_LINES = 200;
/** More of a text is not looked at. */
const MAX_TEXT = 100_000;

/** One line of log from text that others wrote: it cannot forge another one, steers no terminal, and has no credentials of URLs. */
export function oneLine(text: string, limit = MAX_LINE): string {
  // Some more than is shown, so that a URL at the cut is known as one.
  const line = readableLine(maskCredentials(text.length > 2 * limit ? text.slice(0, 2 * limit) : text));
  if (line.length <= limit && text.length <= 2 * limit) return line;
  return `${line.slice(0, limit)}... (${text.length} characters)`;
}

/** A log entry of several lines: those that follow are indented, so that none of them can pose as an entry. */
export function logEntry(head: string, detail: string): string {
  return [oneLine(head), ...detailLines(detail)].join("\n");
}

/** Lines that follow the first of an entry: indented, and bounded in number and length. */
export function detailLines(detail: string): string[] {
  const lines = detail.slice(0, MAX_TEXT).split(/\r?\n/);
  const shown = lines.slice(0, MAX_LINES).map((line) => oneLine(`    ${line}`));
  if (lines.length > MAX_LINES) shown.push(`    ... ${lines.length - MAX_LINES} more lines`);
  return shown;
}

/** The first line of a message, and those that follow it, all of them made safe. */
export function entryLines(message: string): { readonly head: string; readonly more: readonly string[] } {
  const end = message.indexOf("\n");
  if (end === -1) return { head: oneLine(message, MAX_TASK_LINE), more: [] };
  const rest = message.slice(end + 1, end + MAX_TEXT).trimEnd();
  const lines = rest === "" ? [] : rest.split(/\r?\n/);
  const more = lines
    .slice(0, MAX_LINES)
    .map((line) => oneLine(line.startsWith("    ") ? line : `    ${line}`));
  if (lines.length > MAX_LINES) more.push(`    ... ${lines.length - MAX_LINES} more lines`);
  return { head: oneLine(message.slice(0, end), MAX_TASK_LINE), more };
}

/**
 * The log entry of a failure that the code of a program may have caused: message, then the stack with those of its
 * causes. An error of our own says all in its message, so its own stack is left out.
 */
export function failureEntry(head: string, thrown: unknown): string {
  if (!isSunbeatError(thrown)) {
    return logEntry(`${head}: ${messageOf(thrown)}`, failureTraceback(describeFailure(thrown)));
  }
  const line = oneLine(`${head}: ${thrown.message} [${thrown.code}]`);
  let cause: unknown = thrown;
  while (isSunbeatError(cause)) ({ cause } = cause);
  return cause == null ? line : logEntry(line, `Caused by: ${failureTraceback(describeFailure(cause))}`);
}

/** Anything that was thrown, as the field `err` of a log entry. */
export function loggedError(thrown: unknown): LoggedError {
  return isFailure(thrown) ? ofFailure(thrown) : ofFailure(describeFailure(thrown));
}

/** What has been described already: by a worker, or by the child that ran the task. */
function isFailure(thrown: unknown): thrown is Failure {
  return typeof thrown === "object" && thrown !== null && Object.getPrototypeOf(thrown) === Object.prototype;
}

function ofFailure(failure: Failure): LoggedError {
  const { name, message, code, stack } = failure;
  const hasStack = stack != null || failure.cause != null;
  const lines = hasStack
    ? failureTraceback(failure).slice(0, MAX_TEXT).split(/\r?\n/).slice(0, MAX_LINES)
    : [];
  return {
    name: oneLine(String(name)),
    message: oneLine(String(message)),
    ...(code != null && { code: oneLine(String(code)) }),
    ...(hasStack && { stack: lines.map((line) => oneLine(line)).join("\n") }),
  };
}
