/** Each form of Celery's canvas stands in the page with a test that shows it, and each test of forms stands there. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (...parts: string[]): string => readFileSync(path.join(root, ...parts), "utf8");
const FORMS = "test/canvas/forms.test.ts";

const [, table = ""] =
  /^## Every form of Celery's canvas beside ours\n([\s\S]*?)^## /m.exec(read("docs/canvas.md")) ?? [];
const shown = [...table.matchAll(/^\| .* \| (?:(test\/\S+): )?([^|]+) \|$/gm)]
  .slice(1) // the head
  .map(([, file = FORMS, name = ""]) => ({ file, name }));
const testsOf = (file: string): string[] =>
  [...read(file).matchAll(/^ *test\(\s*(["'`])(.*?)\1,/gm)].map(([, , name = ""]) => name);

test.each(shown)("$file has: $name", ({ file, name }) => {
  expect(testsOf(file)).toContain(name);
});

test("each test of forms stands in the page", () => {
  const named = shown.filter(({ file }) => file === FORMS).map(({ name }) => name);
  expect([...named].sort()).toEqual(testsOf(FORMS).sort());
});
