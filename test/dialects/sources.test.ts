/**
 * Schedules of public repositories, with neutral names: each line is an entry or a remark, and each entry has the instants that its line has
 * where it comes from.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Cron } from "croner";
import { describe, expect, test } from "vitest";
import { type Dialect, importSchedules, type ImportedEntry } from "../../src/dialects/index.js";
import { type Flavour, pointwise, QUARTZ, ROBFIG, VIXIE } from "../support/pointwise-cron.js";

const FOLDER = path.join(import.meta.dirname, "../fixtures/imports");
const read = (name: string): string => readFileSync(path.join(FOLDER, name), "utf8");
const FROM = Date.parse("2027-01-01T00:00:00Z");
const TO = Date.parse("2029-01-01T00:00:00Z");
const DAY_MS = 86_400_000;

const MEANINGFUL = (text: string): number[] =>
  text.split("\n").flatMap((line, index) => (/^\s*(?:[#;]|$)/.test(line) ? [] : [index + 1]));

describe.each<readonly [Dialect, string, entries: number, refused: number]>([
  ["crontab", "crontab.txt", 105, 20],
  ["quartz", "quartz.txt", 234, 44],
  ["aws", "aws.txt", 53, 5],
  ["systemd", "oncalendar.txt", 186, 0],
])("%s: %s", (dialect, file, entries, refused) => {
  const text = read(file);
  const imported = importSchedules(dialect, text, { timezone: "UTC" });

  test("no line vanishes", () => {
    const told = [
      ...imported.entries.flatMap(({ lines }) => lines),
      ...imported.remarks.map(({ line }) => line),
    ];
    expect([...new Set(told)].sort((a, b) => a - b)).toEqual(MEANINGFUL(text));
    expect(imported.remarks.filter(({ kind }) => kind === "refused")).toHaveLength(refused);
    expect(imported.entries).toHaveLength(entries);
  });
});

test("each timer of systemd is an entry, and each of its settings in one or in a remark", () => {
  const text = read("timers.txt");
  const { entries, remarks } = importSchedules("systemd", text, { timezone: "UTC" });
  expect(entries).toHaveLength(text.match(/^\[Timer\]$/gm)!.length);
  const told = new Set([...entries.flatMap(({ lines }) => lines), ...remarks.map(({ line }) => line)]);
  const silent = text
    .split("\n")
    .flatMap((line, index) =>
      /^(On|Rand|Pers|Acc|Wake)\w+=/.test(line) && !told.has(index + 1) ? [line] : [],
    );
  expect(silent).toEqual([]);
});

test("each CronJob is an entry", () => {
  const text = read("cronjobs.yaml");
  const { entries } = importSchedules("k8s", text, { timezone: "UTC" });
  expect(entries).toHaveLength(text.match(/^kind: CronJob$/gm)!.length);
});

/** The instants of an entry in [from, to), as a beat counts them. */
function* instantsOf({ options }: ImportedEntry, from: number, to: number): Generator<number> {
  const begin = Math.max(from, Date.parse(options.startAt ?? "") || from);
  const end = Math.min(to, Date.parse(options.endAt ?? "") || to);
  for (let at = options.schedule.next(begin - 1); at !== null && at < end; at = options.schedule.next(at))
    yield at;
}

/** The first instant of two streams that differs, with what stands before it. */
function firstDifference(ours: Iterator<number>, theirs: Iterator<number>): string | null {
  for (let count = 0; ; count++) {
    const [a, b] = [ours.next(), theirs.next()];
    if (a.done === true && b.done === true) return null;
    if (a.value !== b.value) {
      const text = (step: IteratorResult<number, unknown>) =>
        step.done === true ? "none" : new Date(step.value).toISOString();
      return `after ${count}: ours ${text(a)}, theirs ${text(b)}`;
    }
  }
}

/** Two years; of what is due many times a day, four days of every second month, and of what is due each second, one. */
function stretchesFor([second = "", minute = "", hour = ""]: readonly string[]): readonly (readonly [
  number,
  number,
])[] {
  const isDense = (field: string): boolean => /[*/-]/.test(field);
  if (!isDense(second) && !(isDense(minute) && isDense(hour))) return [[FROM, TO]];
  const days = isDense(second) ? 1 : 4;
  return [...Array(12).keys()].map((part) => [FROM + part * 61 * DAY_MS, FROM + (part * 61 + days) * DAY_MS]);
}

interface Source {
  readonly entry: ImportedEntry;
  readonly fields: readonly string[];
  readonly flavour: Flavour;
}

const NICKNAMES: Readonly<Record<string, string>> = {
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
};

