/** A value as it may stand in an error message: one line, at most `limit` characters, never throwing. */
export function quote(value: unknown, limit = 80): string {
  let text: string;
  try {
    text =
      typeof value === "string"
        ? JSON.stringify(value)
        : typeof value === "object" && value !== null
          ? (JSON.stringify(value) ?? Object.prototype.toString.call(value))
          : String(value);
  } catch {
    text = Object.prototype.toString.call(value);
  }
  return text.length > limit ? `${text.slice(0, limit)}... (${text.length} characters)` : text;
}
