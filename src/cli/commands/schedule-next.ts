import { Command } from "commander";
import type { Ending } from "../../beat/index.js";
import type { EpochMs } from "../../core/clock.js";
import { CrontabSchedule, type Lint, type Schedule } from "../../schedules/index.js";
import type { Action, Cli } from "../cli.js";
import { lintsOfEntry, lintsOfSchedule } from "../entry-lints.js";
import { formatLocal, formatUtc, isoLocal, precisionOf, readInstant } from "../local-time.js";
import { printLints } from "../lints.js";
import {
  describeAt,
  firstLines,
  linesOfEntry,
  linesOfSchedule,
  type Line,
  type RunLine,
} from "../occurrences.js";
import { delayText, durationText, PAST_NOTE, whyNone } from "../run-text.js";
import { addScheduleOptions, FORMS_HELP, withSchedule, type ScheduleFlags } from "../schedule-source.js";
import { table, whole, type Cell } from "../table.js";
import type { Terminal } from "../terminal.js";
import { wholeNumber } from "../usage.js";

interface Options extends ScheduleFlags {
  readonly count: number;
  readonly from?: string;
}

export function scheduleNextCommand(action: Action): Command {
  const command = new Command("next")
    .description("when a schedule is due, and why just then")
    .argument("<schedule...>", "a crontab or another form, see below; with -A also the name of an entry")
    .option("-c, --count <n>", "how many runs", wholeNumber("--count", 1, 10_000), 10)
    .option("--from <instant>", "from this instant on: now, 2027-03-28, 2027-03-28T02:30, with Z or +01:00");
  return addScheduleOptions(command)
    .addHelpText("after", FORMS_HELP)
    .action(action<[string[], Options]>((cli, words, options) => next(cli, words.join(" "), options)));
}

function next(cli: Cli, text: string, options: Options): Promise<void> {
  return withSchedule(cli, text, options, (named, open) => {
    const { schedule, entry, title, timezone } = named;
    const now = cli.clock.now();
    const from = options.from === undefined ? now : readInstant("--from", options.from, timezone, now);
    const all = entry === null ? linesOfSchedule(schedule, from) : linesOfEntry(entry, now, from);
    const { lines, ending } = firstLines(all, options.count);
    const lints =
      entry === null || open === null
        ? [...hashLints(schedule), ...lintsOfSchedule(schedule, { from, timezone })]
        : lintsOfEntry(open, entry, { now, from, timezone });
    const description = describeAt(schedule, from);
    const { terminal } = cli;
    if (entry !== null && from < now) terminal.note(PAST_NOTE);
    if (terminal.json) {
      return terminal.value({
        ...(entry !== null && { entry: entry.name, status: entry.status, ending }),
        schedule: schedule.toJSON?.() ?? null,
        description,
        timezone,
        from: isoLocal(from, timezone),
        ...linesJson(lines, timezone, entry !== null),
        lints,
      });
    }
    terminal.line(terminal.paint("bold", title));
    terminal.line(description);
    terminal.line();
    printRuns(terminal, lines, timezone, options.from === undefined ? now : undefined);
    const isNone = lines.every((line) => line.kind !== "run");
    if (ending !== null)
      terminal.line(`  ${entry === null ? scheduleEnd(isNone) : entryEnd(isNone, ending)}`);
    if (lints.length > 0) terminal.line();
    printLints(terminal, lints);
  });
}

function scheduleEnd(isNone: boolean): string {
  return isNone ? "no run at any time" : "and never again";
}

function entryEnd(isNone: boolean, ending: Ending): string {
  if (isNone) return `${ending === "at-start" ? "no due times" : "no run"}: ${whyNone(ending)}`;
  return ending === "max-runs" ? "and never again: then it has had all its runs" : "and never again";
}

/** The times of a crontab with `H` are another entry's: said where nobody else would notice. */
function hashLints(schedule: Schedule): Lint[] {
  if (!(schedule instanceof CrontabSchedule) || !schedule.awaitsHashKey) return [];
  const message =
    "what H stands for depends on the name of the entry: these times hold for none. " +
    "With -A, schedule next NAME shows those of an entry; with code, the option hashKey sets them";
  return [{ code: "hash-key", field: "hashKey", message }];
}

function linesJson(lines: readonly Line[], timezone: string, ofEntry: boolean): object {
  const runs = lines.filter((line) => line.kind === "run");
  return {
    occurrences: runs.map(({ at, sentAt, late, gapMs, note }) => ({
      at,
      utc: new Date(at).toISOString(),
      local: isoLocal(at, timezone),
      ...(ofEntry && { sentAt: isoLocal(sentAt, timezone), late }),
      gapMs,
      note,
    })),
    omitted: lines.filter((line) => line.kind === "omitted").map(({ at, note }) => ({ at, note })),
  };
}

/** A table of the runs; what a line has to remark stands below it. `now`: the first run tells how far off it is. */
function printRuns(
  terminal: Terminal,
  lines: readonly Line[],
  timezone: string,
  now: number | undefined,
): void {
  const runs = lines.filter((line) => line.kind === "run");
  const precision = precisionOf(runs.map((run) => run.at));
  const dim = (text: string): Cell => ({ text, format: "dim" });
  // In UTC the local time says it all.
  const utc = (text: string): Cell[] => (timezone.toUpperCase() === "UTC" ? [] : [dim(text)]);
  const hasDelays = runs.some((run) => delayText(run) !== "");
  const rows = runs.map((run, i): Cell[] => [
    String(i + 1).padStart(3),
    whole(formatLocal(run.at, timezone, precision)),
    ...utc(formatUtc(run.at, precision)),
    gapText(run, now),
    ...(hasDelays ? [delayText(run)] : []),
  ]);
  const heading = [dim("  #"), dim(timezone), ...utc("UTC"), dim("gap"), ...(hasDelays ? [dim("sent")] : [])];
  const [head, ...body] = table(terminal, [heading, ...rows]);
  if (runs.length > 0) terminal.line(head);
  let next = 0;
  for (const line of lines) {
    if (line.kind === "run") terminal.line(body[next++]);
    if (line.note === null) continue;
    const isLeftOut = line.kind === "omitted" && line.isLeftOut;
    const when = isLeftOut
      ? `${terminal.paint("strikethrough", formatLocal(line.at, timezone, precisionOf([line.at])))}  `
      : "";
    const mark = line.kind === "run" ? "^" : "-";
    terminal.line(`     ${terminal.paint("yellow", mark)} ${when}${terminal.paint("yellow", line.note)}`);
  }
}

function gapText({ sentAt, gapMs }: RunLine, now: EpochMs | undefined): string {
  if (gapMs !== null) return durationText(gapMs);
  if (now === undefined) return "";
  return sentAt > now ? `in ${durationText(sentAt - now)}` : "now";
}
