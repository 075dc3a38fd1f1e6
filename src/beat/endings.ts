/** Failures that no waiting mends. */
import { isSunbeatError } from "../core/errors.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";

const FINAL: ReadonlySet<string> = new Set([
  "SUNBEAT_CLOSED",
  "SUNBEAT_STORE_REPLACED",
  "SUNBEAT_STORE_NEWER",
]);

/**
 * Whether no waiting mends it: the store was closed under us, or its file is another one or one of a newer sunbeat now, in
 * which a beat of a new process must lead.
 */
export function isFinal(error: unknown): boolean {
  return isSunbeatError(error) && FINAL.has(error.code);
}

/** The last words of a beat about a failure that is final. */
export function tellEnd(logger: Logger, error: unknown): void {
  const isClosed = isSunbeatError(error) && error.code === "SUNBEAT_CLOSED";
  if (isClosed) logger.info(`beat: ending, ${error.message}`);
  else logger.error(failureEntry("beat: ending", error), { err: error });
}
