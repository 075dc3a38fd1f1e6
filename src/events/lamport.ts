/** Logical time of one process: what is told later, or because of what was heard, has a higher number. */
export class LamportClock {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  /** The time of what is told now. */
  tick(): number {
    return ++this.#value;
  }

  /** Something of that time was heard. Text from outside: anything that is no time is passed over. */
  see(clock: unknown): void {
    if (typeof clock !== "number" || !Number.isSafeInteger(clock) || clock <= this.#value) return;
    this.#value = Math.min(clock, MOST);
  }
}

/** No message from outside brings the clock to where it could not go on. */
const MOST = 2 ** 52;
