import { Command } from "commander";
import type { EpochMs } from "../../core/clock.js";
import { formatDay } from "../../schedules/civil.js";
import { withStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { taskText } from "../definition-rows.js";
import { failureOf, listEntries, type ListedEntry } from "../entries.js";
import {
  formatLocal,
  formatTime,
  isoLocal,
  localDay,
  precisionOf,
  readDuration,
  readInstant,
  type Precision,
} from "../local-time.js";
import { linesOfEntry } from "../occurrences.js";
import {
  eachItem,
  groupedItems,
  type Group,
  type Item,
  type Items,
  type LineItem,
} from "../preview-items.js";
import { delayText, durationText, PAST_NOTE, shortly, whyNone } from "../run-text.js";
import { table, type Cell, whole, wrap } from "../table.js";
import { usageError, wholeNumber } from "../usage.js";

interface Options {
  readonly from?: string;
  readonly until?: string;
  readonly for?: string;
  readonly limit: number;
  readonly all?: true;
}

export function schedulePreviewCommand(action: Action): Command {
  return new Command("preview")
    .description(
      "what all entries of the app will run, in order; the many runs of a frequent one in one line",
    )
    .option("--from <instant>", "from this instant on (default: now)")
    .option("--until <instant>", "up to this instant")
    .option("--for <time>", "this long: 90m, 1d (default: 1d)")
    .option("--all", "each run in a line of its own, as with --json")
    .option("--limit <n>", "at most so many lines", wholeNumber("--limit", 1, 100_000), 200)
    .action(action<[Options]>((cli, options) => preview(cli, options)));
}

function preview(cli: Cli, options: Options): Promise<void> {
  if (options.until !== undefined && options.for !== undefined) {
    throw usageError("--until and --for say the same: give one");
  }
  return withStore(cli, async (open) => {
    const { terminal } = cli;
    const timezone = cli.options.timezone ?? open.core.config.timezone;
    const window = windowOf(cli, options, timezone);
    const isEach = terminal.json || options.all === true;
    const items: Item[] = [];
    for (const entry of await listEntries(open)) {
      const found = itemsOf(entry, window, isEach ? options.limit + 1 : null, timezone);
      items.push(...found.items);
      tellUnknown(cli, entry, found);
    }
    items.sort((a, b) => a.at - b.at || (a.entry.name < b.entry.name ? -1 : 1));
    const shown = items.slice(0, options.limit);
    if (window.from < window.now) terminal.note(PAST_NOTE);
    if (terminal.json)
      terminal.value(shown.flatMap((item) => ("line" in item ? lineJson(item, timezone) : [])));
    else if (shown.length > 0) print(cli, shown, timezone);
    else terminal.line(`nothing is due until ${formatLocal(window.until, timezone, "minutes")}`);
    if (items.length > shown.length) {
      terminal.note(`more follow; --limit shows more than ${options.limit} lines`);
    }
  });
}

interface Window {
  readonly now: EpochMs;
  readonly from: EpochMs;
  readonly until: EpochMs;
}

/** `most` null: in groups. One more than is shown from each is enough to know whether there are more. */
function itemsOf(
  entry: ListedEntry,
  { now, from, until }: Window,
  most: number | null,
  timezone: string,
): Items {
  const lines = linesOfEntry(entry, now, from, until);
  return most === null
    ? groupedItems(entry, lines, (at) => localDay(at, timezone))
    : eachItem(entry, lines, most);
}

/** An entry of which nobody here can say when it runs must not look like one that does not run. */
function tellUnknown({ terminal }: Cli, { name }: ListedEntry, { ending }: Items): void {
  const why = ending === null ? null : ending === "unknown" ? whyNone(ending) : failureOf(ending);
  if (why !== null) terminal.note(`${name} is left out: ${why}`);
}

function windowOf(cli: Cli, options: Options, timezone: string): Window {
  const now = cli.clock.now();
  const from = options.from === undefined ? now : readInstant("--from", options.from, timezone, now);
  const until =
    options.until === undefined
      ? from + readDuration("--for", options.for ?? "1d")
      : readInstant("--until", options.until, timezone, now);
  if (until <= from) throw usageError("--until: expected an instant after --from");
  return { now, from, until };
}

function lineJson({ line, entry }: LineItem, timezone: string): object {
  const { kind, at, note } = line;
  const when = { at, utc: new Date(at).toISOString(), local: isoLocal(at, timezone) };
  const sent = kind === "run" ? { sentAt: isoLocal(line.sentAt, timezone), late: line.late } : {};
  return { kind, entry: entry.name, task: entry.task, ...when, ...sent, note };
}

/** A heading for each day, a line for each item. */
function print({ terminal }: Cli, items: readonly Item[], timezone: string): void {
  const precision = precisionOfItems(items);
  const rows = table(
    terminal,
    items.map((item): Cell[] => [
      timeCell(item, formatTime(item.at, timezone, precision)),
      item.entry.name,
      { text: taskText(item.entry) ?? "?", format: "dim" },
      wrap(remarkOf(item, timezone, precision)),
    ]),
  );
  let day: number | undefined;
  items.forEach((item, i) => {
    const today = localDay(item.at, timezone);
    if (today !== day) terminal.line(terminal.paint("bold", dayHeading(item.at, timezone)));
    day = today;
    terminal.line(rows[i]);
    const note = noteOf(item);
    if (note !== null) terminal.line(`      ${terminal.paint("yellow", `^ ${note}`)}`);
  });
}

/** Entries are told apart by their names: only the runs of one must differ in their times. */
function precisionOfItems(items: readonly Item[]): Precision {
  const isFine = items.some((item) =>
    "group" in item
      ? item.group.gapsMs[0] < 1_000
      : item.line.kind === "run" && (item.line.gapMs ?? 1_000) < 1_000,
  );
  if (isFine) return "milliseconds";
  const times = items.flatMap((item) => ("group" in item ? [item.at, item.group.last.sentAt] : [item.at]));
  return precisionOf(times) === "minutes" ? "minutes" : "seconds";
}

/** What is left out is struck through, where the terminal can. */
function timeCell(item: Item, time: string): Cell {
  if (!("line" in item) || item.line.kind === "run") return whole(`  ${time}`);
  return item.line.isLeftOut ? { text: `- ${time}`, format: "strikethrough", fit: "whole" } : "  -";
}

function remarkOf(item: Item, timezone: string, precision: Precision): string {
  if ("group" in item) return groupText(item.group, timezone, precision);
  const { line } = item;
  if (line.kind === "omitted" || delayText(line) === "") return "";
  const due = formatLocal(line.at, timezone, precisionOf([line.at]));
  return line.late ? `overdue since ${due}` : `due ${timeText(line.at, timezone, precisionOf([line.at]))}`;
}

/** "every 30 s, 120 runs, the last at 10:59:30". */
function groupText(group: Group, timezone: string, precision: Precision): string {
  const { first, last, count, gapsMs, late, isCut } = group;
  const [least, most] = gapsMs;
  const isEven = least === most;
  const rhythm = isEven ? durationText(least) : `${durationText(least)} to ${durationText(most)}`;
  const delayMs = first.sentAt - first.at;
  return [
    `every ${rhythm}`,
    isCut ? `more than ${count} runs` : `${count} runs`,
    ...(isCut ? [] : [`the last at ${timeText(last.sentAt, timezone, precision)}`]),
    ...(late > 0
      ? [`${late} of them overdue`]
      : delayMs >= 1_000 && isEven
        ? [`each ${shortly(delayMs)} after it is due`]
        : []),
  ].join(", ");
}

function timeText(at: EpochMs, timezone: string, precision: Precision): string {
  return formatTime(at, timezone, precision).split(" ")[0]!;
}

function noteOf(item: Item): string | null {
  if ("line" in item) return item.line.note;
  const { note, moreNotes } = item.group;
  return note === null || moreNotes === 0
    ? note
    : `${note}; ${moreNotes} more with a remark, which --all shows`;
}

function dayHeading(at: EpochMs, timezone: string): string {
  const weekday = formatLocal(at, timezone, "minutes").slice(0, 3);
  return `${weekday} ${formatDay(localDay(at, timezone))} (${timezone})`;
}
