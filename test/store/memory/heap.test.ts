import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Heap, type HeapItem } from "../../../src/store/memory/heap.js";

interface Item extends HeapItem {
  readonly key: number;
  readonly tie: number;
}

type Step = { readonly add: number } | { readonly remove: number } | { readonly pop: true };

const steps = fc.array(
  fc.oneof(
    fc.record({ add: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ remove: fc.nat() }),
    fc.record({ pop: fc.constant(true as const) }),
  ),
  { maxLength: 200 },
) as fc.Arbitrary<Step[]>;

const inOrder = (a: Item, b: Item): number => a.key - b.key || a.tie - b.tie;

describe("a heap", () => {
  test("gives what a sorted list gives, whatever was pushed, popped or taken from the middle", () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 20 }),
        (taken, limit, until) => {
          const heap = new Heap<Item>();
          const list: Item[] = [];
          for (const [tie, step] of taken.entries()) {
            if ("add" in step) {
              const item: Item = { slot: -1, key: step.add, tie };
              heap.push(item, item.key, item.tie);
              list.push(item);
              list.sort(inOrder);
            } else {
              const item = "pop" in step ? heap.peek() : list[step.remove % Math.max(1, list.length)];
              if ("pop" in step) expect(item).toBe(list[0]);
              if (!item) continue;
              heap.remove(item);
              expect(item.slot).toBe(-1);
              list.splice(list.indexOf(item), 1);
            }
            expect(heap.size).toBe(list.length);
            expect(heap.peek()).toBe(list[0]);
          }
          expect(heap.first(limit)).toEqual(list.slice(0, limit));
          expect(heap.first(Infinity)).toEqual(list);
          const above = list.findIndex((item) => item.key > until);
          expect(heap.first(Infinity, until)).toEqual(above < 0 ? list : list.slice(0, above + 1));
          expect(heap.size).toBe(list.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("does nothing when asked to remove what it does not hold", () => {
    const heap = new Heap<Item>();
    const item: Item = { slot: -1, key: 1, tie: 1 };
    heap.push(item, 1, 1);
    heap.remove(item);
    heap.remove(item);
    expect([heap.size, heap.peek()]).toEqual([0, undefined]);
  });
});
