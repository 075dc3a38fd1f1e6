import { readFileSync } from "node:fs";
import { Command } from "commander";
import { messageOf } from "../../core/errors.js";
import { entriesNaming } from "../../app/index.js";
import { type CalendarData, checkCalendar } from "../../schedules/index.js";
import { withSharedStore } from "../app.js";
import { moveJson, movesOf, printMoves, setCalendar } from "../calendar-moves.js";
import type { Action, Cli } from "../cli.js";
import { formatLocal } from "../local-time.js";
import { type Cell, table, whole } from "../table.js";
import { fromCommandLine, usageError } from "../usage.js";
import { calendarImportCommand } from "./calendar-import.js";

const EXAMPLES = `
Examples:
  sunbeat -A app.ts calendar set de-by.json
  sunbeat -A app.ts calendar diff de-by.json     what set would change, and which entries it would move

The file is JSON: { "name": "DE-BY", "covers": { "from": "2027-01-01", "to": "2028-12-31" },
  "days": ["2027-01-01", { "date": "2027-01-06", "name": "Epiphany" }] }`;

export function calendarCommand(action: Action): Command {
  const command = new Command("calendar").description(
    "look at and change the calendars of days off that schedules name",
  );
  command
    .command("set")
    .description("store a calendar, in place of the one of its name; tells first which entries move")
    .argument("<file>", "its data, as JSON")
    .option("--name <name>", "its name, instead of the one in the file")
    .addHelpText("after", EXAMPLES)
    .action(action<[string, NameFlag]>((cli, file, flags) => setCalendar(cli, dataIn(file, flags))));
  command.addCommand(calendarImportCommand(action));
  command
    .command("diff")
    .description("what a file would change of the calendar that is stored, and which entries it would move")
    .argument("<file>", "the data, as JSON")
    .option("--name <name>", "its name, instead of the one in the file")
    .action(action<[string, NameFlag]>((cli, file, flags) => diff(cli, dataIn(file, flags))));
  command
    .command("list")
    .description("the calendars, with the days that they cover")
    .action(action<[]>((cli) => list(cli)));
  command
    .command("show")
    .description("the days of a calendar, and the entries that name it")
    .argument("<calendar>", "its name")
    .action(action<[string]>((cli, name) => show(cli, name)));
  command
    .command("delete")
    .description("delete a calendar that no entry names")
    .argument("<calendar>", "its name")
    .action(action<[string]>((cli, name) => remove(cli, name)));
  return command;
}

interface NameFlag {
  readonly name?: string;
}

function dataIn(file: string, { name }: NameFlag): CalendarData {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw usageError(`${file}: expected a file of JSON: ${messageOf(error)}`);
  }
  return fromCommandLine(() => checkCalendar(name === undefined ? json : { ...(json as object), name }));
}

function diff(cli: Cli, data: CalendarData): Promise<void> {
  return withSharedStore(cli, async (open) => {
    const { terminal } = cli;
    const stored = await open.app.calendars.get(data.name);
    const [old, now] = [textsOf(stored), textsOf(data)];
    const added = [...now.keys()].filter((date) => !old.has(date));
    const removed = [...old.keys()].filter((date) => !now.has(date));
    const renamed = [...now.keys()].filter((date) => old.has(date) && old.get(date) !== now.get(date));
    const moves = await movesOf(open, data);
    if (terminal.json) {
      const covers = { before: stored?.covers ?? null, after: data.covers };
      return terminal.value({
        ...{ calendar: data.name, added, removed, renamed, covers },
        moves: moves.map(moveJson),
      });
    }
    const { from, to } = data.covers;
    if (stored?.covers.from !== from || stored.covers.to !== to) {
      terminal.line(
        `~ covers ${from} to ${to}${stored === null ? "" : `, not ${stored.covers.from} to ${stored.covers.to}`}`,
      );
    }
    for (const date of removed) terminal.line(`- ${dayText(date, old)}`);
    for (const date of added) terminal.line(`+ ${dayText(date, now)}`);
    for (const date of renamed) terminal.line(`~ ${dayText(date, now)}`);
    if (added.length + removed.length + renamed.length === 0) terminal.line("the days are the same");
    printMoves(cli, open, moves);
  });
}

function list(cli: Cli): Promise<void> {
  return withSharedStore(cli, async ({ app, core }) => {
    const { terminal } = cli;
    const calendars = await app.calendars.list();
    if (terminal.json) {
      for (const { name, owner, digest, at, covers, days, source = null } of calendars) {
        terminal.row({ calendar: name, owner, digest, at, ...covers, days: days.length, source });
      }
      return;
    }
    if (calendars.length === 0) return terminal.line("there are no calendars");
    const timezone = cli.options.timezone ?? core.config.timezone;
    const rows = calendars.map(({ name, owner, at, covers, days }): Cell[] => [
      name,
      whole(covers.from),
      whole(covers.to),
      String(days.length),
      owner,
      at === null ? "not stored yet" : whole(formatLocal(at.getTime(), timezone, "minutes")),
    ]);
    for (const line of table(terminal, [
      ["CALENDAR", "FROM", "TO", "DAYS", "OWNER", `WRITTEN (${timezone})`],
      ...rows,
    ])) {
      terminal.line(line);
    }
  });
}

function show(cli: Cli, name: string): Promise<number> {
  return withSharedStore(cli, async ({ app, core }) => {
    const { terminal } = cli;
    const found = await app.calendars.get(name);
    if (found === null) return missing(cli, name);
    const entries = await entriesNaming(name, core.lazyStore, core.entries);
    if (terminal.json) {
      const { digest, owner, at, covers, days, source = null } = found;
      const listed = days.map((day) => (typeof day === "string" ? { date: day, name: null } : day));
      terminal.value({ calendar: name, owner, digest, at, covers, source, days: listed, entries });
      return 0;
    }
    const { from, to } = found.covers;
    terminal.line(
      `${terminal.paint("bold", name)}  of ${found.owner}, covers ${from} to ${to}, digest ${found.digest}`,
    );
    if (found.source !== undefined) terminal.line(`  ${found.source}`);
    for (const [date, text] of textsOf(found)) terminal.line(`  ${date}  ${text}`.trimEnd());
    terminal.line(entries.length === 0 ? "no entry names it" : `named by ${entries.join(", ")}`);
    return 0;
  });
}

function remove(cli: Cli, name: string): Promise<number> {
  return withSharedStore(cli, async ({ app }) => {
    const { terminal } = cli;
    if (!(await app.calendars.delete(name))) return missing(cli, name);
    if (terminal.json) terminal.value({ calendar: name, delete: true });
    else terminal.line(`${name} is deleted`);
    return 0;
  });
}

function missing({ terminal }: Cli, name: string): number {
  terminal.problem(`there is no calendar ${JSON.stringify(name)}; see sunbeat calendar list`);
  return 1;
}

/** Date to name, "" for none. */
function textsOf(data: Pick<CalendarData, "days"> | null): Map<string, string> {
  return new Map(
    (data?.days ?? []).map((day) => (typeof day === "string" ? [day, ""] : [day.date, day.name ?? ""])),
  );
}

function dayText(date: string, texts: ReadonlyMap<string, string>): string {
  return `${date}  ${texts.get(date) ?? ""}`.trimEnd();
}
