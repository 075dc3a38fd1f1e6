import { quote } from "../core/quote.js";
import { ConfigurationError } from "../core/errors.js";

/** A line of a file, unfolded, with the number of its first line in the file. */
export interface IcsLine {
  readonly number: number;
  readonly name: string;
  /** As written: `;VALUE=DATE`. */
  readonly params: string;
  readonly value: string;
}

/** The lines of a file in one pass. Throws SUNBEAT_CALENDAR_DATA_INVALID for a line without name and value. */
export function* icsLines(text: string): Generator<IcsLine> {
  let parts: string[] = [];
  let first = 1;
  let number = 0;
  for (let start = 0; start <= text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const raw = text.slice(start, text[end - 1] === "\r" ? end - 1 : end);
    number++;
    const isFolded = raw.startsWith(" ") || raw.startsWith("\t");
    if (isFolded && parts.length > 0) parts.push(raw.slice(1));
    else {
      if (parts.length > 0) yield lineOf(parts.join(""), first);
      parts = raw.trim() === "" ? [] : [raw];
      first = number;
    }
    start = end + 1;
  }
  if (parts.length > 0) yield lineOf(parts.join(""), first);
}

function lineOf(text: string, number: number): IcsLine {
  let isQuoted = false;
  let nameEnd = -1;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (sign === '"') isQuoted = !isQuoted;
    if (sign === ";" && nameEnd === -1) nameEnd = i;
    if (sign !== ":" || isQuoted) continue;
    const name = text.slice(0, nameEnd === -1 ? i : nameEnd).toUpperCase();
    if (!/^[A-Z0-9-]{1,64}$/.test(name)) break;
    return { number, name, params: nameEnd === -1 ? "" : text.slice(nameEnd, i), value: text.slice(i + 1) };
  }
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  throw lineInvalid(number, "NAME:value", shown);
}

/** SUNBEAT_CALENDAR_DATA_INVALID, with the number of the line. */
export function lineInvalid(
  line: number,
  expected: string,
  value: string,
  cause?: unknown,
): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_CALENDAR_DATA_INVALID",
    `ics: line ${line}: expected ${expected}, got ${quote(value)}`,
    { details: { field: "ics", line, value: quote(value) }, ...(cause !== undefined && { cause }) },
  );
}
