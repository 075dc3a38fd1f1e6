import { ConfigurationError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import type { OpenApp } from "./app.js";

/**
 * A name that the app's file does not register is a misspelling, except in an app that only sends: then throws
 * SUNBEAT_TASK_UNKNOWN.
 */
export function refuseUnknownTask({ core, file }: OpenApp, task: string): void {
  const known = core.registry.names();
  if (known.length === 0 || known.includes(task)) return;
  throw new ConfigurationError(
    "SUNBEAT_TASK_UNKNOWN",
    `${file} registers no task ${quote(task)}${didYouMean(task, known)}; it has ${known.join(", ")}`,
    { details: { task, known } },
  );
}
