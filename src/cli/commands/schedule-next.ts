import { Command } from "commander";
import { formatDuration } from "../../core/duration.js";
import { CrontabSchedule, type Lint, type Schedule } from "../../schedules/index.js";
import type { Action, Cli } from "../cli.js";
import { formatLocal, formatUtc, isoLocal, precisionOf, readInstant } from "../local-time.js";
import { lintsOf, printLints } from "../lints.js";
import { describeAt, linesOf, type Line } from "../occurrences.js";
import { addCrontabOptions, FORMS_HELP, readSchedule, type CrontabFlags } from "../schedule-source.js";
import { table, type Cell } from "../table.js";
import type { Terminal } from "../terminal.js";
import { wholeNumber } from "../usage.js";

interface Options extends CrontabFlags {
  readonly count: number;
  readonly from?: string;
}

export function scheduleNextCommand(action: Action): Command {
  const command = new Command("next")
    .description("when a schedule is due, and why just then")
    .argument("<schedule...>", "a crontab or another form, see below; with -A also the name of an entry")
    .option("-c, --count <n>", "how many runs", wholeNumber("--count", 1, 10_000), 10)
    .option("--from <instant>", "from this instant on: now, 2027-03-28, 2027-03-28T02:30, with Z or +01:00");
  return addCrontabOptions(command)
    .addHelpText("after", FORMS_HELP)
    .action(action<[string[], Options]>((cli, words, options) => next(cli, words.join(" "), options)));
}

async function next(cli: Cli, text: string, options: Options): Promise<void> {
  const { schedule, title, timezone } = await readSchedule(cli, text, options);
  const now = cli.clock.now();
  const from = options.from === undefined ? now : readInstant("--from", options.from, timezone, now);
  const lines = linesOf(schedule, from, options.count);
  const lints = [...hashLints(schedule), ...lintsOf(schedule, from)];
  const description = describeAt(schedule, from);
  const { terminal } = cli;
  if (terminal.json) {
    return terminal.value({
      schedule: schedule.toJSON?.() ?? null,
      description,
      timezone,
      from: isoLocal(from, timezone),
      ...linesJson(lines, timezone),
      lints,
    });
  }
  terminal.line(terminal.paint("bold", title));
  terminal.line(description);
  terminal.line();
  printRuns(terminal, lines, timezone, options.from === undefined ? now : undefined);
  const runs = lines.filter((line) => line.kind === "run").length;
  if (runs === 0) terminal.line("  no run at any time");
  else if (runs < options.count) terminal.line("  and never again");
  if (lints.length > 0) terminal.line();
  printLints(terminal, lints);
}

/** The times of a crontab with `H` are another entry's: said where nobody else would notice. */
function hashLints(schedule: Schedule): Lint[] {
  if (!(schedule instanceof CrontabSchedule) || !schedule.awaitsHashKey) return [];
  const message =
    "what H stands for depends on the name of the entry: these times hold for none. " +
    "With -A, schedule next NAME shows those of an entry; with code, the option hashKey sets them";
  return [{ code: "hash-key", field: "hashKey", message }];
}

function linesJson(lines: readonly Line[], timezone: string): object {
  const runs = lines.filter((line) => line.kind === "run");
  return {
    occurrences: runs.map(({ at, gapMs, note }) => ({
      at,
      utc: new Date(at).toISOString(),
      local: isoLocal(at, timezone),
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
  const rows = runs.map(({ at, gapMs }, i): Cell[] => [
    String(i + 1).padStart(3),
    formatLocal(at, timezone, precision),
    ...utc(formatUtc(at, precision)),
    gapMs !== null
      ? formatDuration(roughly(gapMs))
      : now === undefined
        ? ""
        : `in ${formatDuration(roughly(at - now))}`,
  ]);
  const [head, ...body] = table(terminal, [[dim("  #"), dim(timezone), ...utc("UTC"), dim("gap")], ...rows]);
  if (runs.length > 0) terminal.line(head);
  let next = 0;
  for (const line of lines) {
    if (line.kind === "run") terminal.line(body[next++]);
    if (line.note !== null)
      terminal.line(`     ${terminal.paint("yellow", `${line.kind === "run" ? "^" : "-"} ${line.note}`)}`);
  }
}

/** Whole seconds are enough to read. */
function roughly(ms: number): number {
  return ms < 1_000 ? ms : Math.round(ms / 1_000) * 1_000;
}
