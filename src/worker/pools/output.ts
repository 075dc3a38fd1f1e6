/** What tasks write to stdout and stderr, as lines of the log. */
import type { Clock, Timer } from "../../core/clock.js";
import type { LogFields } from "../../core/logger.js";
import { readableLine } from "../../core/printable.js";

/** Bytes of a line that are shown. */
const LONGEST_LINE = 10_000;
/** Lines that are shown in one second. */
const MOST_LINES = 1_000;
const SECOND_MS = 1_000;
const [LINE_FEED, RETURN] = [0x0a, 0x0d];

export interface OutputParts {
  readonly clock: Pick<Clock, "monotonicMs" | "after">;
  /** Takes a line without control characters; `fields` of the run that wrote it. */
  readonly write: (line: string, fields?: LogFields) => void;
}

/** Who writes: what log lines tell of a run, or a name such as "child 4711". */
export type Writer = LogFields | string;

/**
 * The output of one child. A line is told when it has ended, by the name that stood at its end; a flood is counted instead of told.
 */
export class Output {
  readonly #parts: OutputParts;
  readonly #partial = { stdout: new PartialLine(), stderr: new PartialLine() };
  #toldSince = -Infinity;
  #told = 0;
  #dropped = 0;
  #timer: Timer | null = null;

  constructor(parts: OutputParts) {
    this.#parts = parts;
  }

  write(stream: "stdout" | "stderr", chunk: Buffer, writer: Writer): void {
    const partial = this.#partial[stream];
    let from = 0;
    for (let at = endOfLine(chunk, 0); at !== -1; at = endOfLine(chunk, from)) {
      this.#end(partial, chunk.subarray(from, at), writer);
      from = at + 1;
    }
    partial.add(chunk.subarray(from));
  }

  /** Tells what has no end of line yet: its run, or the child, is over. */
  flush(writer: Writer): void {
    for (const partial of Object.values(this.#partial)) this.#end(partial, NOTHING, writer);
  }

  /** Nothing comes any more. */
  close(writer: Writer): void {
    this.flush(writer);
    this.#timer?.cancel();
    this.#tellDropped(writer);
  }

  #end(partial: PartialLine, rest: Buffer, writer: Writer): void {
    partial.add(rest);
    if (partial.isEmpty) return;
    if (!this.#mayTell(writer)) return partial.clear();
    const line = partial.take();
    if (line !== "") this.#tell(line, writer);
  }

  #tell(line: string, writer: Writer): void {
    if (typeof writer === "string") this.#parts.write(`${writer}: ${line}`);
    else this.#parts.write(line, writer);
  }

  #mayTell(writer: Writer): boolean {
    const { clock } = this.#parts;
    const now = clock.monotonicMs();
    if (now - this.#toldSince >= SECOND_MS) {
      this.#tellDropped(writer);
      this.#toldSince = now;
      this.#told = 0;
    }
    if (this.#told < MOST_LINES) return ++this.#told > 0;
    this.#dropped++;
    this.#timer ??= clock.after(this.#toldSince + SECOND_MS - now, () => this.#tellDropped(writer));
    return false;
  }

  #tellDropped(writer: Writer): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#dropped === 0) return;
    const lines = this.#dropped === 1 ? "1 line" : `${this.#dropped} lines`;
    this.#tell(`${lines} dropped: more than ${MOST_LINES} in a second`, writer);
    this.#dropped = 0;
  }
}

const NOTHING = Buffer.alloc(0);

/** What came since the last end of a line; of a long one its beginning. */
class PartialLine {
  #chunks: Buffer[] = [];
  #kept = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const room = LONGEST_LINE - this.#kept;
    if (chunk.length === 0 || room <= 0) return;
    // A copy: the rest of a chunk, which may be large, is not kept with it.
    const kept = Buffer.from(chunk.subarray(0, room));
    this.#chunks.push(kept);
    this.#kept += kept.length;
  }

  clear(): void {
    this.#chunks = [];
    this.#kept = this.#bytes = 0;
  }

  take(): string {
    const isCut = this.#bytes > this.#kept;
    // The cut may go through a character.
    const text = Buffer.concat(this.#chunks)
      .toString()
      .replace(isCut ? /\ufffd+$/ : "", "");
    const line = readableLine(text).trimEnd();
    const more = isCut ? `... (${this.#bytes} bytes)` : "";
    this.clear();
    return line + more;
  }
}

/** A return ends a line, too: progress bars write over theirs. */
function endOfLine(chunk: Buffer, from: number): number {
  for (let at = from; at < chunk.length; at++) if (chunk[at] === LINE_FEED || chunk[at] === RETURN) return at;
  return -1;
}
