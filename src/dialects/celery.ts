import { durationMs, formatDuration } from "../core/duration.js";
import { instantMs } from "../core/instant.js";
import { quote } from "../core/quote.js";
import { SOLAR_EVENTS, type SolarEvent, zone } from "../schedules/index.js";
import { below, type DocumentNode, listOf, mapOf, numberOf, plainOf, textOf } from "./document.js";
import { type Findings, type ImportedParts, importInvalid, Refusal } from "./findings.js";
import { isJSON, jsonDocument } from "./json-document.js";
import { slug } from "./names.js";
import { type Written, writtenClocked, writtenCrontab, writtenEvery, writtenSolar } from "./written.js";
import { isoOf } from "./years.js";

/** The JSON of a `beat_schedule`, or a fixture of django-celery-beat. */
export function readCelery(text: string, found: Findings): void {
  if (!isJSON(text))
    throw importInvalid(
      "import: expected the JSON of a beat_schedule, or a fixture of django-celery-beat, got no JSON",
    );
  const root = jsonDocument(text);
  if (Array.isArray(root.value)) return readFixture(listOf(root), found);
  const timezone = textOf(below(root, "timezone"));
  const entries =
    mapOf(below(root, "beat_schedule") ?? below(root, "beatSchedule") ?? root) ??
    new Map<string, DocumentNode>();
  let seen = 0;
  for (const [name, entry] of entries) {
    if (below(entry, "task") === undefined && below(entry, "schedule") === undefined) continue;
    seen++;
    readEntry(name, entry, timezone, found);
  }
  if (seen === 0) throw importInvalid("import: expected entries with task and schedule, found none");
}

function readEntry(given: string, entry: DocumentNode, zoned: string | undefined, found: Findings): void {
  const scheduled = below(entry, "schedule");
  const line = (scheduled ?? entry).line;
  found.attempt(line, () => {
    const task = textOf(below(entry, "task"));
    if (task === undefined || scheduled === undefined)
      throw new Refusal(`${quote(given)} has no ${task === undefined ? "task" : "schedule"}`);
    const timezone = zoned === undefined ? found.timezone : zone(zoned).name;
    const written = scheduleOf(scheduled, timezone, found);
    const parts = {
      ...argsOf(below(entry, "args"), below(entry, "kwargs"), found),
      ...optionsOf(below(entry, "options"), found),
    };
    return { name: given, task, lines: [line], written, parts };
  });
}

