import { Command } from "commander";
import { withStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { taskText } from "../definition-rows.js";
import { failureOf, listEntries, nextRun, type ListedEntry } from "../entries.js";
import { formatLocal, isoLocal, precisionOf } from "../local-time.js";
import { describeAt } from "../occurrences.js";
import { table, whole, type Cell } from "../table.js";
import { wholeNumber } from "../usage.js";

export function scheduleListCommand(action: Action): Command {
  return new Command("list")
    .description("the entries: those in code, and those added at run time")
    .option(
      "--limit <n>",
      "at most so many (on a terminal 100, else all)",
      wholeNumber("--limit", 1, 1_000_000),
    )
    .action(action<[{ readonly limit?: number }]>((cli, { limit }) => list(cli, limit)));
}

/** Shown to people in one go. */
const SHOWN = 100;

function list(cli: Cli, most: number | undefined): Promise<void> {
  return withStore(cli, async (open) => {
    const { terminal } = cli;
    const timezone = cli.options.timezone ?? open.core.config.timezone;
    const now = cli.clock.now();
    const all = await listEntries(open);
    const isForPeople = !terminal.json && terminal.columns < Infinity;
    const entries = all.slice(0, most ?? (isForPeople ? SHOWN : all.length));
    if (terminal.json) return terminal.value(entries.map((entry) => entryJson(entry, timezone, now)));
    if (entries.length === 0) return terminal.line("no entries");
    const head = ["entry", "task", "schedule", `next (${timezone})`, "runs", "status"];
    const rows = entries.map((entry): Cell[] => [
      { text: entry.name, format: "bold" },
      taskText(entry) ?? "?",
      entry.schedule === null ? "?" : describeAt(entry.schedule, now),
      whole(nextText(entry, timezone, now)),
      String(entry.stored?.runs ?? 0),
      entry.status === "active" ? entry.status : { text: entry.status, format: "yellow" },
    ]);
    const heading = head.map((text): Cell => ({ text, format: "dim" }));
    for (const line of table(terminal, [heading, ...rows])) terminal.line(line);
    const left = all.length - entries.length;
    if (left > 0) terminal.note(`and ${left} more: --limit ${all.length}`);
    if (entries.some((entry) => entry.status === "new")) {
      terminal.note("new: declared in code; the next beat that starts registers it");
    }
  });
}

function nextText(entry: ListedEntry, timezone: string, now: number): string {
  const next = nextRun(entry, now);
  if (next === "at-start") return "when a beat first leads";
  if (next === "ended") return "never";
  if (typeof next === "string") return failureOf(next) === null ? "-" : "?";
  const at = next.late ? next.due : next.sentAt;
  return formatLocal(at, timezone, precisionOf([at])) + (next.late ? " (overdue)" : "");
}

/** The entry for machines. */
export function entryJson(entry: ListedEntry, timezone: string, now: number): object {
  const { name, task, schedule, description, status, stored } = entry;
  const next = nextRun(entry, now);
  const instant = (at: Date | null | undefined): string | null => at?.toISOString() ?? null;
  return {
    name,
    owner: stored?.owner ?? null,
    task,
    schedule: schedule?.toJSON?.() ?? null,
    scheduleText: schedule === null ? null : describeAt(schedule, now),
    description,
    status,
    nextDue: typeof next === "string" ? null : isoLocal(next.late ? next.due : next.sentAt, timezone),
    lastScheduledFor: instant(stored?.lastScheduledFor),
    pausedAt: instant(stored?.pausedAt),
    disabledAt: instant(stored?.disabledAt),
    runs: stored?.runs ?? 0,
    unfinished: stored?.unfinished ?? 0,
    problem: stored?.problem ?? failureOf(next),
  };
}
