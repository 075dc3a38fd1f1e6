/** What a heap can hold. `slot` is the heap's own note of where the item is; -1 when it is in none. */
export interface HeapItem {
  slot: number;
}

/**
 * A binary heap that knows where each item is, so that one can be taken from the middle or moved when its key has
 * changed, in O(log n). Nothing stale stays behind: memory follows what is in it. An item is in one heap at a time.
 */
export class Heap<T extends HeapItem> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  /** Items of which neither is before the other come in any order. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first) this.remove(first);
    return first;
  }

  /** Does nothing for an item that is in no heap. */
  remove(item: T): void {
    const at = item.slot;
    if (at < 0) return;
    item.slot = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#sink(last, at);
    this.#rise(last, last.slot);
  }

  /** Puts the item where its key, just changed, says. */
  moved(item: T): void {
    this.#sink(item, item.slot);
    this.#rise(item, item.slot);
  }

  /** The first `limit` items in order, left where they are. Costs k log k for k items, whatever the heap's size. */
  first(limit: number): T[] {
    const found: T[] = [];
    const candidates = new Heap<Candidate<T>>((a, b) => this.#before(a.item, b.item));
    const consider = (at: number): void => {
      const item = this.#items[at];
      if (item) candidates.push({ slot: -1, item, at });
    };
    consider(0);
    while (found.length < limit) {
      const next = candidates.pop();
      if (!next) break;
      found.push(next.item);
      consider(2 * next.at + 1);
      consider(2 * next.at + 2);
    }
    return found;
  }

  #rise(item: T, from: number): void {
    let at = from;
    while (at > 0) {
      const parent = this.#items[(at - 1) >> 1] as T;
      if (!this.#before(item, parent)) break;
      this.#place(parent, at);
      at = (at - 1) >> 1;
    }
    this.#place(item, at);
  }

  #sink(item: T, from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      let child = this.#items[left];
      if (!child) break;
      const right = this.#items[left + 1];
      if (right && this.#before(right, child)) child = right;
      if (!this.#before(child, item)) break;
      const next = child.slot;
      this.#place(child, at);
      at = next;
    }
    this.#place(item, at);
  }

  #place(item: T, at: number): void {
    this.#items[at] = item;
    item.slot = at;
  }
}

interface Candidate<T> extends HeapItem {
  readonly item: T;
  readonly at: number;
}
