/** Calendars and entries in a file: what `schedule export` writes, and `schedule import sunbeat` and `schedule plan --against` read. */
import { readFile } from "node:fs/promises";
import type { ExportedFile } from "../app/index.js";
import { canonicalJSON } from "../core/canonical-json.js";
import { ConfigurationError, messageOf } from "../core/errors.js";
import { printable, printableJson } from "../core/printable.js";
import { quote } from "../core/quote.js";
import { loadYaml } from "./yaml.js";

export type Definition = Readonly<Record<string, unknown>>;

/** As it is written and read; definitions are judged by whoever uses them. */
export interface EntryFile extends ExportedFile {
  readonly calendars: NonNullable<ExportedFile["calendars"]>;
  readonly entries: Readonly<Record<string, Definition>>;
}

export const FILE_FORMATS = ["json", "yaml"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** Names and fields in order, a line each: two exports of equal calendars and entries are equal texts. */
export async function entryFileText(file: EntryFile, format: FileFormat): Promise<string> {
  const { calendars, entries } = JSON.parse(canonicalJSON(file)) as EntryFile;
  const sorted: EntryFile = { sunbeat: file.sunbeat, calendars, entries };
  if (format === "json") return printableJson(sorted, 2);
  const { stringify } = await loadYaml();
  const text = stringify(sorted, { lineWidth: 0 }).trimEnd();
  // Not every character can stand in a terminal: JSON, which is YAML too, writes those as numbers.
  return printable(text) === text ? text : printableJson(sorted, 2);
}

/** YAML where the name ends so, else JSON. SUNBEAT_IMPORT_INVALID, SUNBEAT_DRIVER_MISSING. */
export async function readEntryFile(path: string): Promise<EntryFile> {
  const json = await parsed(path);
  if (typeof json !== "object" || json === null) throw invalid(path, "an object", json);
  // What an import of another dialect says beside them.
  const { sunbeat, calendars = {}, entries, remarks: _, ...rest } = json as Readonly<Record<string, unknown>>;
  if (sunbeat !== 1) throw invalid(path, '"sunbeat": 1, the version of the form', sunbeat);
  if (!isRecord(calendars)) throw invalid(path, '"calendars", an object of calendars by name', calendars);
  if (!isRecord(entries)) throw invalid(path, '"entries", an object of definitions by name', entries);
  const [other] = Object.keys(rest);
  if (other !== undefined) throw invalid(path, "the fields sunbeat, calendars and entries", other);
  return {
    sunbeat,
    calendars: calendars as EntryFile["calendars"],
    entries: entries as EntryFile["entries"],
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function parsed(path: string): Promise<unknown> {
  const isYaml = /\.ya?ml$/i.test(path);
  const yaml = isYaml ? await loadYaml() : null;
  try {
    const text = await readFile(path, "utf8");
    return yaml === null ? (JSON.parse(text) as unknown) : (yaml.parse(text) as unknown);
  } catch (error) {
    const message = `${quote(path)} cannot be read as ${isYaml ? "YAML" : "JSON"}: ${messageOf(error)}`;
    throw new ConfigurationError("SUNBEAT_IMPORT_INVALID", message, {
      details: { file: path },
      cause: error,
    });
  }
}

function invalid(path: string, expected: string, got: unknown): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_IMPORT_INVALID",
    `${quote(path)}: expected ${expected}, got ${quote(got)}; schedule export writes such a file`,
    { details: { file: path, value: quote(got) } },
  );
}
