/** The letters that scripts and their callers say to each other: scripts/codes.json. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CODES } from "../../../src/store/redis/scripts.generated.js";

const GROUPS: readonly (readonly [name: string, words: Readonly<Record<string, string>>])[] = [
  ...Object.entries(CODES),
  // One reply tells of both.
  ["occurrence or trigger", { ...CODES.occurrence, ...CODES.trigger }],
];

test.each(GROUPS)("no letter of %s has two meanings", (_, words) => {
  const letters = Object.values(words);
  expect(letters.filter((letter) => !/^[a-z]$/.test(letter))).toEqual([]);
  expect(new Set(letters).size).toBe(letters.length);
});

test("a word has the same letter wherever it stands", () => {
  const seen = new Map<string, Set<string>>();
  for (const [, words] of GROUPS) {
    for (const [word, letter] of Object.entries(words))
      seen.set(word, (seen.get(word) ?? new Set()).add(letter));
  }
  expect([...seen].filter(([, letters]) => letters.size > 1)).toEqual([]);
});

/** Not letters of ours: classes of patterns and formats of numbers, escaped characters. */
const ASIDE = /%[\d.]*f|%0\dX|%[0-9A-F]{2}|%\w|\\u[0-9a-f]{4}|\\./g;

/** Literals of which a single letter is all that they say. */
function bareLetters(source: string, comment: RegExp): string[] {
  const lines = source.split("\n").filter((line) => !comment.test(line));
  const literals = lines.join("\n").matchAll(/"((?:[^"\\\n]|\\.)*)"/g);
  return [...literals]
    .map(([, text = ""]) => text)
    .filter((text) => /^[^a-zA-Z]*[a-zA-Z][^a-zA-Z]*$/.test(text.replace(ASIDE, "")));
}

const folder = new URL("../../../src/store/redis/", import.meta.url);
const lua = readdirSync(new URL("scripts/", folder), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".lua"))
  .map((file) => `scripts/${file}`);
const typescript = readdirSync(folder).filter((file) => /(?<!\.generated)\.ts$/.test(file));

describe.each([...lua, ...typescript])("%s", (file) => {
  test("writes no letter that codes.json has a word for", () => {
    const comment = file.endsWith(".lua") ? /^\s*--/ : /^\s*(?:\/\/|\*|\/\*)/;
    expect(bareLetters(readFileSync(new URL(file, folder), "utf8"), comment)).toEqual([]);
  });
});
