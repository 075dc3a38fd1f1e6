import type { EpochMs } from "../core/clock.js";
import { definitionRows, readDefinition, taskText } from "./definition-rows.js";
import type { Lint } from "../schedules/index.js";
import { failureOf, type ListedEntry } from "./entries.js";
import { printLints } from "./lints.js";
import { formatLocal, precisionOf } from "./local-time.js";
import { describeAt, firstLines, linesOfEntry, type RunLine } from "./occurrences.js";
import { delayText } from "./run-text.js";
import { table, wrap } from "./table.js";
import type { Terminal } from "./terminal.js";

/** How an entry is shown. */
export interface Showing {
  readonly timezone: string;
  readonly now: EpochMs;
  /** How many of its next runs. */
  readonly runs: number;
}

/** What an entry is, when it runs next, and what to know about it, below a title of the caller's. */
export function printEntry(
  terminal: Terminal,
  entry: ListedEntry,
  lints: readonly Lint[],
  showing: Showing,
): void {
  const rows = [...facts(entry, showing), ...nextRuns(entry, showing)];
  for (const line of table(
    terminal,
    rows.map(([label, value]) => [`  ${label}`, wrap(value)]),
  )) {
    terminal.line(line);
  }
  if (lints.length > 0) terminal.line();
  printLints(terminal, lints);
}

type Row = [label: string, value: string];

function facts(entry: ListedEntry, { timezone, now }: Showing): Row[] {
  const { schedule, description, definition, status, stored } = entry;
  const instant = (at: Date): string => formatLocal(at.getTime(), timezone, "seconds");
  const rows: Row[] = [["task", taskText(entry) ?? "known only to other code"]];
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
    `${stored.runs}, ${stored.unfinished} not ended${stored.buffered ? ", one buffered" : ""}`,
  ]);
  return rows;
}

function nextRuns(entry: ListedEntry, { timezone, now, runs }: Showing): Row[] {
  const { lines, ending } = firstLines(linesOfEntry(entry, now), runs);
  const failure = ending === null ? null : failureOf(ending);
  if (failure !== null) return [["problem", failure]];
  if (lines.length === 0 && ending === "at-start") return [["next", "when a beat process first leads"]];
  const precision = precisionOf(lines.map((line) => line.at));
  return lines.map((line, i) => {
    const time = formatLocal(line.at, timezone, precision);
    const when = line.kind === "run" ? time : line.isLeftOut ? `- ${time}` : "left out";
    const remarks = [line.kind === "run" ? sentText(line) : "", line.note ?? ""].filter(
      (text) => text !== "",
    );
    return [
      i === 0 ? `next (${timezone})` : "",
      remarks.length === 0 ? when : `${when}  (${remarks.join("; ")})`,
    ];
  });
}

function sentText(line: RunLine): string {
  if (line.late) return "overdue, sent as soon as a beat leads";
  const delay = delayText(line);
  return delay === "" ? "" : `sent ${delay}`;
}