function sourcesOf(dialect: Dialect, file: string): Source[] {
  const text = read(file);
  const lines = text.split("\n");
  return importSchedules(dialect, text, { timezone: "UTC" }).entries.flatMap((entry) => {
    const line = lines[entry.lines[0]! - 1]!;
    const fields = fieldsOf(dialect, line);
    return fields === undefined ? [] : [{ entry, fields, flavour: FLAVOURS[dialect]! }];
  });
}

const FLAVOURS: Partial<Record<Dialect, Flavour>> = {
  crontab: VIXIE,
  k8s: ROBFIG,
  quartz: QUARTZ,
  aws: QUARTZ,
};

/** Second, minute, hour, day, month, weekday and year as the line has them; undefined for what is no cron. */
function fieldsOf(dialect: Dialect, line: string): readonly string[] | undefined {
  if (dialect === "quartz") return line.split(" ");
  if (dialect === "aws") {
    const inside = /^cron\((.*)\)$/.exec(line)?.[1];
    return inside === undefined ? undefined : ["0", ...inside.split(" ")];
  }
  const text = dialect === "k8s" ? /"(.*)"/.exec(line)![1]! : line.replace(/^-/, "");
  const words = (NICKNAMES[text.split(/\s/)[0]!] ?? text).split(/\s+/).slice(0, 5);
  return words[0]!.startsWith("@") ? undefined : ["0", ...words];
}

describe.each<readonly [Dialect, string, atLeast: number]>([
  ["crontab", "crontab.txt", 95],
  ["k8s", "cronjobs.yaml", 130],
  ["quartz", "quartz.txt", 230],
  ["aws", "aws.txt", 35],
])("instants of %s over two years", (dialect, file, atLeast) => {
  const sources = sourcesOf(dialect, file).map((source) => ({ ...source, title: source.fields.join(" ") }));

  test("are compared line by line", () => {
    expect(sources.length).toBeGreaterThanOrEqual(atLeast);
  });

  test.each(sources)("$title", ({ entry, fields, flavour, title }) => {
    for (const [from, to] of stretchesFor(fields)) {
      // What is in other zones of the fixtures is judged by croner below.
      if (zoneOf(entry) !== "UTC") return expect(title).not.toBe("");
      expect(
        firstDifference(instantsOf(entry, from, to), pointwise(fields, from, to, flavour)),
        title,
      ).toBeNull();
    }
  });
});

function zoneOf({ options }: ImportedEntry): unknown {
  return options.schedule.toJSON?.()["timezone"] ?? "UTC";
}

/** Where croner reads what the source says: no range over the end, no step of a day field beside another day field. */
function isForCroner(fields: readonly string[]): boolean {
  const [, , , day = "", month = "", weekday = ""] = fields;
  const wraps = /\b(?:22-2|14-6|21-3|58-4|55-3|56-2|55-5|28-5|6-2|11-2|58-4)\b|(?:FRI-MON|FRI-TUE|THU-SUN)/;
  const odd = /H|\*\/0|,L|L,|\d,\dW|W,|,LW|#.*#|15,L/;
  const isBoth = /[*?]\//.test(day) && !/^[*?]$/.test(weekday);
  return !wraps.test(fields.join(" ")) && !odd.test(`${day} ${weekday}`) && !isBoth && !/^H/.test(month);
}

describe.each<readonly [Dialect, string, atLeast: number]>([
  ["crontab", "crontab.txt", 60],
  ["k8s", "cronjobs.yaml", 100],
  ["quartz", "quartz.txt", 100],
  ["aws", "aws.txt", 30],
])("croner on lines of %s", (dialect, file, atLeast) => {
  test("agrees at the beginning of each month of two years", () => {
    const isQuartz = FLAVOURS[dialect] === QUARTZ;
    let compared = 0;
    for (const { entry, fields } of sourcesOf(dialect, file)) {
      if (!isForCroner(fields)) continue;
      const text = fields.join(" ").replace(/(^|[ ,])\/(?=\d)/g, "$1*/");
      const options = { timezone: String(zoneOf(entry)), alternativeWeekdays: isQuartz, sloppyRanges: true };
      let cron: Cron;
      try {
        cron = new Cron(text, { ...options, paused: true });
      } catch {
        continue;
      }
      compared++;
      for (let month = 0; month < 24; month++) {
        const base = Date.UTC(2027, month, 1);
        const [ours] = instantsOf(entry, base, TO);
        const theirs = cron.nextRun(new Date(base - 1_000))?.getTime();
        const expected = theirs !== undefined && theirs < TO ? theirs : undefined;
        expect(ours, `${text} from ${new Date(base).toISOString()}`).toBe(expected);
      }
    }
    expect(compared).toBeGreaterThanOrEqual(atLeast);
  });
});
