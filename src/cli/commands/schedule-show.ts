import { Command } from "commander";
import { withApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { findEntry, willRun, type ListedEntry } from "../entries.js";
import { lintsOf, printLints } from "../lints.js";
import { formatLocal, precisionOf } from "../local-time.js";
import { describeAt, linesOf } from "../occurrences.js";
import { table } from "../table.js";
import { entryJson } from "./schedule-list.js";

const SHOWN_RUNS = 5;

export function scheduleShowCommand(action: Action): Command {
  return new Command("show")
    .description("one entry: what it does, when next, and what to know about it")
    .argument("<entry>", "its name")
    .action(action<[string]>((cli, name) => show(cli, name)));
}

function show(cli: Cli, name: string): Promise<void> {
  return withApp(cli, async (open) => {
    const { terminal } = cli;
    const timezone = cli.options.timezone ?? open.core.config.timezone;
    const now = cli.clock.now();
    const entry = await findEntry(open, name);
    const lints = entry.schedule === null ? [] : lintsOf(entry.schedule, now);
    if (terminal.json) return terminal.value({ ...entryJson(entry, timezone, now), lints });
    terminal.line(terminal.paint("bold", entry.name));
    const rows = [...facts(entry, timezone, now), ...nextRuns(entry, timezone, now)];
    for (const line of table(terminal, rows)) terminal.line(line);
    if (lints.length > 0) terminal.line();
    printLints(terminal, lints);
  });
}

function facts({ task, schedule, description, status, stored }: ListedEntry, timezone: string, now: number) {
  const instant = (at: Date): string => formatLocal(at.getTime(), timezone, "seconds");
  const rows: [string, string][] = [["  task", task ?? "known only to other code"]];
  rows.push(["  schedule", schedule === null ? "known only to other code" : describeAt(schedule, now)]);
  if (description !== null) rows.push(["  description", description]);
  rows.push(["  status", status]);
  if (stored === null) return rows;
  rows.push(["  owner", stored.owner]);
  if (stored.problem !== null) rows.push(["  problem", stored.problem]);
  if (stored.pausedAt !== null) rows.push(["  paused since", instant(stored.pausedAt)]);
  if (stored.lastScheduledFor !== null) rows.push(["  last due", instant(stored.lastScheduledFor)]);
  rows.push([
    "  runs sent",
    `${stored.runs}, ${stored.unfinished} not ended${stored.holding ? ", one held" : ""}`,
  ]);
  return rows;
}

function nextRuns(entry: ListedEntry, timezone: string, now: number): [string, string][] {
  if (entry.schedule === null || !willRun(entry)) return [];
  const lines = linesOf(entry.schedule, now, SHOWN_RUNS);
  const precision = precisionOf(lines.map((line) => line.at));
  return lines.map(({ kind, at, note }, i) => {
    const when = kind === "run" ? formatLocal(at, timezone, precision) : "left out";
    return [i === 0 ? "  next" : "", note === null ? when : `${when}  (${note})`];
  });
}
