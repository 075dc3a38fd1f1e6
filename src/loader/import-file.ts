import { pathToFileURL } from "node:url";
import { loadFailure } from "./load-failure.js";

/** Of files that are modules. */
export const EXTENSIONS: readonly string[] = [".ts", ".mts", ".js", ".mjs", ".cts", ".cjs"];

/** Imports a file; what it throws is told with its place, relative to `folder`. Code: SUNBEAT_APP_LOAD_FAILED, and its own. */
export async function importFile(
  file: string,
  folder: string,
  viaTsx: boolean,
): Promise<Record<string, unknown>> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 50; // deep enough to reach the line of the file
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw loadFailure(error, file, folder, viaTsx);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
