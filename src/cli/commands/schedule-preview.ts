import { Command } from "commander";
import type { EpochMs } from "../../core/clock.js";
import { formatDay } from "../../schedules/civil.js";
import { withApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { listEntries, willRun, type ListedEntry } from "../entries.js";
import {
  formatLocal,
  formatTime,
  isoLocal,
  localDay,
  precisionOf,
  readDuration,
  readInstant,
} from "../local-time.js";
import { linesOf, type Line } from "../occurrences.js";
import { table, type Cell } from "../table.js";
import { usageError, wholeNumber } from "../usage.js";

interface Options {
  readonly from?: string;
  readonly until?: string;
  readonly for?: string;
  readonly limit: number;
}

type EntryLine = Line & { readonly entry: ListedEntry };

export function schedulePreviewCommand(action: Action): Command {
  return new Command("preview")
    .description("what all entries of the app will run, in order")
    .option("--from <instant>", "from this instant on (default: now)")
    .option("--until <instant>", "up to this instant")
    .option("--for <time>", "this long: 90m, 1d (default: 1d)")
    .option("--limit <n>", "at most so many lines", wholeNumber("--limit", 1, 100_000), 200)
    .action(action<[Options]>((cli, options) => preview(cli, options)));
}

function preview(cli: Cli, options: Options): Promise<void> {
  if (options.until !== undefined && options.for !== undefined) {
    throw usageError("--until and --for say the same: give one");
  }
  return withApp(cli, async (open) => {
    const timezone = cli.options.timezone ?? open.core.config.timezone;
    const { from, until } = windowOf(cli, options, timezone);
    const entries = (await listEntries(open)).filter(willRun);
    // One line more than is shown from each: enough to know whether there are more.
    const lines = entries
      .flatMap((entry) => linesOfEntry(entry, from, options.limit + 1, until))
      .sort((a, b) => a.at - b.at || (a.entry.name < b.entry.name ? -1 : 1));
    const shown = lines.slice(0, options.limit);
    if (cli.terminal.json) return cli.terminal.value(shown.map((line) => lineJson(line, timezone)));
    print(cli, shown, timezone);
    if (shown.length === 0) {
      cli.terminal.line(`nothing is due until ${formatLocal(until, timezone, "minutes")}`);
    } else if (lines.length > shown.length) {
      cli.terminal.note(`more follow; --limit shows more than ${options.limit} lines`);
    }
  });
}

function linesOfEntry(entry: ListedEntry, from: EpochMs, count: number, until: EpochMs): EntryLine[] {
  if (entry.schedule === null) return []; // only other code knows when
  return linesOf(entry.schedule, from, count, until).map((line) => ({ ...line, entry }));
}

function windowOf(cli: Cli, options: Options, timezone: string): { from: EpochMs; until: EpochMs } {
  const now = cli.clock.now();
  const from = options.from === undefined ? now : readInstant("--from", options.from, timezone, now);
  const until =
    options.until === undefined
      ? from + readDuration("--for", options.for ?? "1d")
      : readInstant("--until", options.until, timezone, now);
  if (until <= from) throw usageError("--until: expected an instant after --from");
  return { from, until };
}

function lineJson({ kind, at, note, entry }: EntryLine, timezone: string): object {
  const when = { at, utc: new Date(at).toISOString(), local: isoLocal(at, timezone) };
  return { kind, entry: entry.name, task: entry.task, ...when, note };
}

/** A heading for each day, a line for each run. */
function print({ terminal }: Cli, lines: readonly EntryLine[], timezone: string): void {
  const precision = precisionOf(lines.filter((line) => line.kind === "run").map((line) => line.at));
  const rows = table(
    terminal,
    lines.map(({ kind, at, entry }): Cell[] => [
      kind === "run" ? `  ${formatTime(at, timezone, precision)}` : "  -",
      entry.name,
      { text: entry.task ?? "?", format: "dim" },
    ]),
  );
  let day: number | undefined;
  lines.forEach(({ at, note }, i) => {
    const today = localDay(at, timezone);
    if (today !== day) terminal.line(terminal.paint("bold", dayHeading(at, timezone)));
    day = today;
    terminal.line(rows[i]);
    if (note !== null) terminal.line(`      ${terminal.paint("yellow", `^ ${note}`)}`);
  });
}

function dayHeading(at: EpochMs, timezone: string): string {
  const weekday = formatLocal(at, timezone, "minutes").slice(0, 3);
  return `${weekday} ${formatDay(localDay(at, timezone))} (${timezone})`;
}
