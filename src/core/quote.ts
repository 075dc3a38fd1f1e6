/**
 * A value as it may stand in an error message: one line, at most `limit` characters, never throwing. A function is its
 * name, since its source says nothing to the reader.
 */
export function quote(value: unknown, limit = 80): string {
  let text: string;
  try {
    text = textOf(value);
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
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return `${value}n`;
  // What `toJSON` was called on.
  const given = (this as Record<string, unknown>)[key];
  return typeof given === "object" && given !== null ? (namedObject(given) ?? value) : value;
}
