import { expect, test } from "vitest";
import { isPrintable, printable, printableJson, printableLine } from "../../src/core/printable.js";

test.each([
  // because   text   in a text   in a line
  ["ESC begins an escape sequence", "a\u001b[31mb", "a\\x1b[31mb", "a\\x1b[31mb"],
  ["so does CSI, one character of C1", "a\u009b31mb", "a\\x9b31mb", "a\\x9b31mb"],
  ["bells and rubouts", "a\u0007\u0000\u007fb", "a\\x07\\x00\\x7fb", "a\\x07\\x00\\x7fb"],
  ["a return lets the line be written over", "done\rfailed", "done\\rfailed", "done\\rfailed"],
  ["a line that ends as on Windows is an end of line", "one\r\ntwo", "one\ntwo", "one\\r\\ntwo"],
  ["a stack has lines and blanks before them", "one\n\ttwo", "one\n\ttwo", "one\\n\\ttwo"],
  ["an override turns the rest of the line round", "a\u202egpj.exe", "a\\u202egpj.exe", "a\\u202egpj.exe"],
  ["isolates do, too", "a\u2066b\u2069", "a\\u2066b\\u2069", "a\\u2066b\\u2069"],
  ["separators end a line in some viewers", "a\u2028b\u2029c", "a\\u2028b\\u2029c", "a\\u2028b\\u2029c"],
  ["no width: two names that look alike", "a\u200bb\ufeff", "a\\u200bb\\ufeff", "a\\u200bb\\ufeff"],
  ["half of a character has no UTF-8", "a\ud800b", "a\\ud800b", "a\\ud800b"],
])("%s", (_because, text, inText, inLine) => {
  expect([printable(text), printableLine(text)]).toEqual([inText, inLine]);
  expect(printable(printable(text))).toBe(inText);
  expect(isPrintable(text)).toBe(text === inLine);
});

test("JSON escapes the same characters, and reads back as it was", () => {
  const value = { name: "a\u009b\u202e\u2028\u007f\u0000\n\ud800", nested: ["\ufeff"] };
  expect(printableJson(value)).toBe(
    '{"name":"a\\u009b\\u202e\\u2028\\u007f\\u0000\\n\\ud800","nested":["\\ufeff"]}',
  );
  expect(JSON.parse(printableJson(value, 2))).toEqual(value);
  expect(printableJson(value, 2).split("\n")).toHaveLength(6);
  expect(printableJson(undefined)).toBe("null");
});
