/** The code and the export that an import gives: the same entries as its values. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { afterAll, expect, test } from "vitest";
import { optionsFromDefinition, resolveEntry } from "../../src/app/index.js";
import type { EntryOptions } from "../../src/beat/index.js";
import { type Dialect, importSchedules, type ImportedSchedules } from "../../src/dialects/index.js";

const ROOT = path.join(import.meta.dirname, "../..");
const folder = mkdtempSync(path.join(ROOT, "node_modules", ".import-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string): string => readFileSync(path.join(ROOT, "test/fixtures/imports", name), "utf8");
const CELERY = JSON.stringify({
  "a b": { task: "t", schedule: 30, args: [1, "x"], kwargs: { __proto__x: 1, "odd key": [null] } },
  ["__proto__"]: {
    task: "t",
    schedule: { minute: "0", day_of_week: "mon" },
    options: { expires: 90, queue: "q" },
  },
  sun: { task: "t", schedule: "<solar: sunset at latitude 48.85, longitude: 2.35>" },
});

const FILES: readonly (readonly [Dialect, string])[] = [
  ["crontab", read("crontab.txt")],
  ["quartz", read("quartz.txt")],
  ["aws", read("aws.txt")],
  ["systemd", read("oncalendar.txt")],
  ["systemd", read("timers.txt")],
  ["k8s", read("cronjobs.yaml")],
  ["celery", CELERY],
];

const DEFAULTS = { timezone: "Asia/Tokyo", dst: "vixie" } as const;
const revisions = (entries: readonly (readonly [string, EntryOptions])[]) =>
  Object.fromEntries(
    entries.map(([name, options]) => [name, resolveEntry(name, options, DEFAULTS).definition]),
  );
const valuesOf = ({ entries }: ImportedSchedules) =>
  revisions(entries.map(({ name, options }) => [name, options]));

test.each([undefined, "Europe/Paris"])(
  "the code compiles, and its entries are those of the values, with timezone %s",
  async (timezone) => {
    const imports = FILES.map(([dialect, text]) =>
      importSchedules(dialect, text, timezone === undefined ? {} : { timezone }),
    );
    const files = imports.map((imported, index) => {
      const file = path.join(folder, `${timezone === undefined ? "app" : "zoned"}-${index}.mts`);
      writeFileSync(
        file,
        imported.toTypeScript().replace('"sunbeat"', JSON.stringify(path.join(ROOT, "dist/index.js"))),
      );
      return file;
    });
    const program = ts.createProgram(files, {
      ...{
        noEmit: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: true,
      },
      ...{
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        types: [],
      },
    });
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
    expect(problems).toEqual([]);
    for (const [index, imported] of imports.entries()) {
      const source = readFileSync(files[index]!, "utf8").replace(/\bdist\/index\.js/, "src/index.ts");
      const runnable = path.join(folder, `run-${timezone === undefined ? "app" : "zoned"}-${index}.ts`);
      writeFileSync(runnable, source);
      const { beatSchedule } = (await import(pathToFileURL(runnable).href)) as {
        beatSchedule: Record<string, EntryOptions>;
      };
      expect(revisions(Object.entries(beatSchedule))).toEqual(valuesOf(imported));
    }
  },
);

test.each(FILES)("the export of %s makes the same entries", (dialect, text) => {
  for (const options of [{}, { timezone: "Europe/Paris" }]) {
    const imported = importSchedules(dialect, text, options);
    const { sunbeat, entries } = JSON.parse(JSON.stringify(imported)) as {
      sunbeat: number;
      entries: Record<string, unknown>;
    };
    expect(sunbeat).toBe(1);
    const back = Object.entries(entries).map(
      ([name, definition]) => [name, optionsFromDefinition(name, definition)] as const,
    );
    expect(revisions(back)).toEqual(valuesOf(imported));
  }
});

test("everything that comes back is frozen", () => {
  const imported = importSchedules("crontab", "5 4 * * * /opt/x", { timezone: "UTC" });
  const [entry] = imported.entries;
  for (const value of [
    imported,
    imported.entries,
    imported.remarks,
    imported.remarks[0],
    entry,
    entry!.options,
    entry!.lines,
  ]) {
    expect(Object.isFrozen(value)).toBe(true);
  }
});
