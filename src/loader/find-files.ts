/** The files that a pattern of `include` means. */
import { readdirSync, statSync, type Dirent } from "node:fs";
import path from "node:path";
import { isGlob, pathPattern } from "../core/glob.js";
import { nearest } from "../core/nearest.js";
import { EXTENSIONS } from "./import-file.js";

/**
 * Modules that match, sorted. Names that begin with a dot, node_modules and declarations (.d.ts) are left out, and links to folders
 * are not followed. A pattern in TypeScript that finds nothing stands for what the compiler makes of it: so one `include` holds
 * for src/ and for dist/.
 */
export function findFiles(pattern: string, folder: string): string[] {
  const found = matching(pattern, folder);
  if (found.length > 0 || !/\.[cm]?ts$/.test(pattern)) return found;
  return matching(pattern.replace(/ts$/, "js"), folder);
}

function matching(pattern: string, folder: string): string[] {
  const { root, rest } = split(pattern, folder);
  if (rest === "") return isFile(root) ? [root] : [];
  const expression = pathPattern(rest);
  const isDeep = /\*\*|\{[^}]*\//.test(rest);
  const most = isDeep ? Number.MAX_SAFE_INTEGER : rest.split("/").length;
  return [...modulesBelow(root, most)]
    .filter((file) => expression.test(path.relative(root, file).split(path.sep).join("/")))
    .sort();
}

/** The folder before the first wildcard, and the pattern below it. */
function split(pattern: string, folder: string): { readonly root: string; readonly rest: string } {
  const parts = pattern.split("/");
  const wild = parts.findIndex(isGlob);
  const before = wild < 0 ? parts : parts.slice(0, wild);
  const start = before.length === 1 && before[0] === "" ? "/" : before.join("/");
  return { root: path.resolve(folder, start), rest: wild < 0 ? "" : parts.slice(wild).join("/") };
}

function* modulesBelow(folder: string, most: number): Generator<string> {
  for (const entry of entriesOf(folder)) {
    const { name } = entry;
    if (name.startsWith(".") || name === "node_modules") continue;
    const place = path.join(folder, name);
    if (entry.isDirectory()) {
      if (most > 1) yield* modulesBelow(place, most - 1);
    } else if (isModule(name) && (entry.isFile() || isFile(place))) yield place;
  }
}

const isModule = (name: string): boolean =>
  EXTENSIONS.includes(path.extname(name)) && !/\.d\.[cm]?ts$/.test(name);

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

/** Why a pattern found nothing: the folder where it looked, and what is near. */
export function whyNothing(
  pattern: string,
  folder: string,
): { readonly folder: string; readonly near: readonly string[]; readonly text: string } {
  const { root, rest } = split(pattern, folder);
  const searched = rest === "" ? path.dirname(root) : root;
  const names = entriesOf(searched).filter(({ name }) => !name.startsWith("."));
  if (!isFolder(searched)) return folderMissing(searched);
  const modules = names
    .filter((entry) => !entry.isDirectory() && isModule(entry.name))
    .map(({ name }) => name);
  const wanted = rest === "" ? nearest(path.basename(root), modules) : undefined;
  const near =
    wanted === undefined ? (modules.length > 0 ? modules : names.map(({ name }) => name)) : [wanted];
  return { folder: searched, near, text: ` in ${searched}; ${listed(near)}` };
}

function folderMissing(folder: string): ReturnType<typeof whyNothing> {
  let missing = folder;
  while (!isFolder(path.dirname(missing)) && path.dirname(missing) !== missing)
    missing = path.dirname(missing);
  const parent = path.dirname(missing);
  const folders = entriesOf(parent)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name);
  const wanted = nearest(path.basename(missing), folders);
  const near = wanted === undefined ? folders : [wanted];
  const hint =
    wanted === undefined ? `; in ${parent} ${listed(near)}` : ` (did you mean ${path.join(parent, wanted)}?)`;
  return { folder, near, text: `: there is no folder ${missing}${hint}` };
}

/** So many names are told. */
const MOST_NAMES = 8;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "there is nothing";
  const more = names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : "";
  return `there are ${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}
