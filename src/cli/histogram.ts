/** Numbers over time as columns of a text, or as a picture. Pure. */

const EIGHTHS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

export interface HistogramOptions {
  /** Characters in a line, the scale included. */
  readonly width: number;
  /** Lines of the columns. */
  readonly height: number;
  /** False: `#` alone. */
  readonly isUnicode: boolean;
}

/** Steps as columns, `perColumn` of them in each: a column is as high as the largest of its steps. */
export interface Columns {
  readonly values: readonly number[];
  readonly perColumn: number;
}

export function columnsOf(steps: readonly number[], most: number): Columns {
  const perColumn = Math.max(1, Math.ceil(steps.length / most));
  const values: number[] = [];
  for (let from = 0; from < steps.length; from += perColumn) {
    values.push(steps.slice(from, from + perColumn).reduce((most, value) => Math.max(most, value), 0));
  }
  return { values, perColumn };
}

/** Lines of columns, highest first, the scale at their left; the last line is the axis with its two ends. */
export function histogram(
  steps: readonly number[],
  { width, height, isUnicode }: HistogramOptions,
  [first, last]: readonly [string, string],
): { readonly lines: string[]; readonly perColumn: number } {
  const most = steps.reduce((most, value) => Math.max(most, value), 0);
  const scale = String(most).length;
  const { values, perColumn } = columnsOf(steps, width - scale - 2);
  const lines: string[] = [];
  for (let line = height; line > 0; line--) {
    const label = line === height ? String(most) : "";
    const bars = values
      .map((value) => cell((value / Math.max(1, most)) * height - (line - 1), isUnicode))
      .join("");
    lines.push(`${label.padStart(scale)} ${isUnicode ? "│" : "|"}${bars}`.trimEnd());
  }
  const room = Math.max(values.length, first.length + 1 + last.length);
  lines.push(
    `${"0".padStart(scale)} ${isUnicode ? "└" : "+"}${(isUnicode ? "─" : "-").repeat(values.length)}`,
  );
  lines.push(`${" ".repeat(scale + 2)}${first}${last.padStart(room - first.length)}`);
  return { lines, perColumn };
}

/** `part` of one line's height. What is more than nothing is seen. */
function cell(part: number, isUnicode: boolean): string {
  if (part <= 0) return " ";
  if (!isUnicode) return "#";
  return EIGHTHS[Math.max(1, Math.min(8, Math.round(part * 8)))]!;
}

/** A bar for a share of the whole. */
export function bar(share: number, width: number, isUnicode: boolean): string {
  return (isUnicode ? "█" : "#").repeat(Math.max(share > 0 ? 1 : 0, Math.round(share * width)));
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const SVG = { width: 960, height: 320, left: 60, top: 40, bottom: 40 } as const;

/** A stretch of the picture that is set off, such as a day off: its ends as parts of the whole, and what it is called. */
export interface Shade {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** A picture of its own: no script, nothing that is loaded. */
export function histogramSvg(
  steps: readonly number[],
  title: string,
  [first, last]: readonly [string, string],
  shades: readonly Shade[] = [],
): string {
  const { width, height, left, top, bottom } = SVG;
  const room = { width: width - left - 20, height: height - top - bottom };
  const most = steps.reduce((most, value) => Math.max(most, value), 0);
  const { values } = columnsOf(steps, room.width);
  const column = room.width / Math.max(1, values.length);
  const bars = values.flatMap((value, index) => {
    if (value === 0) return [];
    const high = Math.max(1, (value / most) * room.height);
    const [x, y] = [left + index * column, top + room.height - high];
    return [
      `M${round(x)} ${round(y)}h${round(Math.max(0.5, column * 0.9))}V${top + room.height}H${round(x)}z`,
    ];
  });
  const text = (x: number, y: number, anchor: string, content: string): string =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`;
  const base = top + room.height;
  const shaded = shades.map(({ from, to, text: name }) => {
    const [x, wide] = [left + from * room.width, (to - from) * room.width];
    const place = `x="${round(x)}" y="${top}" width="${round(Math.max(1, wide))}" height="${room.height}"`;
    return `<rect ${place} fill="#fde68a"><title>${escaped(name)}</title></rect>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...shaded,
    `<path d="${bars.join("")}" fill="#2563eb"/>`,
    `<path d="M${left} ${top}V${base}H${width - 20}" fill="none" stroke="#64748b"/>`,
    ...[
      text(left, 22, "start", title),
      text(left - 6, top + 10, "end", String(most)),
      text(left - 6, base, "end", "0"),
    ],
    ...[text(left, base + 20, "start", first), text(width - 20, base + 20, "end", last)],
    "</svg>\n",
  ].join("\n");
}

const round = (value: number): number => Math.round(value * 100) / 100;
