import { expect, test } from "vitest";
import { plainData } from "../../src/core/plain-data.js";

class Card {
  readonly #number = "4111";
  last4(): string {
    return this.#number;
  }
  brand = "visa";
}

const circle: Record<string, unknown> = { name: "a" };
circle["self"] = circle;
const shared = { x: 1 };

test.each<[string, unknown, unknown]>([
  // kind                                value                             as plain data
  ["plain data", { a: [1, "b", true, null] }, { a: [1, "b", true, null] }],
  ["what JSON has no form for", { f: () => 1, s: Symbol("s"), u: undefined, n: 7n }, { n: "7" }],
  ["a hole in a list", [undefined, 1], [null, 1]],
  ["numbers that JSON would make null", [NaN, Infinity], ["NaN", "Infinity"]],
  [
    "a Date",
    { at: new Date(0), never: new Date(NaN) },
    { at: "1970-01-01T00:00:00.000Z", never: "invalid Date" },
  ],
  ["an error in it", { error: new TypeError("x") }, { error: "TypeError: x" }],
  ["bytes", Buffer.from("abc"), "[3 bytes]"],
  ["an instance", new Card(), { brand: "visa" }],
  ["a circle", circle, { name: "a", self: "[circular]" }],
  ["one object twice", [shared, shared], [{ x: 1 }, { x: 1 }]],
  ["what is deep", { a: { b: { c: { d: { e: 1 } } } } }, { a: { b: { c: { d: "..." } } } }],
  ["a member named __proto__", JSON.parse('{"__proto__":{"x":1}}'), JSON.parse('{"__proto__":{"x":1}}')],
  [
    "a getter that throws",
    Object.defineProperty({ b: 1 }, "a", {
      enumerable: true,
      get() {
        throw new Error("no");
      },
    }),
    { b: 1 },
  ],
])("%s", (_, value, expected) => {
  expect(plainData(value)).toEqual(expected);
});

// Not rows of the table above: the runner would look at them, or print all of them.
test("a proxy that throws when it is looked at", () => {
  const fail = (): never => {
    throw new Error("no");
  };
  expect(plainData({ p: new Proxy({}, { ownKeys: fail, getPrototypeOf: fail, get: fail }) })).toEqual({
    p: "[cannot be read]",
  });
});

test.each<[string, () => unknown]>([
  ["a long text", () => "x".repeat(1_000_000)],
  ["a long list", () => Array.from({ length: 100_000 }, () => "some text")],
  ["many members", () => Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key-${i}`, i]))],
  ["long names", () => ({ ["k".repeat(1_000_000)]: 1 })],
  ["wide and deep", () => wide(4)],
])("%s is cut", (_, make) => {
  expect(JSON.stringify(plainData(make())).length).toBeLessThan(20_000);
});

function wide(depth: number): unknown {
  return depth === 0 ? "leaf".repeat(100) : Array.from({ length: 30 }, () => wide(depth - 1));
}
