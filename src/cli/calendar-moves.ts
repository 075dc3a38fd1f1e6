/** Storing a calendar from the command line, with what it moves. */
import { type CalendarMove, calendarMoves, type NamedCalendar } from "../app/index.js";
import type { CalendarData } from "../schedules/index.js";
import { type OpenApp, withSharedStore } from "./app.js";
import type { Cli } from "./cli.js";
import { formatLocal, precisionOf } from "./local-time.js";
import { type Cell, table, whole } from "./table.js";

/** Stores it in place of the one of its name, and tells first which entries move. */
export function setCalendar(cli: Cli, data: CalendarData): Promise<void> {
  return withSharedStore(cli, async (open) => {
    const { terminal } = cli;
    const { name } = data;
    const before = await open.app.calendars.get(name);
    const moves = await movesOf(open, data);
    if (!terminal.json) printMoves(cli, open, moves);
    const { digest, covers, days } = await open.app.calendars.set(data);
    const isSame = before !== null && before.at !== null && sameData(before, data);
    const change = isSame ? "unchanged" : before === null ? "added" : "replaced";
    if (terminal.json) return terminal.value({ calendar: name, change, digest, moves: moves.map(moveJson) });
    const what = `${days.length} ${days.length === 1 ? "day" : "days"} off from ${covers.from} to ${covers.to}`;
    terminal.line(`${terminal.paint("bold", name)} is ${change}: ${what}`);
  });
}

export async function movesOf({ core }: OpenApp, data: CalendarData): Promise<CalendarMove[]> {
  await core.book.refresh(core.lazyStore);
  return calendarMoves(core.lazyStore, core.entries, core.book, data);
}

export function printMoves(cli: Cli, { core }: OpenApp, moves: readonly CalendarMove[]): void {
  const { terminal } = cli;
  if (moves.length === 0) return terminal.line("no entry moves");
  const timezone = cli.options.timezone ?? core.config.timezone;
  const precision = precisionOf(moves.flatMap(({ from, to }) => (to === null ? [from] : [from, to])));
  const text = (at: number): string => formatLocal(at, timezone, precision);
  const rows = moves.map(({ entry, from, to, passed }): Cell[] => [
    entry,
    whole(text(from)),
    whole(to === null ? "never" : text(to)),
    passed ? "a tick has passed, and is not made up" : "",
  ]);
  for (const line of table(terminal, [["ENTRY", `NEXT (${timezone})`, "MOVES TO", ""], ...rows]))
    terminal.line(line);
}

export function moveJson({ entry, from, to, passed }: CalendarMove): Record<string, unknown> {
  return { entry, from: new Date(from), to: to === null ? null : new Date(to), passed };
}

function sameData({ days, covers, source }: NamedCalendar, data: CalendarData): boolean {
  return JSON.stringify([days, covers, source]) === JSON.stringify([data.days, data.covers, data.source]);
}
