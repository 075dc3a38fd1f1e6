/** Steps of a search touch few neighbours, most of them again in the next call. A power of two. */
const SLOTS = 8;

/** The last values of a function of half-days, by exact k only, so that an answer never depends on the question before it. */
export class Memo<Value> {
  readonly #make: (k: number) => Value;
  readonly #kept: ({ readonly k: number; readonly value: Value } | undefined)[] = [];

  constructor(make: (k: number) => Value) {
    this.#make = make;
  }

  at(k: number): Value {
    const slot = k & (SLOTS - 1);
    const kept = this.#kept[slot];
    if (kept?.k === k) return kept.value;
    const value = this.#make(k);
    this.#kept[slot] = { k, value };
    return value;
  }
}
