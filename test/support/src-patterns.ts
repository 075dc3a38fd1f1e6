/** Every regular expression that stands in src, and what it costs on text made against it. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createContext, runInContext } from "node:vm";
import ts from "typescript";

const SRC = path.resolve(import.meta.dirname, "../../src");

export interface Pattern {
  /** File and line. */
  readonly at: string;
  readonly source: string;
  readonly flags: string;
}

/** The literals of all files but the conformance suite, which reads its own samples. */
export function patternsOfSrc(): Pattern[] {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.startsWith(path.join("testing", "conformance")))
    .sort();
  return files.flatMap((file) => patternsOf(file, readFileSync(path.join(SRC, file), "utf8")));
}

export function patternsOf(file: string, text: string): Pattern[] {
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Pattern[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf("/");
      const { line } = parsed.getLineAndCharacterOfPosition(node.getStart());
      const [source, flags] = [node.text.slice(1, end), node.text.slice(end + 1)];
      found.push({ at: `${file}:${line + 1}`, source, flags });
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return found;
}

/** What is repeated: of every class of characters that the patterns tell apart, and what they have in common. */
const PUMPS = [
  ...[
    "a",
    "A",
    "L",
    "P",
    "0",
    " ",
    "\t",
    "\n",
    "*",
    "/",
    "-",
    ",",
    ".",
    ":",
    "@",
    "?",
    "&",
    "=",
    "(",
    "[",
    "%",
  ],
  ...["#", "_", "\ud800", "\0", "a0", "0.", "a.", ":0:", "//", "a-", "0-", "&a", "a:", "a@", " at ", "\r\n"],
];
/** What brings a pattern to the part that repeats. */
const HEADS = ["", "0", "a://", "\n at (", "?"];
/** What most patterns do not end with, so that they go back over what they have taken. */
const TAIL = "\u0001";

/** The pumped text of about `length` characters. */
function pumped([head, pump]: readonly [string, string], length: number): string {
  return head + pump.repeat(Math.ceil(length / pump.length)) + TAIL;
}

export interface Cost {
  /** Milliseconds at ten and at a hundred thousand characters; Infinity past the limit. */
  readonly small: number;
  readonly large: number;
}

const arena = createContext({ pattern: /x/, text: "" });

/** One search over all of the text, as `replace` does it with the flag g. */
function timeOf(pattern: RegExp, text: string, limitMs: number): number {
  Object.assign(arena, { pattern, text });
  const start = performance.now();
  try {
    runInContext("text.replace(pattern, '')", arena, { timeout: limitMs });
  } catch {
    return Infinity;
  }
  return performance.now() - start;
}

/**
 * The cost of the text that costs most among those we know to make. No search is watched for longer than `limitMs`: there
 * are patterns that take until the end of days.
 */
export function costOf({ source, flags }: Pattern, limitMs: number): Cost {
  const pattern = new RegExp(source, flags);
  let worst: readonly [string, string] = ["", ""];
  let most = -1;
  for (const head of HEADS) {
    for (const pump of PUMPS) {
      const ms = timeOf(pattern, pumped([head, pump], 10_000), limitMs);
      if (ms > most) [most, worst] = [ms, [head, pump]];
      if (ms === Infinity) return { small: Infinity, large: Infinity };
    }
  }
  // The least of three: what is more is the neighbour on the machine.
  const least = (length: number): number => {
    const text = pumped(worst, length);
    let found = Infinity;
    for (let round = 0; round < 3; round++) found = Math.min(found, timeOf(pattern, text, limitMs));
    return found;
  };
  return { small: least(10_000), large: least(100_000) };
}

/** Whether ten times the text takes much more than ten times as long. What takes no time at all is not measured. */
export function growsTooFast({ small, large }: Cost): boolean {
  return large === Infinity || large > 30 * Math.max(small, 0.5);
}
