import { styleText } from "node:util";
import { maskCredentials } from "../core/credentials.js";
import { printable, printableJson } from "../core/printable.js";
import { systemRandom } from "../core/random.js";

/** A colour or weight, as `node:util.styleText` names it. */
export type Format = Parameters<typeof styleText>[0];

/** The part of a stream that a terminal needs. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Of a terminal: its width. */
  readonly columns?: number | undefined;
}

export interface TerminalOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** False: no colours. True: colours where the stream is a terminal. */
  readonly color: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/**
 * Stands for the escape character of our own colours until a text is written. Nobody can foresee it, so that the data
 * around it, which comes from stores, tasks and errors, brings no escape sequence into the terminal.
 */
const OURS = systemRandom.uuid();

const USUAL_COLUMNS = 80;

/**
 * Where a command writes: answers to stdout, everything about them to stderr. All of it is printable (core/printable.ts)
 * but for the colours.
 */
export class Terminal {
  readonly json: boolean;
  readonly #options: TerminalOptions;
  #hasProgress = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.json = options.json;
  }

  /** Whether somebody reads stderr on a terminal. */
  get isAttended(): boolean {
    return this.#options.stderr.isTTY === true;
  }

  /** Characters in a line of the answer; Infinity where it goes to no terminal. */
  get columns(): number {
    const { isTTY, columns } = this.#options.stdout;
    return isTTY === true ? columns || USUAL_COLUMNS : Infinity;
  }

  /** One line of the answer. */
  line(text = ""): void {
    this.#options.stdout.write(`${written(text)}\n`);
  }

  /** The answer of `--json`: one value for machines, indented only where a person reads it. */
  value(value: unknown): void {
    this.line(printableJson(value, this.#options.stdout.isTTY === true ? 2 : undefined));
  }

  /** One of many values of `--json`, in a line of its own: a long answer can be read line by line. */
  row(value: unknown): void {
    this.line(printableJson(value));
  }

  /** A remark for the person at the terminal; `--quiet` leaves it out. Credentials of URLs are masked. */
  note(text: string): void {
    if (!this.#options.quiet) this.#options.stderr.write(`${written(maskCredentials(text))}\n`);
  }

  /** How far something is, where somebody reads it, in place of what was told before; null takes it away. */
  progress(text: string | null): void {
    if (!this.isAttended || this.#options.quiet || (text === null && !this.#hasProgress)) return;
    this.#hasProgress = text !== null;
    this.#options.stderr.write(`\r${written(text ?? "")}\x1b[K`);
  }

  /** What went wrong; `--quiet` does not silence it. Credentials of URLs are masked. */
  problem(text: string): void {
    const head = this.paintError("red", "sunbeat:");
    this.#options.stderr.write(`${written(`${head} ${maskCredentials(text)}`)}\n`);
  }

  /** Whether stderr shows colours. */
  get hasColors(): boolean {
    return this.#options.color && this.isAttended;
  }

  /** Text of a logger of ours, which is safe to write but for its colours. */
  log(text: string): void {
    this.#options.stderr.write(text);
  }

  /** `text` in a colour, where the answer goes to a terminal that may have colours. */
  paint(format: Format, text: string): string {
    return paint(this.#options, this.#options.stdout, format, text);
  }

  /** The same for what goes to stderr. */
  paintError(format: Format, text: string): string {
    return paint(this.#options, this.#options.stderr, format, text);
  }
}

function paint(options: TerminalOptions, sink: Sink, format: Format, text: string): string {
  // Node would look at the stdout of the process and not at this stream.
  if (!options.color || sink.isTTY !== true) return text;
  return styleText(format, printable(text), { validateStream: false }).replaceAll("\x1b", OURS);
}

function written(text: string): string {
  return printable(text).replaceAll(OURS, "\x1b");
}
