import { expect, test } from "vitest";
import { quote } from "../../src/core/quote.js";

test.each<[string, unknown, string]>([
  // because, value, text
  ["text has its quotes", "a", '"a"'],
  ["control characters cannot break the line", "a\nb", '"a\\nb"'],
  [
    "what is too long says how long it is, without its quotes",
    "x".repeat(100),
    `"${"x".repeat(79)}... (100 characters)`,
  ],
  ["numbers are as they are written", NaN, "NaN"],
  ["so is nothing", undefined, "undefined"],
  ["an object is its JSON", { a: [1] }, '{"a":[1]}'],
  ["a Date that is none says so: its JSON is null", new Date(NaN), "invalid Date"],
  ["a Date is its instant", new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ["a Map has {} as JSON", new Map([[1, 2]]), "a Map"],
  ["so has a Set", new Set([1]), "a Set"],
  ["so has a promise", Promise.resolve(1), "a Promise"],
  ["so has an error", new TypeError("no"), "TypeError: no"],
  ["so has a pattern", /a+/g, "/a+/g"],
  ["the same inside of others", { at: [new Date(NaN), new Map()] }, '{"at":["invalid Date","a Map"]}'],
  ["numbers that JSON makes null", [NaN, -Infinity], '["NaN","-Infinity"]'],
  ["numbers that JSON refuses", { n: 7n }, '{"n":"7n"}'],
  ["one that has none is its kind", { toJSON: () => undefined }, "[object Object]"],
  [
    "one that throws is too",
    {
      toJSON: () => {
        throw new Error("no");
      },
    },
    "[object Object]",
  ],
  [
    "a function is its name, not its source",
    function build() {
      return 1;
    },
    "the function build",
  ],
  [
    "one without a name is just that",
    (
      () => () =>
        1
    )(),
    "a function",
  ],
  ["a class is its name", class Shop {}, "the function Shop"],
  ["a symbol is its description", Symbol("s"), "Symbol(s)"],
])("%s", (_, value, text) => {
  expect(quote(value)).toBe(text);
});
