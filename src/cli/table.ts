import { printableLine } from "../core/printable.js";
import type { Format, Terminal } from "./terminal.js";

/** One field of a table; the format is applied after the width is known. */
export type Cell = string | { readonly text: string; readonly format: Format };

const GAP = "  ";

/** Lines with aligned columns; each row is one line, whatever its cells contain. The last cell of a row is as long as it is; trailing blanks are left out. */
export function table(terminal: Terminal, rows: readonly (readonly Cell[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      if (i < row.length - 1) widths[i] = Math.max(widths[i] ?? 0, textOf(cell).length);
    });
  }
  return rows.map((row) => {
    const last = row.findLastIndex((cell) => textOf(cell) !== "");
    return row
      .slice(0, last + 1)
      .map((cell, i) => {
        const padding = i === last ? "" : " ".repeat(widths[i]! - textOf(cell).length);
        const text = textOf(cell);
        return (typeof cell === "string" ? text : terminal.paint(cell.format, text)) + padding;
      })
      .join(GAP);
  });
}

function textOf(cell: Cell): string {
  return printableLine(typeof cell === "string" ? cell : cell.text);
}
