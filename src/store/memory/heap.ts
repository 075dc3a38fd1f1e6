import type { EpochMs } from "../../core/clock.js";

/** What a heap can hold. `slot` is the heap's own note of where the item is; -1 when it is in none. */
export interface HeapItem {
  slot: number;
}

/** Four children a node: half the depth of two, and the four keys lie side by side. */
const ARITY = 4;

/**
 * A heap that knows where each item is, so that one can be taken from the middle in O(log n). Nothing stale stays
 * behind: memory follows what is in it. An item is in one heap at a time. The smallest key comes first; of equal
 * keys the smallest tie. Both are numbers kept beside the items, since comparing is most of the work.
 */
export class Heap<T extends HeapItem> {
  readonly #items: T[] = [];
  readonly #keys: number[] = [];
  readonly #ties: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T, key: number, tie: number): void {
    this.#items.push(item);
    this.#keys.push(key);
    this.#ties.push(tie);
    this.#rise(item, key, tie, this.#items.length - 1);
  }

  /** Does nothing for an item that is in no heap. */
  remove(item: T): void {
    const at = item.slot;
    if (at < 0) return;
    item.slot = -1;
    const last = this.#items.pop() as T;
    const key = this.#keys.pop() as number;
    const tie = this.#ties.pop() as number;
    if (last === item) return;
    this.#rise(last, key, tie, this.#sink(at, key, tie));
  }

  /**
   * The items in order, left where they are, up to the first whose key is above `until`, that one included; at most
   * `limit`. Costs k log k for the k items given, whatever the heap's size.
   */
  first(limit: number, until = Infinity): T[] {
    const found: T[] = [];
    const candidates = new Heap<Candidate>();
    const consider = (at: number): void => {
      if (at < this.#items.length) {
        candidates.push({ slot: -1, at }, this.#keys[at] as number, this.#ties[at] as number);
      }
    };
    consider(0);
    while (found.length < limit) {
      const next = candidates.peek();
      if (!next) break;
      candidates.remove(next);
      found.push(this.#items[next.at] as T);
      if ((this.#keys[next.at] as number) > until) break;
      for (let child = 0; child < ARITY; child++) consider(ARITY * next.at + 1 + child);
    }
    return found;
  }

  /** Moves the hole at `at` up until the item fits, and puts it there. */
  #rise(item: T, key: number, tie: number, from: number): void {
    let at = from;
    while (at > 0) {
      const parent = Math.floor((at - 1) / ARITY);
      if (!this.#isAfter(parent, key, tie)) break;
      this.#copy(parent, at);
      at = parent;
    }
    this.#items[at] = item;
    this.#keys[at] = key;
    this.#ties[at] = tie;
    item.slot = at;
  }

  /** Moves the hole at `from` down past everything smaller; gives where it ends. */
  #sink(from: number, key: number, tie: number): number {
    let at = from;
    const size = this.#items.length;
    for (;;) {
      const begin = ARITY * at + 1;
      if (begin >= size) return at;
      let least = begin;
      const end = Math.min(begin + ARITY, size);
      for (let child = begin + 1; child < end; child++) {
        if (this.#isAfter(least, this.#keys[child] as number, this.#ties[child] as number)) least = child;
      }
      if (this.#isAfter(least, key, tie)) return at;
      this.#copy(least, at);
      at = least;
    }
  }

  #isAfter(at: number, key: number, tie: number): boolean {
    const own = this.#keys[at] as number;
    return own > key || (own === key && (this.#ties[at] as number) > tie);
  }

  #copy(from: number, to: number): void {
    const item = this.#items[from] as T;
    this.#items[to] = item;
    this.#keys[to] = this.#keys[from] as number;
    this.#ties[to] = this.#ties[from] as number;
    item.slot = to;
  }
}

interface Candidate extends HeapItem {
  readonly at: number;
}

/** The first ones whose instant has come. */
export function firstUntil<T extends HeapItem>(
  heap: Heap<T>,
  limit: number,
  now: EpochMs,
  at: (item: T) => EpochMs,
): T[] {
  const first = heap.peek();
  if (!first || at(first) > now) return [];
  return heap.first(limit, now).filter((item) => at(item) <= now);
}
