/** Where in somebody's file something was called, read from the stack of an error. */
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Functions that compilers put into a file, to call decorators for instance: `__decorateElement` of esbuild, `__esDecorate`
 * and `__decorate` of TypeScript, `_applyDecs2311` of Babel and swc. Source maps know no line of theirs.
 */
const COMPILERS_OWN = /(^|\.)(__\w+|_apply\w+|_ts_\w+)$/;
const OWN_FOLDER = path.dirname(path.dirname(fileURLToPath(import.meta.url))) + path.sep;

/** `file:line:column` of the first frame that is neither ours, nor Node's, nor a package's; the file as a path or a URL. */
export function callPlace(stack: string): string | undefined {
  for (const [, name = "", place = ""] of stack.matchAll(
    /^ +at (?:(.*) \()?((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/gm,
  )) {
    if (COMPILERS_OWN.test(name)) continue;
    if (!/^node:|\/node_modules\/|^internal/.test(place) && !place.includes(OWN_FOLDER)) return place;
  }
  return undefined;
}

/** A place with the file as a path, relative to `folder` where there is one. */
export function readablePlace(place: string, folder?: string): string {
  const [, file = place, position = ""] = /^(.*?)((?::\d+){0,2})$/.exec(place) ?? [];
  const absolute = file.startsWith("file:") ? fileURLToPath(file) : file;
  return (folder === undefined ? absolute : path.relative(folder, absolute) || absolute) + position;
}
