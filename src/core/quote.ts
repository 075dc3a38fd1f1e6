import { hideSecrets, maskCredentials } from "./credentials.js";

/**
 * A value as it may stand in an error message: one line, at most `limit` characters, never throwing. A function is its
 * name, since its source says nothing to the reader. Credentials are masked.
 */
export function quote(value: unknown, limit = 80): string {
  let text: string;
  try {
    text = maskCredentials(textOf(value));
  } catch {
    text = kindOf(value);
  }
  if (text.length <= limit) return visible(text);
  const length = typeof value === "string" ? value.length : text.length;
  return `${visible(text.slice(0, limit))}... (${length} characters)`;
}

function kindOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return `${typeof value} that cannot be read`; // a Proxy that was revoked
  }
}

/** Controls, formats, fillers, halves of characters, and blanks that are not the ordinary space. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]|(?! )\p{Zs}/gu;

/**
 * The text with each character that does not print as its escape: a reader looks for a fault in vain where a byte order
 * mark or a zero-width space stands. JSON escapes the first 32 characters alone.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => character.split("").map(escapeOf).join(""));
}

function escapeOf(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The characters of a text that do not print, in their order. */
export function invisibleIn(text: string): string[] {
  return text.match(INVISIBLE) ?? [];
}

function textOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (typeof value !== "object" || value === null) return String(value);
  const named = namedObject(value);
  return named ?? JSON.stringify(value, faithful) ?? Object.prototype.toString.call(value);
}

/** Objects whose JSON is null or {}, which would say that something else came. */
function namedObject(value: object): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid Date" : undefined;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Map) return "a Map";
  if (value instanceof Set) return "a Set";
  return value instanceof Promise ? "a Promise" : undefined;
}

/** A replacer for JSON: the same inside of lists and objects, and numbers that would be null, or fail. */
function faithful(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === "string") return hideSecrets(key, value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return `${value}n`;
  // What `toJSON` was called on.
  const given = (this as Record<string, unknown>)[key];
  return typeof given === "object" && given !== null ? (namedObject(given) ?? value) : value;
}
