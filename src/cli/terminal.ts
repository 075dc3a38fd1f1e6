import { styleText } from "node:util";

/** A colour or weight, as `node:util.styleText` names it. */
export type Format = Parameters<typeof styleText>[0];

/** The part of a stream that a terminal needs. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

export interface TerminalOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** False: no colours. True: colours where the stream is a terminal. */
  readonly color: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Where a command writes: answers to stdout, everything about them to stderr. */
export class Terminal {
  readonly json: boolean;
  readonly #options: TerminalOptions;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.json = options.json;
  }

  /** One line of the answer. */
  line(text = ""): void {
    this.#options.stdout.write(`${text}\n`);
  }

  /** The answer of `--json`: one value for machines, indented only where a person reads it. */
  value(value: unknown): void {
    this.line(JSON.stringify(value, null, this.#options.stdout.isTTY === true ? 2 : undefined));
  }

  /** A remark for the person at the terminal; `--quiet` leaves it out. */
  note(text: string): void {
    if (!this.#options.quiet) this.#options.stderr.write(`${text}\n`);
  }

  /** What went wrong; `--quiet` does not silence it. */
  problem(text: string): void {
    this.#options.stderr.write(`${this.paintError("red", "sunbeat:")} ${text}\n`);
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
  return options.color && sink.isTTY === true ? styleText(format, text, { validateStream: false }) : text;
}
