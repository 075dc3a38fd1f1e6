import path from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { findFiles, whyNothing } from "./find-files.js";
import { importFile } from "./import-file.js";
import { enableTsx, isTypeScript } from "./tsx.js";

/** One pattern, and what names the file that it is relative to. */
export interface TaskPattern {
  readonly pattern: string;
  /** The option or call that gave it, for errors. */
  readonly what: string;
  /** An absolute path. */
  readonly from: string;
}

export interface ImportTasksOptions {
  /** The app's file: an absolute path. */
  readonly file: string;
  /** Places in errors are relative to it. */
  readonly folder: string;
  /** Told of the files before the first of them is imported. */
  readonly onImport?: ((files: readonly string[]) => void) | undefined;
}

/**
 * Imports the files of all patterns, each pattern's in the order of their names, and gives their paths. The way is that of the app's
 * own file. Nothing is imported where one pattern finds nothing. Codes: SUNBEAT_INCLUDE_EMPTY, SUNBEAT_APP_LOAD_FAILED, and those of
 * what the files ask of sunbeat.
 */
export async function importTaskFiles(
  patterns: readonly TaskPattern[],
  { file: appFile, folder, onImport }: ImportTasksOptions,
): Promise<readonly string[]> {
  const files = [...new Set(patterns.flatMap(filesOf))].filter((file) => file !== appFile);
  onImport?.(files);
  for (const file of files) {
    // An app in TypeScript has been loaded by now: so will its tasks be.
    const viaTsx = isTypeScript(file) && (isTypeScript(appFile) || (await enableTsx(file)));
    await importFile(file, folder, viaTsx); // in order: which of two that clash comes first is the same everywhere
  }
  return files;
}

function filesOf({ pattern, what, from }: TaskPattern): string[] {
  const folder = from.endsWith(path.sep) ? from : path.dirname(from);
  const own = pattern.startsWith("file:") ? fileURLToPath(pattern) : pattern;
  const files = findFiles(own, folder);
  if (files.length > 0) return files;
  const { text, ...details } = whyNothing(own, folder);
  throw new ConfigurationError("SUNBEAT_INCLUDE_EMPTY", `${what}: ${quote(pattern)} matches no file${text}`, {
    details: { pattern, from, ...details },
  });
}
