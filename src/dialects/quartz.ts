import { quote } from "../core/quote.js";
import { zone } from "../schedules/index.js";
import type { Findings, ImportedParts } from "./findings.js";
import { Refusal } from "./findings.js";
import { type Line, linesOf } from "./lines.js";
import { slug } from "./names.js";
import { quartzCrontab } from "./quartz-expression.js";
import { type Written, writtenCrontab } from "./written.js";
import { boundByYears } from "./years.js";

/** What stands beside an expression under the same prefix of properties. */
interface Beside {
  readonly line: number;
  readonly key: string;
  readonly value: string;
}

interface Source extends Line {
  /** The key of a property without its last part, or the number of the line. */
  readonly name: string;
  readonly expression: string;
  readonly group: string;
}

const PROPERTY = /^([\w.$@[\]-]+)\s*[=:]\s*(.*)$/;

/** Expressions of six or seven fields, one a line, bare or as values of properties. */
export function readQuartz(text: string, found: Findings): void {
  const beside = new Map<string, Beside[]>();
  const sources: Source[] = [];
  for (const line of linesOf(text, "#!")) {
    const [, key, value = ""] = PROPERTY.exec(line.text) ?? [];
    if (key === undefined) {
      sources.push({
        ...line,
        name: `line-${line.number}`,
        expression: unquoted(line.text),
        group: `:${line.number}`,
      });
      continue;
    }
    const dot = key.lastIndexOf(".");
    const group = dot === -1 ? key : key.slice(0, dot);
    if (isExpression(value)) {
      sources.push({ ...line, name: nameOf(key), expression: unquoted(value), group });
    } else {
      const list = beside.get(group) ?? [];
      list.push({ line: line.number, key: key.slice(dot + 1), value: unquoted(value) });
      beside.set(group, list);
    }
  }
  const taken = new Set<Beside>();
  for (const source of sources) readSource(source, beside.get(source.group) ?? [], taken, found);
  for (const [group, parts] of beside) {
    for (const part of parts) {
      if (!taken.has(part))
        found.note(part.line, `${group}.${part.key} is no schedule: nothing is made of it`);
    }
  }
}

/** Whether a value means to be an expression: five blanks or more, with a field in front. */
function isExpression(value: string): boolean {
  const bare = unquoted(value);
  return /^[\d*/,-]+\s/.test(bare) && bare.split(/\s+/, 8).length >= 5;
}

function unquoted(text: string): string {
  return /^(["']).*\1[,;]?$/.test(text) ? text.replace(/^["']|["'][,;]?$/g, "") : text;
}

const LAST_WORDS = /[.-]?(?:cron|schedule|trigger|expression|cron-?expression|cronExpr)$/i;

/** "jobs.report.cron" is "jobs.report". */
function nameOf(key: string): string {
  const short = key.replace(LAST_WORDS, "").replace(LAST_WORDS, "");
  return slug(short) || slug(key);
}

function readSource(source: Source, beside: readonly Beside[], taken: Set<Beside>, found: Findings): void {
  const { number: line, expression, name } = source;
  found.attempt(line, () => {
    const fields = expression.split(/\s+/);
    if (fields.length < 6 || fields.length > 7) {
      throw new Refusal(`expected 6 fields, seconds first, or 7 with a year, got ${quote(expression)}`);
    }
    const cron = quartzCrontab(fields);
    const settings = settingsOf(beside, taken, found);
    const timezone = settings.timezone ?? found.timezone;
    const written = writtenCrontab(cron.text, {
      ...(cron.isExtended && { extended: true }),
      ...(timezone !== undefined && { timezone }),
    });
    const bounds = cron.years === undefined ? { written } : boundByYears(written, cron.years, timezone);
    remarksOf(source, cron, bounds, timezone, found);
    const { startAt, endAt } = bounds;
    return {
      name,
      task: name,
      lines: [line],
      written: bounds.written,
      parts: { ...settings.parts, ...(startAt && { startAt }), ...(endAt && { endAt }) },
    };
  });
}

function remarksOf(
  { number: line, expression }: Source,
  { withoutMark, hasNumberedDay }: ReturnType<typeof quartzCrontab>,
  { written, message }: { readonly written: Written; readonly message?: string },
  timezone: string | undefined,
  found: Findings,
): void {
  if (withoutMark) found.doubt(line, "neither day field is ?, which Quartz refuses: read as Spring does");
  if (hasNumberedDay)
    found.note(line, `weekdays of ${quote(expression)} count from Sunday, 1: written as names`);
  if (message !== undefined) found.note(line, message);
  if (timezone === undefined) found.zoneless(line, "Quartz");
  else found.gap(line, written, "Quartz may run nothing then");
  found.once("jobs", () =>
    found.note(
      line,
      'misfire instructions and @DisallowConcurrentExecution stand in the code of jobs: DO_NOTHING is misfire "skip", ' +
        'IGNORE_MISFIRE_POLICY is "all", the default is "latest"; DisallowConcurrentExecution is overlap "queue-one"',
    ),
  );
}

const MISFIRES: readonly (readonly [RegExp, NonNullable<ImportedParts["misfire"]>])[] = [
  [/DO_?NOTHING$|^2$/i, "skip"],
  [/IGNORE_?MISFIRE(?:_?POLICY)?S?$|^-1$/i, "all"],
  [/FIRE_?(?:ONCE|AND)_?(?:NOW|PROCEED)$|SMART_?POLICY$|^[01]$/i, "latest"],
];

/** Zone, misfire and overlap, where they stand beside the expression. Throws `Refusal`. */
function settingsOf(
  beside: readonly Beside[],
  taken: Set<Beside>,
  found: Findings,
): { readonly timezone?: string; readonly parts: ImportedParts } {
  let timezone: string | undefined;
  let parts: ImportedParts = {};
  for (const part of beside) {
    const { line, value } = part;
    const key = part.key.replace(/[-_]/g, "").toLowerCase();
    if (key === "timezone" || key === "zone") {
      timezone = zone(value).name;
    } else if (/^misfire(?:instruction|policy)?$/.test(key)) {
      const misfire = MISFIRES.find(([name]) => name.test(value))?.[1];
      if (misfire === undefined) continue;
      parts = { ...parts, misfire };
      found.note(line, `${part.key} ${value} -> misfire "${literalOf(misfire)}"`);
    } else if (/^disallowconcurrent(?:execution)?$/.test(key) && value === "true") {
      parts = { ...parts, overlap: "queue-one" };
      found.note(line, `${part.key} -> overlap "queue-one": the newest run waits for the one before`);
    } else continue;
    taken.add(part);
  }
  return { ...(timezone !== undefined && { timezone }), parts };
}

function literalOf(misfire: NonNullable<ImportedParts["misfire"]>): string {
  return typeof misfire === "string" ? misfire : misfire.policy;
}
