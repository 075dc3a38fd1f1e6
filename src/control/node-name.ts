/** Names of nodes. */
import { hostname } from "node:os";

/** Longest name of a node. */
export const MOST_NAME = 255;

export function defaultNodeName(kind: "worker" | "beat", host = hostname()): string {
  return `${kind === "worker" ? "default" : "beat"}@${host}`;
}

/** "default@host01" and 2 give "default-2@host01". */
export function numberedName(name: string, number: number): string {
  if (number === 1) return name;
  const at = name.indexOf("@");
  return at < 0 ? `${name}-${number}` : `${name.slice(0, at)}-${number}${name.slice(at)}`;
}

/**
 * Whether a name fits a pattern, in which `*` stands for any text and `?` for one character. In time that follows the product of both
 * lengths: patterns come from whoever may publish.
 */
export function fitsPattern(name: string, pattern: string): boolean {
  let [at, from] = [0, 0];
  // Where the last star was, and what it stood for until then.
  let [star, mark] = [-1, 0];
  while (at < name.length) {
    if (from < pattern.length && pattern[from] === "*") {
      star = from++;
      mark = at;
    } else if (from < pattern.length && (pattern[from] === "?" || pattern[from] === name[at])) {
      at++;
      from++;
    } else if (star >= 0) {
      from = star + 1;
      at = ++mark;
    } else return false;
  }
  while (pattern[from] === "*") from++;
  return from === pattern.length;
}
