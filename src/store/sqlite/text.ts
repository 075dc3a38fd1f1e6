/**
 * Opaque text as SQLite can keep it. Drivers cut text at NUL when they read, and turn lone surrogates into U+FFFD
 * when they write, so text with either is kept as JSON behind a mark. Such text is rare: the check is the cost.
 */
const MARK = "\u0001";

export function toColumn(text: string): string {
  return text.startsWith(MARK) || text.includes("\0") || !(text as unknown as WellFormed).isWellFormed()
    ? MARK + JSON.stringify(text)
    : text;
}

export function fromColumn(column: string): string {
  return column.startsWith(MARK) ? (JSON.parse(column.slice(MARK.length)) as string) : column;
}

/** `String.prototype.isWellFormed`, in every supported Node and newer than the `lib` setting. */
interface WellFormed {
  isWellFormed(): boolean;
}
