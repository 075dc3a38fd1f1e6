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
    text = Object.prototype.toString.call(value);
  }
  if (text.length <= limit) return text;
  const length = typeof value === "string" ? value.length : text.length;
  return `${text.slice(0, limit)}... (${length} characters)`;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (typeof value !== "object" || value === null) return String(value);
  return JSON.stringify(value, hideSecrets) ?? Object.prototype.toString.call(value);
}
