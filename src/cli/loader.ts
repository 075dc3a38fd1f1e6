import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Sunbeat } from "../index.js";
import { ConfigurationError } from "../core/errors.js";
import { didYouMean, nearest } from "../core/nearest.js";
import { candidates, chooseApp } from "./exports.js";
import { loadFailure } from "./load-failure.js";
import { enableTsx, isTypeScript } from "./tsx.js";

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs", ".cts", ".cjs"];

/** An app and where it came from, for banners. */
export interface LoadedApp {
  readonly app: Sunbeat;
  /** The absolute path of the file. */
  readonly file: string;
}

/**
 * Loads the app named by `-A <module>[:export]`, relative to `folder`.
 *
 * JavaScript is imported as it is. TypeScript goes through tsx where it is installed, beside the app or beside
 * us, and otherwise to Node itself, which runs what can be run by leaving out the types. tsx first, since Node keeps
 * a failed import: a second way could not be tried after a first one that fails on an enum in some imported file.
 *
 * Throws SUNBEAT_APP_NOT_FOUND and SUNBEAT_APP_LOAD_FAILED; an error of sunbeat itself that the app's code met
 * while it was imported (an unknown option, a bad crontab) passes through as it is.
 */
export async function loadApp(target: string, folder: string): Promise<LoadedApp> {
  const { file, exportName } = locate(target, folder);
  // Places in errors are those of the source, also where the app was compiled before: those of its tasks, too.
  process.setSourceMapsEnabled(true);
  const viaTsx = isTypeScript(file) && (await enableTsx(file));
  let exported: Record<string, unknown>;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 50; // deep enough to reach the line of the app's file
  try {
    exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw loadFailure(error, file, folder, viaTsx);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return { app: chooseApp(candidates(exported), exportName, path.relative(folder, file)), file };
}

/** Splits off the export and finds the file; the extension may be left out. */
function locate(target: string, folder: string): { file: string; exportName: string | undefined } {
  const whole = findFile(path.resolve(folder, target));
  if (whole !== undefined) return { file: whole, exportName: undefined };
  const colon = target.lastIndexOf(":");
  const modulePart = colon > 1 ? target.slice(0, colon) : target; // a colon at 1 is a drive, C:\app.ts
  const exportName = colon > 1 ? target.slice(colon + 1) : undefined;
  const file = findFile(path.resolve(folder, modulePart));
  if (file === undefined) throw notFound(modulePart, path.resolve(folder, modulePart));
  return { file, exportName };
}

function findFile(file: string): string | undefined {
  for (const candidate of [file, ...EXTENSIONS.map((extension) => file + extension)]) {
    if (statSync(candidate, { throwIfNoEntry: false })?.isFile() === true) return candidate;
  }
  return undefined;
}

function notFound(target: string, file: string): ConfigurationError {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    const inside = listFiles(file).slice(0, 8).join(", ");
    return new ConfigurationError(
      "SUNBEAT_APP_NOT_FOUND",
      `-A ${target}: is a folder; name the file in it that exports the app${inside === "" ? "" : `; there are ${inside}`}`,
    );
  }
  const beside = listFiles(path.dirname(file));
  const base = path.basename(file);
  const withExtension = EXTENSIONS.map((extension) => nearest(base + extension, beside));
  const close = nearest(base, beside) ?? withExtension.find((name) => name !== undefined);
  const relative = close === undefined ? undefined : path.join(path.dirname(target), close);
  const hint = relative === undefined ? "" : didYouMean(relative, [relative]);
  const others = hint === "" && beside.length > 0 ? `; there are ${beside.slice(0, 8).join(", ")}` : "";
  return new ConfigurationError(
    "SUNBEAT_APP_NOT_FOUND",
    `-A ${target}: there is no file ${file}${hint}${others}`,
    { details: { file, beside } },
  );
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => EXTENSIONS.includes(path.extname(name)));
  } catch {
    return [];
  }
}
