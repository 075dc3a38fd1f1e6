/** The tables of lints against the code: each code has its row, and each row its code. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { sourcesOfSrc } from "../support/source-tree.js";

const root = path.resolve(import.meta.dirname, "../..");

/** The rows of the table under a heading. */
function rowsOf(file: string, heading: string): { code: string; cells: string[] }[] {
  const [, section = ""] = readFileSync(path.join(root, file), "utf8").split(`\n${heading}\n`);
  const [table = ""] = section.split(/\n## /);
  return [...table.matchAll(/^\| `([a-z-]+)` \|(.*)\|$/gm)].map(([, code = "", rest = ""]) => ({
    code,
    cells: rest.split("|").map((cell) => cell.trim()),
  }));
}

const calendars = rowsOf("docs/calendar.md", "## Remarks");
const crontabs = rowsOf("docs/crontab-semantics.md", "## 4. Lints");
const LINTING = /^(schedules\/|beat\/calendar-lints|monitor\/load-lints|cli\/entry-lints)/;
const given = new Map<string, string[]>();
for (const { file, text } of sourcesOfSrc()) {
  if (!LINTING.test(file)) continue;
  for (const [, code = ""] of text.matchAll(/\bcode: "([a-z]+(?:-[a-z]+)*)"/g)) {
    given.set(code, [...(given.get(code) ?? []), file]);
  }
}

test("each lint that the code gives has a row", () => {
  const told = new Set([...calendars, ...crontabs].map(({ code }) => code));
  expect([...given.keys()].filter((code) => !told.has(code))).toEqual([]);
});

test("a lint of anything but crontabs alone has a row in docs/calendar.md", () => {
  const told = new Set(calendars.map(({ code }) => code));
  const general = [...given].filter(([, files]) =>
    files.some((file) => !file.startsWith("schedules/crontab/")),
  );
  expect(general.map(([code]) => code).filter((code) => !told.has(code))).toEqual([]);
});

test("each row is a lint that the code gives, stands once, and says when and what to do", () => {
  for (const rows of [calendars, crontabs]) {
    const codes = rows.map(({ code }) => code);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index || !given.has(code))).toEqual([]);
  }
  expect(
    calendars.filter(({ cells }) => cells.length !== 2 || cells.includes("")).map(({ code }) => code),
  ).toEqual([]);
});
