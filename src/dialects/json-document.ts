import { quote } from "../core/quote.js";
import type { DocumentNode, DocumentValue } from "./document.js";
import { importInvalid } from "./findings.js";

/** Deeper than any file of these dialects. */
const DEEPEST = 64;
const BLANK = /[ \t\r\n]*/y;
const STRING = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"/y;
const SCALAR = /true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Whether a text means to be JSON rather than YAML or lines. */
export function isJSON(text: string): boolean {
  return /^\uFEFF?\s*[[{]/.test(text.slice(0, 4_096));
}

/** The tree of a JSON text. Throws SUNBEAT_IMPORT_INVALID that names the line. */
export function jsonDocument(text: string): DocumentNode {
  const reader = new JSONReader(text.startsWith("\uFEFF") ? text.slice(1) : text);
  return reader.document();
}

/** `JSON.parse` tells no lines. */
class JSONReader {
  #at = 0;
  #line = 1;
  #counted = 0;

  constructor(readonly text: string) {}

  document(): DocumentNode {
    const node = this.#node(0);
    if (this.#skip() < this.text.length) throw this.#wrong("the end");
    return node;
  }

  #node(depth: number): DocumentNode {
    if (depth > DEEPEST) throw this.#wrong(`at most ${DEEPEST} levels`);
    this.#skip();
    const line = this.#lineHere();
    const first = this.text[this.#at];
    if (first === "{") return { line, value: this.#map(depth) };
    if (first === "[") return { line, value: this.#list(depth) };
    return {
      line,
      value: first === '"' ? this.#string() : (JSON.parse(this.#token(SCALAR, "a value")) as DocumentValue),
    };
  }

  #map(depth: number): DocumentValue {
    const entries = new Map<string, DocumentNode>();
    this.#members("}", () => {
      const key = this.#string();
      this.#expect(":");
      entries.set(key, this.#node(depth + 1));
    });
    return entries;
  }

  #list(depth: number): DocumentValue {
    const items: DocumentNode[] = [];
    this.#members("]", () => items.push(this.#node(depth + 1)));
    return items;
  }

  #members(end: string, member: () => void): void {
    this.#at++;
    this.#skip();
    if (this.text[this.#at] === end) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#skip();
      member();
      this.#skip();
      const next = this.text[this.#at];
      if (next !== "," && next !== end) throw this.#wrong(`"," or "${end}"`);
      this.#at++;
      if (next === end) return;
    }
  }

  #string(): string {
    const token = this.#token(STRING, "a text in quotes");
    try {
      return JSON.parse(token) as string;
    } catch {
      throw this.#wrong("a text without controls or unknown escapes");
    }
  }

  #token(pattern: RegExp, expected: string): string {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.text)?.[0];
    if (token === undefined) throw this.#wrong(expected);
    this.#at += token.length;
    return token;
  }

  #expect(sign: string): void {
    if (this.text[this.#skip()] !== sign) throw this.#wrong(`"${sign}"`);
    this.#at++;
  }

  #skip(): number {
    BLANK.lastIndex = this.#at;
    BLANK.exec(this.text);
    return (this.#at = BLANK.lastIndex);
  }

  #lineHere(): number {
    for (; this.#counted < this.#at; this.#counted++) if (this.text[this.#counted] === "\n") this.#line++;
    return this.#line;
  }

  #wrong(expected: string): Error {
    const line = this.#lineHere();
    const rest = this.text.slice(this.#at, this.#at + 40);
    const found = rest === "" ? "the end" : quote(rest, 20);
    return importInvalid(`import: line ${line} is no JSON: expected ${expected}, got ${found}`, { line });
  }
}
