import { type Clock, systemClock } from "../core/clock.js";
import { ConfigurationError, isSunbeatError } from "../core/errors.js";
import { assertKnownKeys, choiceOption, invalidOption } from "../core/options.js";
import { type Schedule, zone } from "../schedules/index.js";
import { readAws } from "./aws.js";
import { readCelery } from "./celery.js";
import { readCrontab } from "./crontab-file.js";
import { definitionOf, Findings, type ImportedParts, importInvalid, type ImportRemark } from "./findings.js";
import { readK8s } from "./k8s.js";
import { type Dialect, DIALECTS, looksLike } from "./look-alike.js";
import { readQuartz } from "./quartz.js";
import { readSystemd } from "./systemd.js";
import { typescriptOf } from "./typescript.js";

export interface ImportOptions {
  /** The zone of times that name none. Default: that of the app, with a remark. */
  readonly timezone?: string | undefined;
}

/** An entry as it can stand in `beatSchedule`, or be given to `app.schedules.set`. */
export interface ImportedEntry {
  /** Once each. */
  readonly name: string;
  /** The lines that it was made of, counted from 1. */
  readonly lines: readonly number[];
  readonly options: { readonly task: string; readonly schedule: Schedule } & ImportedParts;
}

export interface ImportedSchedules {
  readonly entries: readonly ImportedEntry[];
  /** By line. What is in no entry is in a remark. */
  readonly remarks: readonly ImportRemark[];
  /** A module with the entries as `beatSchedule`; the remarks are comments in it. */
  toTypeScript(): string;
  /** The entries in the format of `sunbeat schedule export`. */
  toJSON(): object;
}

const READERS: Readonly<Record<Dialect, (text: string, found: Findings) => void>> = {
  crontab: readCrontab,
  quartz: readQuartz,
  aws: readAws,
  systemd: readSystemd,
  k8s: readK8s,
  celery: readCelery,
};

const LONGEST_TEXT = 16_000_000;
const LONGEST_LINE = 100_000;

/**
 * Reads schedules that others wrote: a file of cron, expressions of Quartz, schedules of AWS, timers of systemd, CronJobs of Kubernetes,
 * or the JSON of Celery. What cannot be taken over, and what may mean another instant, is told by line. Throws SUNBEAT_IMPORT_INVALID for a text
 * that is not of the dialect, SUNBEAT_DRIVER_MISSING for YAML without the package `yaml`, SUNBEAT_OPTION_INVALID,
 * SUNBEAT_OPTION_UNKNOWN, SUNBEAT_TIMEZONE_INVALID.
 *
 *     importSchedules("crontab", "30 2 * * * /opt/backup.sh", { timezone: "Europe/Paris" }).toTypeScript();
 */
export function importSchedules(
  dialect: Dialect,
  text: string,
  options: ImportOptions = {},
): ImportedSchedules {
  return readSchedules(
    choiceOption(dialect, "importSchedules: dialect", DIALECTS),
    text,
    options,
    systemClock,
  );
}

function readSchedules(
  dialect: Dialect,
  text: string,
  options: ImportOptions,
  clock: Clock,
): ImportedSchedules {
  assertKnownKeys(options, ["timezone"], "importSchedules");
  if (typeof text !== "string") throw invalidOption("importSchedules: text", "text", text);
  const timezone = options.timezone === undefined ? undefined : zone(options.timezone).name;
  assertText(text);
  const found = new Findings(timezone, clock.now());
  try {
    READERS[dialect](text.replace(/^\uFEFF/, ""), found);
  } catch (error) {
    throw isSunbeatError(error) && error.code === "SUNBEAT_IMPORT_INVALID"
      ? naming(error, dialect, text)
      : error;
  }
  const isForeign = found.drafts.length === 0 && found.remarks.some(({ kind }) => kind === "refused");
  const other = isForeign ? looksLike(text) : undefined;
  if (other !== undefined && other !== dialect) {
    throw naming(importInvalid(`import: no line can be read as ${dialect}`), dialect, text);
  }
  return imported(dialect, found);
}

/** Throws SUNBEAT_IMPORT_INVALID for what is no text of people. */
function assertText(text: string): void {
  if (text.length > LONGEST_TEXT) {
    throw importInvalid(
      `import: expected at most ${LONGEST_TEXT} characters, got ${text.length}; split the file`,
    );
  }
  if (/[\0\uFFFD]/.test(text)) {
    throw importInvalid("import: expected text, got bytes that are none; give the file as UTF-8 text");
  }
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    if ((end === -1 ? text.length : end) - start > LONGEST_LINE && !/^\s*[[{]/.test(text.slice(0, 1_024))) {
      throw importInvalid(`import: expected lines of at most ${LONGEST_LINE} characters`);
    }
    if (end === -1) return;
    start = end + 1;
  }
}

/** The same, with the dialect that the text looks like. */
function naming(
  error: { readonly message: string; readonly details: object },
  dialect: Dialect,
  text: string,
): ConfigurationError {
  const other = looksLike(text);
  const hint =
    other === undefined || other === dialect
      ? undefined
      : `this looks like ${other}: schedule import ${other}`;
  return importInvalid(`${error.message}${hint === undefined ? "" : `; ${hint}`}`, {
    field: "text",
    value: dialect,
    ...error.details,
    ...(hint !== undefined && { hint, looksLike: other }),
  });
}

function imported(dialect: Dialect, { drafts, remarks }: Findings): ImportedSchedules {
  const sorted = Object.freeze(
    [...remarks].sort((a, b) => a.line - b.line).map((remark) => Object.freeze(remark)),
  );
  const entries = drafts.map(({ name, lines, task, written, parts }) =>
    Object.freeze({
      name,
      lines: Object.freeze([...lines]),
      options: Object.freeze({ task, schedule: written.schedule, ...parts }),
    }),
  );
  return Object.freeze({
    entries: Object.freeze(entries),
    remarks: sorted,
    toTypeScript: () => typescriptOf(dialect, drafts, sorted),
    toJSON: () => ({
      sunbeat: 1,
      entries: Object.fromEntries(
        drafts
          .map((draft) => [draft.name, definitionOf(draft)] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    }),
  });
}
