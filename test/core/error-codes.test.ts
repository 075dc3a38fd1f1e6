import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import * as sunbeat from "../../src/index.js";
import { sourcesOfSrc, walk } from "../support/source-tree.js";

const root = path.resolve(import.meta.dirname, "../..");
const rows = readFileSync(path.join(root, "docs/errors.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| SUNBEAT_"))
  .map((line) => line.split("|").map((cell) => cell.trim()));

/** Calls that ask whether a code is one of several. */
const ASKS = /\.(has|includes|get)$/;

/** Whether a text is given on as a code: to what makes an error, or as its `code`. In a type, a list or a comparison it is not. */
function isGivenOn(text: ts.Node): boolean {
  const { parent } = text;
  if (ts.isConditionalExpression(parent)) return parent.condition !== text && isGivenOn(parent);
  if (ts.isPropertyAssignment(parent)) return parent.initializer === text && parent.name.getText() === "code";
  if (ts.isVariableDeclaration(parent)) return parent.initializer === text;
  if (ts.isNewExpression(parent)) return true;
  return ts.isCallExpression(parent) && !ASKS.test(parent.expression.getText());
}

const given = new Set<string>();
for (const { tree } of sourcesOfSrc()) {
  walk(tree, (node) => {
    if (ts.isStringLiteral(node) && isGivenOn(node)) given.add(node.text);
  });
}

test("docs/errors.md and the code list the same codes, each once", () => {
  expect(rows.map(([, code]) => code).sort()).toEqual([...sunbeat.ERROR_CODES].sort());
});

test.each(rows)("%s%s: its class %s is exported, and the reader learns when and what to do", (...row) => {
  const [, , className, when, remedy] = row;
  expect(sunbeat).toHaveProperty(className!);
  expect([when, remedy].every((text) => /^[A-Z`].*\.$/.test(text!))).toBe(true);
});

test.each([...sunbeat.ERROR_CODES])("an error of code %s is made somewhere", (code) => {
  expect(given).toContain(code);
});
