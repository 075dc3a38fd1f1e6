import { printableLine } from "../core/printable.js";
import type { Format, Terminal } from "./terminal.js";

/** One field of a table; the format is applied after the width is known. */
export type Cell =
  | string
  | {
      readonly text: string;
      readonly format?: Format;
      /** What becomes of it where the terminal is narrow: it is never cut, or goes on in lines below. Default: it is cut. */
      readonly fit?: "whole" | "wrap";
    };

/** What people copy, or cannot read in parts: an id, an instant. */
export function whole(text: string): Cell {
  return { text, fit: "whole" };
}

/** What is read in full, in the last column. */
export function wrap(text: string): Cell {
  return { text, fit: "wrap" };
}

const GAP = "  ";
const INDENT = "    ";
/** A column that is no wider than this is never cut. */
const LEAST = 16;
/** Text that goes on in lines below has at least so much room, or begins there. */
const LEAST_WRAPPED = 28;

/**
 * Lines with aligned columns. Each row is one line, whatever its cells contain, and trailing blanks are left out. Where a terminal
 * is too narrow, long cells are cut, and where that is not enough a row takes several lines.
 */
export function table(terminal: Terminal, rows: readonly (readonly Cell[])[]): string[] {
  const { columns } = terminal;
  const { widths, least } = widthsOf(rows, columns);
  const parts = linesOf(least, columns).map(([from, to], line): Part => {
    const indent = line === 0 ? "" : INDENT;
    const room = columns - indent.length;
    return { from, to, indent, room, widths: shared(widths.slice(from, to), least.slice(from, to), room) };
  });
  return rows.map((row) =>
    parts
      .map((part) => partOf(terminal, row, part))
      .filter((text, line) => line === 0 || text !== "")
      .join("\n"),
  );
}

/** The columns that stand in one line, and how wide they are there. */
interface Part {
  readonly from: number;
  readonly to: number;
  readonly indent: string;
  readonly room: number;
  readonly widths: readonly number[];
}

interface Widths {
  readonly widths: readonly number[];
  /** To which columns may be cut. */
  readonly least: readonly number[];
}

/** Of each column. A head is as wide as what stands below it, where that is whole. */
function widthsOf(rows: readonly (readonly Cell[])[], columns: number): Widths {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths: number[] = [];
  const least: number[] = [];
  for (let i = 0; i < count; i++) {
    const cells = rows.flatMap((row) => row[i] ?? []);
    // The last cell of a row is as long as it is where nothing limits it.
    const inner = rows.flatMap((row) => (i < row.length - 1 || columns < Infinity ? (row[i] ?? []) : []));
    const fixed = cells.filter((cell) => fitOf(cell) === "whole");
    const isFixed = fixed.length > 0 && columns < Infinity;
    const width = isFixed ? Math.max(widest(fixed), Math.min(widest(inner), LEAST)) : widest(inner);
    const isWrapped = cells.some((cell) => fitOf(cell) === "wrap");
    widths.push(width);
    least.push(isFixed ? width : Math.min(width, isWrapped ? LEAST_WRAPPED : LEAST));
  }
  return { widths, least };
}

function widest(cells: readonly Cell[]): number {
  return cells.reduce((width, cell) => Math.max(width, textOf(cell).length), 0);
}

/** Which columns stand in each line. */
function linesOf(least: readonly number[], columns: number): (readonly [from: number, to: number])[] {
  const lines: [number, number][] = [];
  let from = 0;
  let used = 0;
  least.forEach((width, i) => {
    const added = (i === from ? 0 : GAP.length) + width;
    if (i > from && used + added > columns - (lines.length === 0 ? 0 : INDENT.length)) {
      lines.push([from, i]);
      [from, used] = [i, width];
    } else used += added;
  });
  return [...lines, [from, least.length]];
}

/** The widths that fit into a line: the widest columns give way, down to what they need. */
function shared(widths: readonly number[], least: readonly number[], room: number): number[] {
  const fitted = [...widths];
  const total = (): number =>
    fitted.reduce((sum, width) => sum + width, 0) + GAP.length * (fitted.length - 1);
  while (total() > room) {
    const spare = fitted.map((width, i) => (width > least[i]! ? width : 0));
    const most = Math.max(...spare);
    if (most === 0) break;
    fitted[spare.indexOf(most)]! -= 1;
  }
  return fitted;
}

function partOf(terminal: Terminal, row: readonly Cell[], part: Part): string {
  const { from, to, indent, room, widths } = part;
  const cells = row.slice(from, to);
  const last = cells.findLastIndex((cell) => textOf(cell) !== "");
  if (last === -1) return "";
  const before = cells.slice(0, last).map((cell, i) => {
    const text = cut(textOf(cell), widths[i]!);
    return painted(terminal, cell, text) + " ".repeat(widths[i]! - text.length);
  });
  // Behind the last one there is room to the end of the line.
  const used = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0);
  const [first = "", ...more] = lastTexts(cells[last]!, room - used);
  const head = indent + [...before, painted(terminal, cells[last]!, first)].join(GAP);
  const below = indent + " ".repeat(used);
  return [head, ...more.map((text) => below + painted(terminal, cells[last]!, text))].join("\n");
}

function lastTexts(cell: Cell, room: number): string[] {
  const text = textOf(cell);
  if (text.length <= room) return [text];
  return fitOf(cell) === "wrap" ? wrapped(text, room) : [cut(text, room)];
}

/** In lines of whole words. A word that is longer than a line stays whole. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function painted(terminal: Terminal, cell: Cell, text: string): string {
  return typeof cell === "string" || cell.format === undefined ? text : terminal.paint(cell.format, text);
}

/** Names are told apart by their ends, too; a sentence is read from its beginning. */
function cut(text: string, width: number): string {
  if (text.length <= Math.max(1, width)) return text;
  const head = text.includes(" ") ? width - 1 : Math.ceil((width - 1) / 2);
  const tail = width - 1 - head;
  return `${text.slice(0, head)}…${tail > 0 ? text.slice(-tail) : ""}`;
}

function fitOf(cell: Cell): "whole" | "wrap" | undefined {
  return typeof cell === "string" ? undefined : cell.fit;
}

function textOf(cell: Cell): string {
  return printableLine(typeof cell === "string" ? cell : cell.text);
}
