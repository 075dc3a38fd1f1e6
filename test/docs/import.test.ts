/** The rows of docs/import.md that show code are what an import gives. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { DIALECTS, importSchedules } from "../../src/dialects/index.js";

const page = readFileSync(path.join(import.meta.dirname, "../../docs/import.md"), "utf8");
const rows = [...page.matchAll(/^\| (\w+) `([^`]+)` \| `([^`]+: \{ task: [^`]+)` \|$/gm)].map(
  ([, dialect = "", line = "", code = ""]) => ({ dialect, line, code }),
);

test("there are rows of them", () => {
  expect(rows.length).toBeGreaterThanOrEqual(6);
});

test.each(rows)("$dialect $line", ({ dialect, line, code }) => {
  const known = DIALECTS.find((name) => name === dialect)!;
  const imported = importSchedules(known, line, { timezone: "Europe/Paris" });
  expect(imported.entries).toHaveLength(1);
  // Of a timer by itself nobody says that it is not persistent.
  expect(imported.toTypeScript().replace(', misfire: "skip"', "")).toContain(`\n  ${code},\n`);
});
