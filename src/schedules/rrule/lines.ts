import { quote } from "../../core/quote.js";
import { rruleInvalid, type Piece } from "./refusal.js";

/** A line of iCalendar, unfolded: `NAME;PARAM=VALUE:value`. */
export interface Line {
  /** In upper case. */
  readonly name: string;
  /** By names in upper case; values without their quotes. */
  readonly params: ReadonlyMap<string, Piece>;
  readonly value: string;
  /** The part of the value from `index` on, `length` long, as a piece of the text. */
  piece(part: string, index?: number, length?: number): Piece;
}

/** Where the characters of an unfolded line stand in the text. */
interface Unfolded {
  readonly text: string;
  readonly pieces: readonly { readonly index: number; readonly position: number }[];
}

/** Lines that begin with a space or a tab continue the line before them (RFC 5545, 3.1). */
function unfolded(text: string): Unfolded[] {
  const lines: { parts: string[]; length: number; pieces: { index: number; position: number }[] }[] = [];
  let position = 0;
  for (const raw of text.split(/(\r\n|\n|\r)/)) {
    const isBreak = raw === "\n" || raw === "\r" || raw === "\r\n";
    const last = lines.at(-1);
    if (!isBreak && /^[ \t]/.test(raw) && last !== undefined) {
      last.pieces.push({ index: last.length, position: position + 1 });
      last.parts.push(raw.slice(1));
      last.length += raw.length - 1;
    } else if (!isBreak && raw.trim() !== "") {
      const start = raw.length - raw.trimStart().length;
      lines.push({
        parts: [raw.slice(start)],
        length: raw.length - start,
        pieces: [{ index: 0, position: position + start }],
      });
    }
    position += raw.length;
  }
  return lines.map(({ parts, pieces }) => ({ text: parts.join("").trimEnd(), pieces }));
}

/** The index of `sign` outside of quotes, or the length. */
function indexOutside(text: string, sign: string, from: number): number {
  let isQuoted = false;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '"') isQuoted = !isQuoted;
    else if (text[i] === sign && !isQuoted) return i;
  }
  return text.length;
}

/** The lines of a text; a rule alone is an RRULE line. Throws SUNBEAT_RRULE_INVALID for a line that is none. */
export function linesOf(text: string): Line[] {
  const lines = unfolded(text);
  return lines.map((line) => {
    const position = (index: number): number => {
      const piece = line.pieces.findLast((each) => each.index <= index)!;
      return piece.position + index - piece.index;
    };
    const lineOf = (name: string, params: ReadonlyMap<string, Piece>, start: number): Line => {
      const value = line.text.slice(start);
      const piece = (part: string, index = 0, length = value.length): Piece => ({
        part,
        value: value.slice(index, index + length),
        position: position(start + index),
      });
      return { name, params, value, piece };
    };
    const colon = indexOutside(line.text, ":", 0);
    if (colon === line.text.length) {
      if (lines.length === 1 && /^[A-Za-z]+=/.test(line.text)) return lineOf("RRULE", new Map(), 0);
      const piece = { part: "text", value: line.text, position: position(0) };
      throw rruleInvalid(
        piece,
        `expected a line such as RRULE:FREQ=DAILY, got ${quote(line.text)}`,
        "name and value are parted by :",
      );
    }
    const params = new Map<string, Piece>();
    const nameEnd = Math.min(indexOutside(line.text, ";", 0), colon);
    for (let start = nameEnd + 1; start <= colon;) {
      const end = Math.min(indexOutside(line.text, ";", start), colon);
      const [part = "", ...value] = line.text.slice(start, end).split("=");
      params.set(part.toUpperCase(), {
        part: part.toUpperCase(),
        value: value.join("=").replace(/^"(.*)"$/, "$1"),
        position: position(start),
      });
      start = end + 1;
    }
    return lineOf(line.text.slice(0, nameEnd).toUpperCase(), params, colon + 1);
  });
}

/** The text without folds. */
export function unfoldedText(text: string): string {
  return unfolded(text)
    .map((line) => line.text)
    .join("\n");
}
