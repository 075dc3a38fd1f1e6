/** What links and mounts make of a path: which file is meant, and what may be made beside it. */
import { closeSync, constants, lstatSync, openSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileError } from "./errors.js";

/** As many links in a row as Linux follows. */
const MOST_LINKS = 40;

/**
 * The file that `path` leads to, whether it exists or not, without a link on the way: SQLite's log, the backups and the
 * lock lie beside that file, whichever way it is reached. Throws SUNBEAT_STORE_UNAVAILABLE for links that lead in a ring.
 */
export function realFile(path: string): string {
  let file = resolve(path);
  for (let links = 0; links <= MOST_LINKS; links++) {
    const folder = realFolder(dirname(file));
    // Also the name as the folder has it, where capitals do not count.
    if (!isLink(file)) return real(file) ?? join(folder, basename(file));
    file = resolve(folder, readlinkSync(file));
  }
  throw fileError("SUNBEAT_STORE_UNAVAILABLE", path, "is a link that leads back to itself; name a file");
}

/** One that does not exist stays as it is: the opening says so. */
export function realFolder(folder: string): string {
  return real(folder) ?? folder;
}

function real(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return null;
    throw error;
  }
}

export function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Whether something stands under this name, be it a link that leads nowhere. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Makes an empty file for its owner alone, unless something has the name. What somebody else has put there, a link to a
 * letter say, is neither followed nor written to.
 */
export function makeFile(path: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  try {
    closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL | NOFOLLOW, 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Windows has no such flag; making a link takes special rights there. */
export const NOFOLLOW = (constants as { O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0;

/**
 * Whether the file itself, and not a folder above it, was mounted, as by `-v ./app.db:/app/app.db`. Only Linux has such
 * mounts. Devices do not tell: a mount from the same disk has the same one, and files of an overlay have others.
 */
export function isMountPoint(file: string): boolean {
  if (process.platform !== "linux") return false;
  try {
    // proc(5): the fifth field is the mount point, with blanks and the like as octal numbers.
    const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    return mounts.some((line) => unescaped(line.split(" ")[4] ?? "") === file);
  } catch {
    return false;
  }
}

function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
