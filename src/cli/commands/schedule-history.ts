import { Command } from "commander";
import type { HistoryRow } from "../../beat/index.js";
import { isSunbeatError } from "../../core/errors.js";
import type { Fate, Schedules, TimelineItem } from "../../index.js";
import { withSharedStore, type OpenApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { declaredEntries } from "../entries.js";
import { formatLocal, precisionOf, readInstant } from "../local-time.js";
import { spanText } from "../run-text.js";
import { table, whole, type Cell } from "../table.js";
import type { Format } from "../terminal.js";
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
    if (cli.terminal.json) {
      const ends = await endsOf(open, name, rows);
      for (const row of rows) cli.terminal.row({ ...row, ...stateOf(ends.get(keyOf(row))) });
    } else print(cli, await fatesOf(open, name, rows, before === undefined), timezone);
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

/** The ticks of these rows as the timeline has them: also where results have expired, and records are kept. */
async function endsOf(
  open: OpenApp,
  name: string,
  rows: readonly HistoryRow[],
): Promise<ReadonlyMap<string, TimelineItem>> {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return new Map();
  const range = { from: first.due, to: last.until ?? last.due, limit: MOST_TICKS };
  const { items } = await open.app.schedules.timeline(name, range);
  return new Map(items.map((item) => [item.taskId ?? String(item.due.getTime()), item]));
}

function keyOf({ taskId, due }: Pick<HistoryRow, "taskId" | "due">): string {
  return taskId ?? String(due.getTime());
}

function stateOf(item: TimelineItem | undefined): { readonly state?: string } {
  return item?.state == null ? {} : { state: item.state };
}

/** A row as people see it: with its finer fate. */
interface ShownRow extends Omit<HistoryRow, "fate" | "at"> {
  readonly fate: Fate | HistoryRow["fate"];
  /** Null: nothing was done about it yet. */
  readonly at: Date | null;
}

/** Up to now with those that nobody has dispatched, and one that waits for the run before it. */
async function fatesOf(
  open: OpenApp,
  name: string,
  rows: readonly HistoryRow[],
  untilNow: boolean,
): Promise<ShownRow[]> {
  const ends = await endsOf(open, name, rows);
  const shown = rows.map((row): ShownRow => {
    const item = ends.get(keyOf(row));
    const isByHand = row.reason === "triggered";
    return {
      ...row,
      ...(item !== undefined && { fate: isByHand ? "triggered" : item.fate }),
      ...stateOf(item),
    };
  });
  const last = rows.at(-1)?.due;
  if (!untilNow || last === undefined) return shown;
  const { items } = await open.app.schedules.timeline(name, { from: last, limit: MOST_TICKS });
  const undone = items.filter(({ at, fate }) => at === null && fate !== "triggered");
  return [
    ...shown,
    ...undone.map(({ due, fate, reason }): ShownRow => ({
      ...{ entry: name, due, fate, at: null, term: null },
      ...(reason !== null && { reason }),
    })),
  ];
}

const MOST_TICKS = 10_000;
const COLORS: Readonly<Partial<Record<ShownRow["fate"], Format>>> = {
  ...{
    failed: "red",
    missed: "red",
    retrying: "yellow",
    revoked: "yellow",
    skipped: "yellow",
    buffered: "yellow",
  },
};

function print({ terminal }: Cli, rows: readonly ShownRow[], timezone: string): void {
  if (rows.length === 0) return terminal.line("nothing was due yet");
  const precision = precisionOf(rows.map((row) => row.due.getTime()));
  const head = [`due (${timezone})`, "fate", "reason", "late", "task", "state"];
  const lines = table(terminal, [
    head.map((text): Cell => ({ text, format: "dim" })),
    ...rows.map((row): Cell[] => [
      whole(formatLocal(row.due.getTime(), timezone, precision)),
      painted(row.fate),
      row.count === undefined ? (row.reason ?? "") : `${row.reason ?? ""}, ${row.count} times`,
      lateness(row),
      whole(row.taskId ?? ""),
      row.state ?? "",
    ]),
  ]);
  for (const line of lines) terminal.line(line);
}

function painted(fate: ShownRow["fate"]): Cell {
  const format = COLORS[fate];
  return format === undefined ? fate : { text: fate, format };
}

function lateness({ due, at, taskId, reason }: ShownRow): string {
  if (at === null || taskId === undefined || reason === "triggered") return "";
  const ms = at.getTime() - due.getTime();
  return spanText(ms);
}
