/** What the pages show of an example is what the example runs. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (...parts: string[]): string => readFileSync(path.join(root, ...parts), "utf8");
const pages = readdirSync(path.join(root, "docs")).filter((name) => name.endsWith(".md"));

/** The TypeScript blocks of a page that name an example in their first line. */
function shown(page: string): { readonly file: string; readonly code: string }[] {
  const blocks = [...read("docs", page).matchAll(/^```(?:ts|js)\n\/\/ (examples\/\S+)\n([\s\S]*?)^```$/gm)];
  return blocks.map(([, file = "", code = ""]) => ({ file, code }));
}

describe.each(pages.filter((page) => shown(page).length > 0))("%s", (page) => {
  test.each(shown(page))("shows $file word for word", ({ file, code }) => {
    expect(read(file)).toContain(code);
  });
});

test("the page about locks shows the three that come up everywhere, the fence, and what Celery's recipes are here", () => {
  expect(shown("locks.md").map(({ file }) => file)).toEqual([
    ...Array<string>(3).fill("examples/locks.ts"),
    "examples/fence.ts",
    "examples/locked-task.ts",
  ]);
});

test.each(pages)("%s links only to what is there", (page) => {
  const links = [...read("docs", page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(
    ([, target = ""]) => target,
  );
  const missing = links
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      try {
        return read("docs", target) === "";
      } catch {
        return true;
      }
    });
  expect(missing).toEqual([]);
});
