import { Command } from "commander";
import type { HistoryRow, Schedules } from "../../beat/index.js";
import { formatDuration } from "../../core/duration.js";
import { isSunbeatError } from "../../core/errors.js";
import { withSharedStore, type OpenApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { declaredEntries } from "../entries.js";
import { formatLocal, precisionOf, readInstant } from "../local-time.js";
import { table, type Cell } from "../table.js";
import { wholeNumber } from "../usage.js";

interface Options {
  readonly limit: number;
  readonly after?: string;
  readonly before?: string;
}

export function scheduleHistoryCommand(action: Action): Command {
  return new Command("history")
    .description("what became of each due time: sent, or skipped and why")
    .argument("<entry>", "its name")
    .option(
      "--limit <n>",
      "the newest n rows; with --after the oldest",
      wholeNumber("--limit", 1, 10_000),
      20,
    )
    .option("--after <instant>", "only due times after this instant")
    .option("--before <instant>", "only due times before this instant")
    .action(action<[string, Options]>((cli, name, options) => history(cli, name, options)));
}

function history(cli: Cli, name: string, options: Options): Promise<void> {
  return withSharedStore(cli, async (open) => {
    const timezone = cli.options.timezone ?? open.core.config.timezone;
    const instant = (option: string, text: string): number =>
      readInstant(option, text, timezone, cli.clock.now());
    const { after, before, limit } = options;
    const rows = await rowsOf(open, name, {
      limit,
      ...(after !== undefined && { after: instant("--after", after) }),
      ...(before !== undefined && { before: instant("--before", before) }),
    });
    if (cli.terminal.json) for (const row of rows) cli.terminal.row(row);
    else print(cli, rows, timezone);
  });
}

async function rowsOf(
  open: OpenApp,
  name: string,
  query: Parameters<Schedules["history"]>[1],
): Promise<HistoryRow[]> {
  try {
    return await open.app.schedules.history(name, query);
  } catch (error) {
    // Declared in code, and no beat has registered it yet: it has no history, which is no error.
    const unknown = isSunbeatError(error) && error.code === "SUNBEAT_ENTRY_NOT_FOUND";
    if (unknown && declaredEntries(open).some((entry) => entry.name === name)) return [];
    throw error;
  }
}

function print({ terminal }: Cli, rows: readonly HistoryRow[], timezone: string): void {
  if (rows.length === 0) return terminal.line("nothing was due yet");
  const precision = precisionOf(rows.map((row) => row.due.getTime()));
  const head = [`due (${timezone})`, "fate", "reason", "late", "task", "state"];
  const lines = table(terminal, [
    head.map((text): Cell => ({ text, format: "dim" })),
    ...rows.map((row): Cell[] => [
      formatLocal(row.due.getTime(), timezone, precision),
      row.fate === "sent" ? row.fate : { text: row.fate, format: "yellow" },
      row.count === undefined ? (row.reason ?? "") : `${row.reason ?? ""}, ${row.count} times`,
      row.fate === "sent" ? lateness(row) : "",
      row.taskId ?? "",
      row.state ?? "",
    ]),
  ]);
  for (const line of lines) terminal.line(line);
}

function lateness({ due, at }: HistoryRow): string {
  const ms = at.getTime() - due.getTime();
  return formatDuration(ms < 10_000 ? ms : Math.round(ms / 1_000) * 1_000);
}
