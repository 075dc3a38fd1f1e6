/** A line of a text that says something: not blank, no comment. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** Without blanks at its ends. */
  readonly text: string;
}

/** The lines that say something; `comments` are the characters that begin one that does not. */
export function* linesOf(text: string, comments = "#"): Generator<Line> {
  let number = 0;
  for (let start = 0; start <= text.length;) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end === -1 ? text.length : end).trim();
    number++;
    if (line !== "" && !comments.includes(line[0]!)) yield { number, text: line };
    if (end === -1) return;
    start = end + 1;
  }
}
