/** `schedule import` of what others wrote: code to keep, or entries of run time. */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { messageOf } from "../core/errors.js";
import type { Dialect, ImportedSchedules, ImportRemark } from "../dialects/index.js";
import type { Cli } from "./cli.js";
import { importDefinitions } from "./import-entries.js";
import type { Definition } from "./entry-file.js";
import type { Format } from "./terminal.js";
import { usageError } from "./usage.js";

type Importer = (
  dialect: Dialect,
  text: string,
  options: { readonly timezone?: string },
) => ImportedSchedules;

/** Code and remarks; with `--json` the form of `schedule export`. Exit code 1 where a line is refused. */
export async function importForeign(
  cli: Cli,
  dialect: Dialect,
  path: string,
  { importer, isSet }: { readonly importer: Importer; readonly isSet: boolean },
): Promise<number> {
  const { timezone } = cli.options;
  const imported = importer(dialect, await read(path), timezone === undefined ? {} : { timezone });
  const { remarks } = imported;
  const { entries } = imported.toJSON() as { readonly entries: Readonly<Record<string, Definition>> };
  const isRefused = remarks.some(({ kind }) => kind === "refused");
  if (isSet) {
    tellRemarks(cli, path, remarks);
    const exitCode = await importDefinitions(
      cli,
      { calendars: {}, entries },
      { isSet, besides: { remarks } },
    );
    return isRefused ? 1 : exitCode;
  }
  if (cli.terminal.json) cli.terminal.value({ sunbeat: 1, calendars: {}, entries, remarks });
  else {
    for (const line of imported.toTypeScript().trimEnd().split("\n")) cli.terminal.line(line);
    tellRemarks(cli, path, remarks);
  }
  return isRefused ? 1 : 0;
}

async function read(path: string): Promise<string> {
  try {
    return path === "-" ? await text(process.stdin) : await readFile(path, "utf8");
  } catch (error) {
    throw usageError(`${path}: ${messageOf(error)}`);
  }
}

const FORMATS: Readonly<Record<ImportRemark["kind"], Format>> = {
  note: "dim",
  doubt: "yellow",
  refused: "red",
};

function tellRemarks({ terminal }: Cli, path: string, remarks: readonly ImportRemark[]): void {
  if (terminal.json) return;
  const file = path === "-" ? "stdin" : path;
  for (const { line, kind, message } of remarks) {
    terminal.note(`${file}:${line}: ${terminal.paintError(FORMATS[kind], kind)}: ${message}`);
  }
}
