/** The table of Celery's worker options in docs/workers.md against what the command line does with each of them. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { buildProgram } from "../../src/cli/program.js";

const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/workers.md"), "utf8");
const [, table = ""] = page.split("| Celery | here |\n|---|---|\n");
const rows = table
  .trimEnd()
  .split("\n")
  .map((row) => {
    const [, flags = "", what = ""] = row.split(" | ").length === 2 ? ["", ...row.split(" | ")] : [];
    return { flags: [...flags.matchAll(/`(-[\w-]+)`/g)].map(([, flag]) => flag!), what };
  });

const worker = buildProgram(() => async () => undefined, {}).commands.find((one) => one.name() === "worker")!;

test("each row is an option of the command line, and each option has a row", () => {
  const known = worker.options.map(({ short, long }) => [short, long].filter(Boolean).join(" ")).sort();
  expect(rows.map(({ flags }) => flags.join(" ")).sort()).toEqual(known);
});

test.each(rows)("$flags: $what", ({ flags, what }) => {
  const { hidden } = worker.options.find(({ long }) => long === flags.at(-1))!;
  expect(hidden).toBe(/^(accepted with a note|refused): /.test(what));
});
