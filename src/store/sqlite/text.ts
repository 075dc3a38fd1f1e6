/**
 * Any text, as SQLite can keep it. Drivers cut text at NUL when they read, and turn lone surrogates into U+FFFD when
 * they write, so that two ids could become one. Text with either is kept as JSON behind a mark. Every value passes
 * here on its way in and out; such text is rare, so the check is the cost: about 0.1 us.
 */
import type { SqlValue } from "./driver.js";

const MARK = "\u0001";
const MARK_CODE = 1;

/** Marks, in the list itself, the text that needs it. */
export function toColumns(values: SqlValue[]): SqlValue[] {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "string" && !isPlain(value)) values[i] = MARK + JSON.stringify(value);
  }
  return values;
}

function isPlain(text: string): boolean {
  return (
    text.charCodeAt(0) !== MARK_CODE && !text.includes("\0") && (text as unknown as WellFormed).isWellFormed()
  );
}

/** Brings the marked text of a row back, in the row itself: it has just come from the driver. */
export function fromColumns(row: unknown): unknown {
  const columns = row as Record<string, SqlValue> | undefined;
  for (const name in columns) {
    const value = columns[name];
    if (typeof value === "string" && value.charCodeAt(0) === MARK_CODE) {
      columns[name] = JSON.parse(value.slice(MARK.length)) as string;
    }
  }
  return row;
}

/** `String.prototype.isWellFormed`, in every supported Node and newer than the `lib` setting. */
interface WellFormed {
  isWellFormed(): boolean;
}
