import path from "node:path";
import { fileURLToPath } from "node:url";
import { invalidOption } from "../core/options.js";

/** A URL object, also for programs without the types of Node or of browsers. */
export interface FileUrl {
  readonly href: string;
}

/** The path of a file that is given as a URL or an absolute path. Code: SUNBEAT_OPTION_INVALID. */
export function fileOption(file: unknown, what: string): string {
  const text = typeof file === "object" && file !== null ? (file as Partial<FileUrl>).href : file;
  if (typeof text === "string" && text.startsWith("file:")) return fileURLToPath(text);
  if (typeof text === "string" && path.isAbsolute(text)) return text;
  throw invalidOption(what, "the URL or the absolute path of the app's file, such as import.meta.url", file);
}
