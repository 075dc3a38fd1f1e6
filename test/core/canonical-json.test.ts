import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJSON } from "../../src/core/canonical-json.js";

test.each<[unknown, string, string]>([
  [
    { b: 1, a: { d: [2, { f: 1, e: 2 }], c: null } },
    '{"a":{"c":null,"d":[2,{"e":2,"f":1}]},"b":1}',
    "keys sorted at every depth",
  ],
  [{ a: undefined, b: 1 }, '{"b":1}', "undefined properties are left out"],
  [new Date(0), '"1970-01-01T00:00:00.000Z"', "toJSON is honoured"],
  [{ s: { toJSON: () => ({ b: 1, a: 2 }) } }, '{"s":{"a":2,"b":1}}', "and its answer is sorted too"],
  [JSON.parse('{"__proto__":{"b":1},"a":2}'), '{"__proto__":{"b":1},"a":2}', "a key of any name is data"],
  ["text", '"text"', "not only objects"],
  [null, "null", "null is data"],
])("%j is written %s: %s", (value, text) => {
  expect(canonicalJSON(value)).toBe(text);
});

const cycle: { self?: unknown } = {};
cycle.self = cycle;

test.each<[string, unknown]>([
  ["a cycle", cycle],
  ["a bigint", { n: 1n }],
  ["NaN, which JSON would turn into null", { n: NaN }],
  ["Infinity", [Infinity]],
  ["undefined", undefined],
  ["a function", () => 1],
])("refuses %s", (_what, value) => {
  expect(() => canonicalJSON(value)).toThrow(expect.objectContaining({ code: "SUNBEAT_PAYLOAD_INVALID" }));
});

test("equal data in any order of keys gives equal text, from which the data come back", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
      const turned = Object.fromEntries(Object.entries(data).reverse());
      expect(canonicalJSON(turned)).toBe(canonicalJSON(data));
      expect(JSON.parse(canonicalJSON(data))).toEqual(JSON.parse(JSON.stringify(data)));
    }),
  );
});
