/**
 * The newest order to stop in memory that two threads share: its text can be read by code whose event loop is busy. One side
 * writes, the other reads.
 */
const SEQUENCE = 0;
const LENGTH = 1;
const HEADER_BYTES = 8;
/** An order without its details is shorter: names and ids are bounded. */
const MOST_BYTES = 16_384;

export function makeStopFlag(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + MOST_BYTES);
}

export class StopFlag {
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;
  /** Of the text that was read last. */
  #seen = 0;

  constructor(shared: SharedArrayBuffer) {
    this.#header = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(shared, HEADER_BYTES);
  }

  /** Whether there was room for it. */
  write(text: string): boolean {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > MOST_BYTES) return false;
    Atomics.add(this.#header, SEQUENCE, 1); // odd while it is written
    this.#bytes.set(bytes);
    Atomics.store(this.#header, LENGTH, bytes.length);
    Atomics.add(this.#header, SEQUENCE, 1);
    return true;
  }

  /** Null: nothing new, or nothing whole yet. */
  read(): string | null {
    const before = Atomics.load(this.#header, SEQUENCE);
    if (before === this.#seen || before % 2 !== 0) return null;
    const bytes = this.#bytes.slice(0, Atomics.load(this.#header, LENGTH));
    if (Atomics.load(this.#header, SEQUENCE) !== before) return null;
    this.#seen = before;
    return new TextDecoder().decode(bytes);
  }
}
