import { durationMs } from "../core/duration.js";
import { quote } from "../core/quote.js";
import { zone } from "../schedules/index.js";
import { cronText, everyText } from "./cron-text.js";
import { below, type DocumentNode, listOf, numberOf, textOf } from "./document.js";
import { type Findings, type ImportedParts, importInvalid, Refusal } from "./findings.js";
import { isJSON, jsonDocument } from "./json-document.js";
import { slug } from "./names.js";
import { type Written, writtenCrontab } from "./written.js";
import { yamlDocuments } from "./yaml-document.js";

/** CronJobs in YAML of several documents, or JSON, by themselves or in a List. */
export function readK8s(text: string, found: Findings): void {
  const roots = isJSON(text) ? [jsonDocument(text)] : yamlDocuments(text);
  const objects = roots.flatMap((root) =>
    below(root, "items") === undefined ? listOr(root) : listOf(below(root, "items")),
  );
  let seen = 0;
  for (const object of objects) {
    const kind = textOf(below(object, "kind"));
    if (kind === "CronJob") {
      seen++;
      readCronJob(object, found);
    } else if (kind !== undefined) {
      seen++;
      found.note(object.line, `${quote(kind)} is no CronJob: nothing is made of it`);
    }
  }
  if (seen === 0) throw importInvalid("import: expected objects of Kubernetes, kind: CronJob, found none");
}

function listOr(root: DocumentNode): readonly DocumentNode[] {
  return Array.isArray(root.value) ? listOf(root) : [root];
}

function readCronJob(object: DocumentNode, found: Findings): void {
  const spec = below(object, "spec");
  const scheduled = below(spec, "schedule");
  const line = (scheduled ?? object).line;
  found.attempt(line, () => {
    const metadata = below(object, "metadata");
    const name =
      slug(textOf(below(metadata, "name")) ?? textOf(below(metadata, "generateName")) ?? "") ||
      `line-${line}`;
    const text = textOf(scheduled)?.trim() ?? "";
    if (text === "" || /\{\{|\$\{|\$\(/.test(text)) {
      throw new Refusal(
        `expected a schedule, got ${quote(text)}: render a template first, as by helm template or kustomize build`,
      );
    }
    const [, prefix, expression = text] = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text) ?? [];
    const zoned = prefix ?? textOf(below(spec, "timeZone"));
    const timezone = zoned === undefined ? found.timezone : zone(zoned).name;
    const written = scheduleOf(line, expression, timezone, found);
    const parts = partsOf(spec, found);
    found.note(line, `write the task ${quote(name)}: it does the work of the job's containers`);
    if (written.json.type === "crontab") remarksOfZone(line, written, timezone, found);
    return { name, task: name, lines: [line], written, parts };
  });
}

function remarksOfZone(line: number, written: Written, timezone: string | undefined, found: Findings): void {
  if (timezone === undefined) {
    found.doubt(
      line,
      "no timeZone: Kubernetes takes that of its controller, usually UTC, an entry that of the app; give timezone",
    );
    return;
  }
  found.gap(line, written, "Kubernetes runs nothing then");
  const fold = written.schedule.lints({ from: found.now }).find(({ code }) => code === "fold");
  if (fold === undefined) return;
  found.doubt(
    line,
    `${fold.message}; Kubernetes runs it in both passes (kubernetes#121594), as dst: "wall" does`,
  );
}

/**
 * The cron of Kubernetes: a step in a day field is no star, so that both day fields set are either, where ours wants both after a star.
 */
function scheduleOf(
  line: number,
  expression: string,
  timezone: string | undefined,
  found: Findings,
): Written {
  const zoned = timezone === undefined ? {} : { timezone };
  const [, every] = /^@every\s+(\S+)$/.exec(expression) ?? [];
  if (every !== undefined) {
    found.doubt(line, "@every counts from the last run: the phase differs");
    return everyText(every);
  }
  if (expression.startsWith("@")) return writtenCrontab(expression.toLowerCase(), zoned);
  const fields = expression.split(/\s+/);
  if (fields.length !== 5) throw new Refusal(`expected five fields, got ${quote(expression)}`);
  const [minute, hour, day, month, weekday] = fields.map((field) => field.replace(/^\?/, "*")) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const isEither = isSet(day) && isSet(weekday);
  const days = isEither ? [ranged(day, "1-31"), month, ranged(weekday, "0-6")] : [day, month, weekday];
  return writtenCrontab(cronText([minute, hour, ...days]).text, zoned);
}

function isSet(field: string): boolean {
  return !/(?:^|,)\*(?:\/0*1)?(?:,|$)/.test(field);
}

function ranged(field: string, all: string): string {
  return field.replace(/(^|,)\*\//g, `$1${all}/`);
}

const OVERLAPS: Readonly<Record<string, NonNullable<ImportedParts["overlap"]>>> = {
  Forbid: "skip",
  Replace: "cancel-running",
};

function partsOf(spec: DocumentNode | undefined, found: Findings): ImportedParts {
  const policy = below(spec, "concurrencyPolicy");
  const overlap = OVERLAPS[textOf(policy) ?? ""];
  if (overlap !== undefined)
    found.note(policy!.line, `concurrencyPolicy ${textOf(policy)} -> overlap "${overlap}"`);
  const deadline = below(spec, "startingDeadlineSeconds");
  const seconds = numberOf(deadline);
  if (seconds !== undefined)
    found.note(deadline!.line, `startingDeadlineSeconds -> misfire within ${seconds} s`);
  const suspend = below(spec, "suspend");
  const isSuspended = suspend?.value === true;
  if (isSuspended) found.note(suspend.line, "suspend -> enabled: false");
  return {
    ...(isSuspended && { enabled: false as const }),
    ...(seconds !== undefined && { misfire: { policy: "latest" as const, within: withinOf(seconds) } }),
    ...(overlap !== undefined && { overlap }),
  };
}

function withinOf(seconds: number): string {
  durationMs(seconds, "startingDeadlineSeconds");
  return `${seconds}s`;
}
