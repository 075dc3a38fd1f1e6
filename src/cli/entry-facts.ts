import type { EpochMs } from "../core/clock.js";
import { definitionRows, readDefinition } from "./definition-rows.js";
import { willRun, type ListedEntry } from "./entries.js";
import { lintsOf, printLints } from "./lints.js";
import { formatLocal, precisionOf } from "./local-time.js";
import { describeAt, linesOf, type Line } from "./occurrences.js";
import { table } from "./table.js";
import type { Terminal } from "./terminal.js";

/** How an entry is shown. */
export interface Showing {
  readonly timezone: string;
  readonly now: EpochMs;
  /** How many of its next runs. */
  readonly runs: number;
}

/** What an entry is, when it runs next, and what to know about it, below a title of the caller's. */
export function printEntry(terminal: Terminal, entry: ListedEntry, showing: Showing): void {
  const rows = [...facts(entry, showing), ...nextRuns(entry, showing)];
  for (const line of table(
    terminal,
    rows.map(([label, value]) => [`  ${label}`, value]),
  )) {
    terminal.line(line);
  }
  const lints = entry.schedule === null ? [] : lintsOf(entry.schedule, showing.now);
  if (lints.length > 0) terminal.line();
  printLints(terminal, lints);
}

type Row = [label: string, value: string];

function facts(entry: ListedEntry, { timezone, now }: Showing): Row[] {
  const { task, schedule, description, definition, status, stored } = entry;
  const instant = (at: Date): string => formatLocal(at.getTime(), timezone, "seconds");
  const rows: Row[] = [["task", task ?? "known only to other code"]];
  rows.push(["schedule", schedule === null ? "known only to other code" : describeAt(schedule, now)]);
  rows.push(...definitionRows(readDefinition(definition) ?? {}, timezone));
  if (description !== null) rows.push(["description", description]);
  rows.push(["status", status]);
  if (stored === null) return rows;
  rows.push(["owner", stored.owner]);
  if (stored.problem !== null) rows.push(["problem", stored.problem]);
  if (stored.pausedAt !== null) rows.push(["paused since", instant(stored.pausedAt)]);
  if (stored.lastScheduledFor !== null) rows.push(["last due", instant(stored.lastScheduledFor)]);
  rows.push([
    "runs sent",
    `${stored.runs}, ${stored.unfinished} not ended${stored.holding ? ", one held" : ""}`,
  ]);
  return rows;
}

/** The next due times from `now` on, within what the entry's start, end and runs leave of its schedule. */
export function nextLines(entry: ListedEntry, { now, runs }: Omit<Showing, "timezone">): Line[] {
  const { schedule, stored } = entry;
  if (schedule === null || !willRun(entry)) return [];
  const { startAt = now, endAt, maxRuns = Infinity } = readDefinition(entry.definition) ?? {};
  return linesOf(
    schedule,
    Math.max(now, startAt),
    Math.min(runs, Math.max(0, maxRuns - (stored?.runs ?? 0))),
    endAt,
  );
}

function nextRuns(entry: ListedEntry, showing: Showing): Row[] {
  const { timezone } = showing;
  const lines = nextLines(entry, showing);
  const precision = precisionOf(lines.map((line) => line.at));
  return lines.map(({ kind, at, note }, i) => {
    const when = kind === "run" ? formatLocal(at, timezone, precision) : "left out";
    return [i === 0 ? `next (${timezone})` : "", note === null ? when : `${when}  (${note})`];
  });
}
