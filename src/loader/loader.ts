import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { coreOf } from "../app/index.js";
import type { Sunbeat } from "../index.js";
import { ConfigurationError } from "../core/errors.js";
import { didYouMean, nearest } from "../core/nearest.js";
import { appNamed, candidates, chooseApp } from "./exports.js";
import { EXTENSIONS, importFile } from "./import-file.js";
import { enableTsx, isTypeScript } from "./tsx.js";

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
 * Behind it come the files of its `include`.
 *
 * Throws SUNBEAT_APP_NOT_FOUND, SUNBEAT_APP_LOAD_FAILED and SUNBEAT_INCLUDE_EMPTY; an error of sunbeat itself that the app's code met
 * while it was imported (an unknown option, a bad crontab) passes through as it is.
 */
export async function loadApp(target: string, folder: string): Promise<LoadedApp> {
  const { file, exportName } = locate(target, folder);
  const exported = await exportsOf(file, folder);
  const app = chooseApp(exported, exportName, path.relative(folder, file));
  await importTasksOf(app, file, folder);
  return { app, file };
}

/** The app that is called so in `new Sunbeat(name)`, among the exports of a file. Codes as for `loadApp`. */
export async function loadAppNamed(name: string, file: string, folder: string): Promise<Sunbeat> {
  const app = appNamed(await exportsOf(file, folder), name, path.relative(folder, file));
  await importTasksOf(app, file, folder);
  return app;
}

/** Only when the app's file has been evaluated: files of tasks import the app. */
function importTasksOf(app: Sunbeat, file: string, folder: string): Promise<readonly string[]> {
  return coreOf(app).taskFiles.import(file, folder);
}

/** Imports a file by the way that fits it. */
async function exportsOf(file: string, folder: string): Promise<ReadonlyMap<string, unknown>> {
  // Places in errors are those of the source, also where the app was compiled before: those of its tasks, too.
  process.setSourceMapsEnabled(true);
  const viaTsx = isTypeScript(file) && (await enableTsx(file));
  return candidates(await importFile(file, folder, viaTsx));
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
