import { durationMs, formatDuration } from "../core/duration.js";
import { instantMs } from "../core/instant.js";
import { quote } from "../core/quote.js";
import { zone } from "../schedules/index.js";
import { below, type DocumentNode, listOf, mapOf, numberOf, textOf } from "./document.js";
import { type Findings, type ImportedParts, importInvalid, Refusal } from "./findings.js";
import { isJSON, jsonDocument } from "./json-document.js";
import { linesOf } from "./lines.js";
import { slug } from "./names.js";
import { quartzCrontab } from "./quartz-expression.js";
import { type Written, writtenClocked, writtenCrontab, writtenEvery } from "./written.js";
import { yamlDocuments } from "./yaml-document.js";
import { boundByYears, isoOf } from "./years.js";

const BARE = /^["']?((?:cron|rate|at)\([^()]*\))["']?[,;]?$/i;

/** `cron()`, `rate()` and `at()`: one a line, or in CloudFormation, SAM, or what the command line of AWS prints. */
export function readAws(text: string, found: Findings): void {
  if (isJSON(text)) return readDocument(jsonDocument(text), found);
  const lines = [...linesOf(text)];
  if (
    lines.some(({ text }) => BARE.test(text)) ||
    !lines.some(({ text }) => /^[\w"'-]+\s*:(?:\s|$)/.test(text))
  ) {
    for (const line of lines) readBare(line.number, line.text, found);
    return;
  }
  for (const document of yamlDocuments(text)) readDocument(document, found);
}

function readBare(line: number, text: string, found: Findings): void {
  found.attempt(line, () => {
    const expression = BARE.exec(text)?.[1];
    if (expression === undefined)
      throw new Refusal(`expected cron(...), rate(...) or at(...), got ${quote(text)}`);
    const made = scheduleOf(line, expression, { timezone: found.timezone ?? "UTC" }, found);
    return { name: `line-${line}`, task: `line-${line}`, lines: [line], ...made };
  });
}

interface Place {
  readonly name: string;
  readonly properties: DocumentNode;
  readonly expression: DocumentNode | undefined;
  /** EventBridge Scheduler, which knows zones and windows; a rule of EventBridge is in UTC. */
  readonly isScheduler: boolean;
}

const SCHEDULE_TYPES = /^AWS::(?:Events::Rule|Scheduler::Schedule)$/;

function readDocument(root: DocumentNode, found: Findings): void {
  const places = [...placesOf(root)];
  if (places.length === 0) {
    throw importInvalid(
      "import: expected CloudFormation, SAM, or the output of aws events list-rules or aws scheduler get-schedule, found no schedule in it",
    );
  }
  for (const place of places) readPlace(place, found);
}

function* placesOf(root: DocumentNode): Generator<Place> {
  const answers = [
    ...listOf(root),
    ...listOf(below(root, "Rules")),
    ...listOf(below(root, "Schedules")),
    root,
  ];
  for (const answer of answers) {
    const expression = below(answer, "ScheduleExpression");
    const isRule = below(answer, "EventBusName") ?? below(answer, "EventPattern");
    if (expression === undefined && (answer === root || below(answer, "Arn") === undefined)) continue;
    const isScheduler =
      isRule === undefined &&
      (below(answer, "FlexibleTimeWindow") ?? below(answer, "GroupName")) !== undefined;
    yield { name: textOf(below(answer, "Name")) ?? "", properties: answer, expression, isScheduler };
  }
  for (const [id, resource] of mapOf(below(root, "Resources")) ?? []) {
    const type = textOf(below(resource, "Type")) ?? "";
    const properties = below(resource, "Properties");
    if (properties !== undefined && SCHEDULE_TYPES.test(type)) {
      const expression = below(properties, "ScheduleExpression");
      const isScheduler = type.startsWith("AWS::Scheduler");
      if (expression === undefined && !isScheduler) continue;
      yield { name: textOf(below(properties, "Name")) ?? id, properties, expression, isScheduler };
    }
    for (const [key, event] of mapOf(below(properties, "Events")) ?? []) {
      const kind = textOf(below(event, "Type"));
      const of = below(event, "Properties");
      if (of === undefined || (kind !== "Schedule" && kind !== "ScheduleV2")) continue;
      const expression = below(of, kind === "Schedule" ? "Schedule" : "ScheduleExpression");
      yield {
        name: textOf(below(of, "Name")) ?? `${id}-${key}`,
        properties: of,
        expression,
        isScheduler: kind !== "Schedule",
      };
    }
  }
}

function readPlace({ name: given, properties, expression, isScheduler }: Place, found: Findings): void {
  const line = (expression ?? properties).line;
  found.attempt(line, () => {
    const text = textOf(expression);
    if (text === undefined || /\$\{|\{\{/.test(text)) {
      throw new Refusal(
        expression === undefined
          ? "it has no ScheduleExpression: a rule for events, or a list without; aws scheduler get-schedule tells it"
          : "its expression is known to CloudFormation alone: give the template with its values",
      );
    }
    const name = slug(given) || `line-${line}`;
    const zoned = textOf(below(properties, "ScheduleExpressionTimezone"));
    const timezone = zone(zoned ?? (isScheduler ? (found.timezone ?? "UTC") : "UTC")).name;
    const start = instantIn(below(properties, "StartDate"));
    const end = instantIn(below(properties, "EndDate"));
    const made = scheduleOf(line, text.trim(), { timezone, ...(start !== undefined && { start }) }, found);
    const parts = {
      ...made.parts,
      ...(start !== undefined && { startAt: isoOf(start) }),
      ...(end !== undefined && { endAt: isoOf(end) }),
      ...partsOf(properties, found),
    };
    return { name, task: name, lines: [line], written: made.written, parts };
  });
}

/** Text with or without an offset, or seconds since 1970; without one it is in UTC. */
function instantIn(node: DocumentNode | undefined): number | undefined {
  if (typeof node?.value === "number") return node.value * 1_000;
  const text = textOf(node);
  if (text === undefined) return undefined;
  return instantMs(
    /(?:Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`,
    "StartDate or EndDate",
  );
}

function partsOf(properties: DocumentNode, found: Findings): ImportedParts {
  const state = below(properties, "State") ?? below(properties, "Enabled");
  const isOff = /^(?:DISABLED|false)$/i.test(textOf(state) ?? "");
  if (isOff && state !== undefined) found.note(state.line, "disabled -> enabled: false");
  const window = below(properties, "FlexibleTimeWindow");
  const minutes = numberOf(below(window, "MaximumWindowInMinutes"));
  if (minutes !== undefined && window !== undefined) {
    found.note(
      window.line,
      `flexible window -> jitter of ${minutes} min: a fixed share of it by name, AWS draws anew each time`,
    );
  }
  const description = textOf(below(properties, "Description"));
  return {
    ...(isOff && { enabled: false as const }),
    ...(minutes !== undefined && { jitter: `${minutes}m` }),
    ...(description !== undefined && description.length <= 1_000 && { description }),
  };
}

interface Setting {
  readonly timezone: string;
  readonly start?: number;
}

function scheduleOf(
  line: number,
  text: string,
  { timezone, start }: Setting,
  found: Findings,
): { readonly written: Written; readonly parts: ImportedParts } {
  const [, kind, inside = ""] = /^(cron|rate|at)\((.*)\)$/i.exec(text) ?? [];
  if (kind?.toLowerCase() === "rate")
    return { written: rateOf(line, inside.trim(), start, found), parts: {} };
  if (kind?.toLowerCase() === "at") return { written: writtenClocked(inside.trim(), timezone), parts: {} };
  const fields = inside.trim().split(/\s+/);
  if (kind === undefined || fields.length !== 6) {
    throw new Refusal(`expected cron() of 6 fields, the year last, rate() or at(), got ${quote(text)}`);
  }
  const cron = quartzCrontab(["0", ...fields]);
  if (cron.withoutMark) throw new Refusal(`one of the two day fields must be ? in ${quote(text)}`);
  const cronText = writtenCrontab(cron.text, { ...(cron.isExtended && { extended: true }), timezone });
  const bounds =
    cron.years === undefined ? { written: cronText } : boundByYears(cronText, cron.years, timezone);
  const { written, startAt, endAt, message } = {
    startAt: undefined,
    endAt: undefined,
    message: undefined,
    ...bounds,
  };
  if (cron.hasNumberedDay)
    found.note(line, `weekdays of ${quote(text)} count from Sunday, 1: written as names`);
  if (message !== undefined) found.note(line, message);
  found.gap(line, written, "AWS runs nothing then");
  return {
    written,
    parts: { ...(startAt !== undefined && { startAt }), ...(endAt !== undefined && { endAt }) },
  };
}

function rateOf(line: number, text: string, start: number | undefined, found: Findings): Written {
  const [, count, unit] = /^(\d{1,9})\s+(minute|hour|day)s?$/i.exec(text) ?? [];
  if (count === undefined || unit === undefined) {
    throw new Refusal(`expected rate(n minutes), hours or days, got ${quote(`rate(${text})`)}`);
  }
  const everyMs = durationMs(`${count} ${unit.toLowerCase()}s`, "rate");
  if (start !== undefined) return writtenEvery(everyMs, ((start % everyMs) + everyMs) % everyMs);
  const written = writtenEvery(everyMs);
  found.doubt(
    line,
    `rate counts from the creation of the rule, every(${quote(formatDuration(everyMs))}) from 1970: the phase differs; set offset`,
  );
  return written;
}
