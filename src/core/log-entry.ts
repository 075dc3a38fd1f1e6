/** Entries of a log made of texts that others wrote. */
import { maskCredentials } from "./credentials.js";
import { isSunbeatError, messageOf } from "./errors.js";
import { describeFailure, failureTraceback } from "./failure.js";
import { readableLine } from "./printable.js";

const MAX_LINE = 1_000;
/** Lines of a traceback. */
const MAX_LINES = 200;

/** One line of log from text that others wrote, and that cannot forge another one. */
export function oneLine(text: string): string {
  const line = readableLine(text);
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}... (${line.length} characters)` : line;
}

/** A log entry of several lines: those that follow are indented, so that none of them can pose as an entry. */
export function logEntry(head: string, detail: string): string {
  const lines = detail.split(/\r?\n/);
  const shown = lines.slice(0, MAX_LINES).map((line) => `    ${oneLine(line)}`);
  if (lines.length > MAX_LINES) shown.push(`    ... ${lines.length - MAX_LINES} more lines`);
  return [oneLine(head), ...shown].join("\n");
}

/** An entry of any logger of ours, its lines made safe: those that follow the first are indented. */
export function safeEntry(message: string): string {
  const [head = "", ...lines] = maskCredentials(message).trimEnd().split(/\r?\n/);
  return [
    oneLine(head),
    ...lines.map((line) => oneLine(line.startsWith("    ") ? line : `    ${line}`)),
  ].join("\n");
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
