import type { Clock } from "./clock.js";
import { safeEntry } from "./log-entry.js";
import type { Logger } from "./logger.js";

/**
 * Warnings and errors, to stderr: the default of a program that says nothing about logs. Nobody notices otherwise that
 * its tasks fail or that its store is away.
 */
export function stderrLogger(clock: Pick<Clock, "now">): Logger {
  const at = (level: string) => (message: string) => {
    // By console: unlike the stream, it survives a stderr that nobody reads any more.
    console.error("%s", `[${new Date(clock.now()).toISOString()} sunbeat ${level}] ${safeEntry(message)}`);
  };
  return { silent: true, debug() {}, info() {}, warn: at("WARNING"), error: at("ERROR") };
}
