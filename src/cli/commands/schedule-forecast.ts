import { writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { messageOf } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import type { DayOff, EndingCalendar, Forecast } from "../../monitor/index.js";
import { withStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { bar, histogram, histogramSvg, type Shade } from "../histogram.js";
import { printLints } from "../lints.js";
import { formatLocal, readDuration, readInstant } from "../local-time.js";
import { durationText } from "../run-text.js";
import { table, wrap } from "../table.js";
import { usageError, wholeNumber } from "../usage.js";

const BY = ["queue", "task", "entry"] as const;

interface Options {
  readonly for: string;
  readonly step?: string;
  readonly by?: (typeof BY)[number];
  readonly outage?: string;
  readonly maxStartsPerSecond?: number;
  readonly svg?: string;
}

/** Characters of a line, the scale included; lines of the columns. */
const WIDTH = 80;
const HEIGHT = 8;
/** Columns that a forecast has where nobody says how long a step is. */
const USUAL_STEPS = 72;
const STEPS_MS = [1, 5, 10, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1_000,
);
const MOST_ROWS = 10;
const MOST_LISTED = 5;
const MOST_NAMED = 3;
const DAY_MS = 86_400_000;

export function scheduleForecastCommand(action: Action): Command {
  return new Command("forecast")
    .description("what the entries of the store will start: over time, at its busiest, and where it meets")
    .option("--for <time>", "look this far: 90m, 1d, 400d", "7d")
    .option("--step <time>", "count starts over so long (default: what gives about 70 columns)")
    .addOption(new Option("--by <what>", "the ten with the most starts, too").choices(BY))
    .option("--outage <time>", "as though no beat ran for so long from now on: what is caught up then")
    .option(
      "--max-starts-per-second <n>",
      "that of the beat: how long catching up takes, and which seconds are crowded (default: 1000 are)",
      wholeNumber("--max-starts-per-second", 1, 1_000_000),
    )
    .option("--svg <file>", "write the columns as a picture, too")
    .action(action<[Options]>((cli, options) => run(cli, options)));
}

function run(cli: Cli, options: Options): Promise<void> {
  const forMs = readDuration("--for", options.for);
  if (forMs > 400 * 86_400_000) throw usageError(`--for: expected at most 400d, got ${quote(options.for)}`);
  const stepMs = options.step === undefined ? usualStep(forMs) : readDuration("--step", options.step);
  const outageMs = options.outage === undefined ? undefined : readDuration("--outage", options.outage);
  return withStore(cli, async ({ core }) => {
    const timezone = cli.options.timezone ?? core.config.timezone;
    const from = await core.lazyStore.now();
    const found = await core.schedules.forecast({
      ...{ from, to: from + forMs, step: { milliseconds: stepMs } },
      ...(outageMs !== undefined && { outage: { milliseconds: outageMs } }),
      maxStartsPerSecond: options.maxStartsPerSecond,
    });
    if (options.svg !== undefined) await writeSvg(found, options.svg, timezone);
    if (cli.terminal.json) return cli.terminal.value(found);
    print(cli, found, options, timezone);
  });
}

function usualStep(forMs: number): number {
  return STEPS_MS.find((stepMs) => forMs / stepMs <= USUAL_STEPS) ?? 7 * 86_400_000;
}

async function writeSvg(found: Forecast, file: string, timezone: string): Promise<void> {
  const title = `${found.occurrences} starts, at most ${largest(found)} in ${durationText(found.stepMs)}`;
  try {
    const picture = histogramSvg(found.starts, title, ends(found, timezone), shadesOf(found, timezone));
    await writeFile(file, picture);
  } catch (error) {
    throw usageError(`--svg: ${quote(file)} cannot be written: ${messageOf(error)}`);
  }
}

/** The days off that lie in the picture. */
function shadesOf({ from, to, daysOff }: Forecast, timezone: string): Shade[] {
  const [begin, end] = [from.getTime(), to.getTime()];
  const part = (at: number): number => Math.min(1, Math.max(0, (at - begin) / (end - begin)));
  return daysOff.flatMap((day): Shade[] => {
    const next = new Date(Date.parse(day.date) + DAY_MS).toISOString().slice(0, 10);
    const [first, last] = [day.date, next].map((date) => part(readInstant("date", date, timezone, begin)));
    return first! < last! ? [{ from: first!, to: last!, text: dayOffText(day) }] : [];
  });
}

const largest = ({ starts }: Forecast): number => starts.reduce((most, value) => Math.max(most, value), 0);

function ends({ from, to }: Forecast, timezone: string): readonly [string, string] {
  return [formatLocal(from.getTime(), timezone, "minutes"), formatLocal(to.getTime(), timezone, "minutes")];
}

function print(cli: Cli, found: Forecast, { by }: Options, timezone: string): void {
  const { terminal } = cli;
  const isUnicode = hasUnicode(cli);
  const { occurrences, from, to, peak } = found;
  if (peak === null && occurrences === 0) {
    terminal.line(`nothing starts until ${formatLocal(to.getTime(), timezone, "minutes")}`);
  } else {
    const width = Math.min(WIDTH, terminal.columns);
    const drawn = histogram(found.starts, { width, height: HEIGHT, isUnicode }, ends(found, timezone));
    const each = drawn.perColumn === 1 ? "" : `, a column is the largest of ${drawn.perColumn}`;
    terminal.line(
      `${found.isCoarse ? "about " : ""}${occurrences} starts in ${durationText(to.getTime() - from.getTime())}; ` +
        `steps of ${durationText(found.stepMs)}${each} (${timezone})`,
    );
    for (const line of drawn.lines) terminal.line(line);
    terminal.line();
    printFacts(cli, found, timezone);
  }
  if (by !== undefined && occurrences > 0) printBy(cli, found, by, isUnicode);
  if (found.lints.length > 0) terminal.line();
  printLints(terminal, found.lints);
  for (const ending of found.endingCalendars) terminal.line(terminal.paint("yellow", endText(ending, from)));
  if (found.isCoarse) {
    terminal.note(
      "more than 2 million starts: some are drawn on as an average, and seconds are counted in part",
    );
  }
  if (found.unknown.length > 0) {
    terminal.note(`left out, since their schedule cannot be asked here: ${found.unknown.join(", ")}`);
  }
}

function printFacts({ terminal }: Cli, found: Forecast, timezone: string): void {
  const { peak, crowded, outage, lockMeetings, overdueRisks, zoneNights, daysOff } = found;
  const at = (instant: Date, precision: "minutes" | "seconds"): string =>
    formatLocal(instant.getTime(), timezone, precision);
  const rows: [string, string][] = [];
  if (peak !== null) {
    const { second, minute, day } = peak;
    rows.push(["busiest second", `${second.starts} at ${at(second.at, "seconds")}`]);
    rows.push(["busiest minute", `${minute.starts} at ${at(minute.at, "minutes")}`]);
    rows.push(["busiest day", `${day.starts} on ${at(day.at, "minutes").slice(0, 14)}`]);
  }
  rows.push([`seconds over ${crowded.limit}`, String(crowded.count)]);
  if (outage !== null) rows.push(["after the outage", outageText(outage)]);
  rows.push(["locks that meet", String(lockMeetings.length)]);
  rows.push([
    "overlap risk",
    overdueRisks.length === 0 ? "0" : overdueRisks.map(({ entry }) => entry).join(", "),
  ]);
  const nights = zoneNights.slice(0, MOST_LISTED).map(({ entry, message }) => `${entry}: ${message}`);
  const more = zoneNights.length > MOST_LISTED ? [`and ${zoneNights.length - MOST_LISTED} more`] : [];
  rows.push(["nights of change", nights.length === 0 ? "0" : [...nights, ...more].join("; ")]);
  const off = daysOff.slice(0, MOST_LISTED).map(dayOffText);
  const moreOff = daysOff.length > MOST_LISTED ? [`and ${daysOff.length - MOST_LISTED} more`] : [];
  rows.push(["days off", off.length === 0 ? "0" : [...off, ...moreOff].join("; ")]);
  for (const line of table(
    terminal,
    rows.map(([label, text]) => [label, wrap(text)]),
  ))
    terminal.line(line);
}

function dayOffText({ date, reason, count, entries }: DayOff): string {
  return `${date}, ${reason}: ${namesText(entries, count)}`;
}

function endText({ calendar, to, count, entries }: EndingCalendar, now: Date): string {
  const ends = Date.parse(to) + DAY_MS <= now.getTime() ? "ended" : "ends";
  return `calendar ${calendar} ${ends} on ${to}: ${namesText(entries, count)} ${count === 1 ? "has" : "have"} no days off after that`;
}

function namesText(entries: readonly string[], count: number): string {
  const shown = entries.slice(0, MOST_NAMED);
  return `${shown.join(", ")}${count > shown.length ? ` and ${count - shown.length} more` : ""}`;
}

function outageText({
  lastsMs,
  backlog,
  perSecond,
  caughtUpAfterMs,
}: NonNullable<Forecast["outage"]>): string {
  const waits = `${backlog} starts wait after ${durationText(lastsMs)}`;
  if (perSecond === null) return `${waits}; without --max-starts-per-second they are sent at once`;
  if (caughtUpAfterMs === null) return `${waits}; at ${perSecond} a second they are not caught up`;
  return `${waits}; at ${perSecond} a second all is caught up after ${durationText(caughtUpAfterMs)}`;
}

function printBy({ terminal }: Cli, found: Forecast, by: (typeof BY)[number], isUnicode: boolean): void {
  const counts = new Map<string, number>();
  for (const each of found.entries) counts.set(each[by], (counts.get(each[by]) ?? 0) + each.starts);
  const rows = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_ROWS);
  terminal.line();
  for (const line of table(
    terminal,
    rows.map(([name, starts]) => [
      name,
      String(starts),
      `${Math.round((starts / found.occurrences) * 100)}%`,
      bar(starts / found.occurrences, 24, isUnicode),
    ]),
  )) {
    terminal.line(line);
  }
  if (counts.size > rows.length) terminal.line(`and ${counts.size - rows.length} more`);
}

/** Whether whoever reads it can see block elements, as far as the locale tells. */
function hasUnicode({ host: { env } }: Cli): boolean {
  return /utf-?8/i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "");
}