const CRONTAB_KEYS = ["minute", "hour", "day_of_week", "day_of_month", "month_of_year"];
const REPR = /^<crontab: (\S+) (\S+) (\S+) (\S+) (\S+) \(([a-zA-Z/]+)\)>$/;
/** The order of the fields as the text of Celery itself says it. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  "m/h/d/dM/MY": ["minute", "hour", "day_of_week", "day_of_month", "month_of_year"],
  "m/h/dM/MY/d": ["minute", "hour", "day_of_month", "month_of_year", "day_of_week"],
};

/** A number of seconds, a map, or what Python prints of a schedule. */
function scheduleOf(node: DocumentNode, timezone: string | undefined, found: Findings): Written {
  const text = textOf(node);
  if (typeof node.value === "number") return everyOf(node.value);
  const [, , , , , , legend] = REPR.exec(text ?? "") ?? [];
  const order = ORDERS[legend ?? ""];
  if (order !== undefined) {
    const words = REPR.exec(text!)!.slice(1, 6);
    return crontabOf(node.line, new Map(order.map((key, index) => [key, words[index]!])), timezone, found);
  }
  const [, count, unit] = /^<freq: (\d{1,9}(?:\.\d+)?) (second|minute|hour|day)s?>$/.exec(text ?? "") ?? [];
  if (count !== undefined) return freqOf(node.line, `${Number(count)} ${unit}s`, found);
  const [, days = "0", hours, minutes, seconds] =
    /^(?:(\d{1,6}) days?, )?(\d{1,2}):(\d\d):(\d\d(?:\.\d{1,6})?)$/.exec(text ?? "") ?? [];
  if (hours !== undefined)
    return everyOf(((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds));
  const sun = /^<solar: (\w+) at latitude (-?[\d.]+), longitude:? (-?[\d.]+)>$/.exec(text ?? "");
  if (sun !== null) return sunOf(node.line, sun[1]!, Number(sun[2]), Number(sun[3]), found);
  return mappedSchedule(node, timezone, found);
}

function mappedSchedule(node: DocumentNode, timezone: string | undefined, found: Findings): Written {
  const { line } = node;
  const inner = below(node, "crontab");
  const fields = mapOf(inner ?? node);
  if (fields === undefined)
    throw new Refusal(
      `expected seconds, or a crontab, interval or solar, got ${quote(textOf(node) ?? null)}`,
    );
  const event = textOf(below(node, "event"));
  if (event !== undefined) {
    const [latitude, longitude] = [
      below(node, "latitude") ?? below(node, "lat"),
      below(node, "longitude") ?? below(node, "lon"),
    ].map(numberOf);
    return sunOf(line, event, latitude ?? NaN, longitude ?? NaN, found);
  }
  const every = numberOf(below(node, "every"));
  if (every !== undefined) return everyOf(every);
  if (CRONTAB_KEYS.some((key) => fields.has(key))) {
    const written = [...fields]
      .filter(([key]) => CRONTAB_KEYS.includes(key))
      .map(([key, part]) => [key, fieldOf(part)] as const);
    return crontabOf(line, new Map(written), timezone, found);
  }
  throw new Refusal(`expected a crontab with ${CRONTAB_KEYS.join(", ")}, got ${quote(plainOf(node))}`);
}

function fieldOf(node: DocumentNode): string {
  return listOf(node).length > 0
    ? listOf(node)
        .map((part) => textOf(part) ?? "")
        .join(",")
    : (textOf(node) ?? "");
}

const NAMES: readonly (readonly [celery: string, ours: string])[] = [
  ["minute", "minute"],
  ["hour", "hour"],
  ["day_of_month", "dayOfMonth"],
  ["month_of_year", "monthOfYear"],
  ["day_of_week", "dayOfWeek"],
];

function crontabOf(
  line: number,
  fields: ReadonlyMap<string, string>,
  timezone: string | undefined,
  found: Findings,
): Written {
  const set = NAMES.flatMap(([celery, ours]) => {
    const text = fields.get(celery)?.replace(/\s/g, "") ?? "*";
    return text === "*" ? [] : [[ours, text] as const];
  });
  const written = writtenCrontab(Object.fromEntries(set), timezone === undefined ? {} : { timezone });
  if (set.some(([name]) => name === "dayOfMonth") && set.some(([name]) => name === "dayOfWeek")) {
    found.note(
      line,
      'both day fields are set: both must match, as in Celery; a crontab from text would take either (dayMatch "or")',
    );
  }
  if (timezone === undefined) found.zoneless(line, "Celery");
  return written;
}

function everyOf(seconds: number): Written {
  return writtenEvery(durationMs(seconds, "schedule"));
}

function freqOf(line: number, text: string, found: Findings): Written {
  if (!/^\d+ /.test(text))
    found.doubt(line, `Celery prints ${quote(text)} rounded to two places: compare it with the code`);
  return writtenEvery(durationMs(text, "schedule"));
}

function sunOf(line: number, event: string, latitude: number, longitude: number, found: Findings): Written {
  if (!SOLAR_EVENTS.includes(event as (typeof SOLAR_EVENTS)[number]))
    throw new Refusal(`${quote(event)} is no event of solar`);
  const written = writtenSolar(event as SolarEvent, latitude, longitude);
  const isDusk =
    event === "dusk_astronomical"
      ? "; Celery before 5.6.3 took the Sun 18 degrees above the horizon for it"
      : "";
  found.note(line, `solar ${event}: the same event, some seconds apart by another model of the Sun${isDusk}`);
  return written;
}

function argsOf(
  args: DocumentNode | undefined,
  kwargs: DocumentNode | undefined,
  found: Findings,
): ImportedParts {
  const positional = args === undefined ? [] : plainOf(args);
  const named = kwargs === undefined ? {} : plainOf(kwargs);
  if (!Array.isArray(positional)) throw new Refusal(`args: expected a list, got ${quote(positional)}`);
  const hasNamed = Object.keys(named ?? {}).length > 0;
  if (hasNamed) found.note(kwargs!.line, "kwargs -> an object as the last of args");
  const all = hasNamed ? [...(positional as unknown[]), named] : (positional as unknown[]);
  return all.length === 0 ? {} : { args: all };
}

function optionsOf(options: DocumentNode | undefined, found: Findings): ImportedParts {
  const kept: Record<string, unknown> = {};
  for (const [key, node] of mapOf(options) ?? []) {
    const number = numberOf(node);
    if (key === "queue" && textOf(node) !== undefined) kept.queue = textOf(node);
    else if (key === "expires" && number !== undefined) {
      kept.expires = formatDuration(durationMs(number, "expires"));
      found.note(node.line, `expires -> options.expires: a run that none took within ${number} s is dropped`);
    } else if (key === "countdown" && number !== undefined)
      kept.countdown = formatDuration(durationMs(number, "countdown"));
    else found.note(node.line, `options.${key}: nothing is made of it`);
  }
  return Object.keys(kept).length === 0 ? {} : { options: kept };
}

type Rows = ReadonlyMap<string, DocumentNode>;

const KINDS = ["crontab", "interval", "solar", "clocked"] as const;

function readFixture(rows: readonly DocumentNode[], found: Findings): void {
  const schedules = new Map<string, DocumentNode>();
  const tasks: DocumentNode[] = [];
  for (const row of rows) {
    const [, model] = /^django_celery_beat\.(\w+)$/i.exec(textOf(below(row, "model")) ?? "") ?? [];
    if (model === undefined) {
      found.note(
        row.line,
        `model ${quote(textOf(below(row, "model")) ?? null)} is none of django_celery_beat: nothing is made of it`,
      );
    } else if (model === "periodictask") tasks.push(row);
    else schedules.set(`${model}:${textOf(below(row, "pk"))}`, row);
  }
  if (tasks.length === 0)
    throw importInvalid("import: expected rows of django_celery_beat.periodictask, found none");
  const used = new Set<DocumentNode>();
  for (const task of tasks) readPeriodicTask(task, schedules, used, found);
  for (const row of schedules.values()) {
    const model = textOf(below(row, "model")) ?? "";
    if (!used.has(row) && !model.endsWith("tasks"))
      found.note(row.line, `${model} ${textOf(below(row, "pk"))} is used by no task`);
  }
}

function readPeriodicTask(
  row: DocumentNode,
  schedules: Rows,
  used: Set<DocumentNode>,
  found: Findings,
): void {
  const fields = below(row, "fields");
  const text = (key: string) => textOf(below(fields, key));
  const kind = KINDS.find((key) => (below(fields, key)?.value ?? null) !== null);
  const name = text("name") ?? "";
  found.attempt(row.line, () => {
    const schedule = kind === undefined ? undefined : schedules.get(`${kind}schedule:${text(kind)}`);
    if (kind === undefined || schedule === undefined)
      throw new Refusal(`${quote(name)}: the row of its schedule is not in the fixture`);
    used.add(schedule);
    const task = text("task");
    if (task === undefined) throw new Refusal(`${quote(name)} has no task`);
    const written = storedSchedule(kind, schedule, found);
    return {
      name: name || slug(task),
      task,
      lines: [schedule.line, row.line],
      written,
      parts: storedParts(fields, found),
    };
  });
}

function storedSchedule(kind: (typeof KINDS)[number], row: DocumentNode, found: Findings): Written {
  const { line } = row;
  const fields = below(row, "fields");
  const text = (key: string) => textOf(below(fields, key)) ?? "";
  if (kind === "clocked") return writtenClocked(isoOf(instantMs(text("clocked_time"), "clocked_time")));
  if (kind === "solar")
    return sunOf(line, text("event"), Number(text("latitude")), Number(text("longitude")), found);
  if (kind === "interval") {
    const period = text("period").toLowerCase();
    if (period === "microseconds")
      throw new Refusal("an interval in microseconds is below 100 ms, the shortest");
    return writtenEvery(durationMs(`${text("every")} ${period}`, "every"));
  }
  const timezone = text("timezone") === "" ? found.timezone : zone(text("timezone")).name;
  return crontabOf(line, new Map(CRONTAB_KEYS.map((key) => [key, text(key) || "*"])), timezone, found);
}

function storedParts(fields: DocumentNode | undefined, found: Findings): ImportedParts {
  const at = (key: string) => below(fields, key);
  const given = (key: string) => textOf(at(key)) || undefined;
  const [args, kwargs] = ["args", "kwargs"].map((key) => nestedJSON(at(key)));
  const [queue, expires, seconds, start] = ["queue", "expires", "expire_seconds", "start_time"].map(given);
  if (expires !== undefined) found.note(at("expires")!.line, "expires -> endAt");
  if (seconds !== undefined)
    found.note(
      at("expire_seconds")!.line,
      `expire_seconds -> options.expires: a run that none took within ${seconds} s is dropped`,
    );
  const isOff = at("enabled")?.value === false;
  const description = given("description");
  const options = {
    ...(queue !== undefined && { queue }),
    ...(seconds !== undefined && { expires: formatDuration(durationMs(Number(seconds), "expire_seconds")) }),
  };
  for (const key of ["exchange", "routing_key", "priority"]) {
    if (given(key) !== undefined) found.note(at(key)!.line, `${key}: nothing is made of it`);
  }
  return {
    ...argsOf(args, kwargs, found),
    ...(Object.keys(options).length > 0 && { options }),
    ...(isOff && { enabled: false as const }),
    ...(start !== undefined && { startAt: isoOf(instantMs(start, "start_time")) }),
    ...(expires !== undefined && { endAt: isoOf(instantMs(expires, "expires")) }),
    ...(at("one_off")?.value === true && { maxRuns: 1 }),
    ...(description !== undefined && description.length <= 1_000 && { description }),
  };
}

/** Arguments stand in a fixture as JSON inside of a text. */
function nestedJSON(node: DocumentNode | undefined): DocumentNode | undefined {
  const text = textOf(node);
  if (text === undefined || text === "") return undefined;
  return { line: node!.line, value: jsonDocument(text).value };
}
