import { entryText } from "../core/entry-logger.js";
import type { Logger } from "../core/logger.js";
import { textLogger } from "./options.js";
import { levelName } from "./pretty.js";

/**
 * Warnings and errors, to stderr: the default of a program that says nothing about logs. Nobody notices otherwise that
 * its tasks fail or that its store is away. The line says who speaks, since the program writes there, too.
 */
export function warningsLogger(): Logger {
  return textLogger("warningsLogger", { level: "warn" }, (entry) => {
    const head = `[${new Date(entry.at).toISOString()} sunbeat ${levelName(entry.level)}]`;
    return `${head} ${entryText(entry)}\n`;
  });
}
