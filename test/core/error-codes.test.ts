import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import * as sunbeat from "../../src/index.js";

const root = path.resolve(import.meta.dirname, "../..");
const rows = readFileSync(path.join(root, "docs/errors.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| SUNBEAT_"))
  .map((line) => line.split("|").map((cell) => cell.trim()));
const sources = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith("error-codes.ts"))
  .map((file) => readFileSync(path.join(root, "src", file), "utf8"))
  .join("\n");

test("docs/errors.md and the code list the same codes, each once", () => {
  expect(rows.map(([, code]) => code).sort()).toEqual([...sunbeat.ERROR_CODES].sort());
});

test.each(rows)("%s%s: its class %s is exported, and the reader learns when and what to do", (...row) => {
  const [, , className, when, remedy] = row;
  expect(sunbeat).toHaveProperty(className!);
  expect([when, remedy].every((text) => /^[A-Z`].*\.$/.test(text!))).toBe(true);
});

test.each([...sunbeat.ERROR_CODES])("%s is thrown somewhere", (code) => {
  expect(sources).toContain(`"${code}"`);
});
