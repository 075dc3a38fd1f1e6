import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fromWire,
  fromWord,
  fromWordOrNull,
  toWire,
  toWord,
  toWordOrNull,
  words,
} from "../../../src/store/redis/text.js";

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

test("any name comes back from its word, which is never empty and has no space", () => {
  fc.assert(
    fc.property(anyText, (name) => {
      const word = toWord(name);
      expect(word).toMatch(/^[\x21-\x7e]+$/);
      expect(fromWord(word)).toBe(name);
      expect(fromWordOrNull(toWordOrNull(name))).toBe(name);
    }),
  );
});

test("two names have two words", () => {
  fc.assert(fc.property(anyText, anyText, (a, b) => (a === b) === (toWord(a) === toWord(b))));
});

test("null is a word that no name has", () => {
  expect([toWordOrNull(null), toWordOrNull(undefined), fromWordOrNull("+")]).toEqual(["+", "+", null]);
  expect(["", "+", "++", "+-"].map(toWord)).not.toContain("+");
});

test("any text survives UTF-8", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(fromWire(Buffer.from(toWire(text), "utf8").toString("utf8"))).toBe(text);
    }),
  );
});

test("words are parted at single spaces, the rest is left whole", () => {
  expect(words("a  b c d", 3)).toEqual({ head: ["a", "", "b"], rest: "c d" });
  expect(words("a b", 2)).toBe(null);
});
