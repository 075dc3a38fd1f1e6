import { Command, Option } from "commander";
import { calendarsIn, codeParts, type NamedCalendar, portableDefinition } from "../../app/index.js";
import type { EntryView } from "../../beat/index.js";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import {
  type Definition,
  type EntryFile,
  entryFileText,
  FILE_FORMATS,
  type FileFormat,
} from "../entry-file.js";

const OWNERS = ["runtime", "code", "all"] as const;

interface Options {
  readonly owner: (typeof OWNERS)[number];
  readonly format: FileFormat;
}

export function scheduleExportCommand(action: Action): Command {
  return new Command("export")
    .description(
      "the stored entries and calendars as a file: sorted, fit for git; schedule import sunbeat reads it",
    )
    .addOption(
      new Option(
        "--owner <who>",
        "those of run time, those that code declares, or all; calendars that they name come with them",
      )
        .choices(OWNERS)
        .default("runtime"),
    )
    .addOption(
      new Option("--format <format>", "yaml needs the package yaml").choices(FILE_FORMATS).default("json"),
    )
    .action(action<[Options]>((cli, options) => write(cli, options)));
}

function write(cli: Cli, { owner, format }: Options): Promise<void> {
  return withSharedStore(cli, async ({ app }) => {
    const { terminal } = cli;
    const views = (await app.schedules.list()).filter((view) => isWanted(view, owner));
    const entries = Object.fromEntries(
      views.map(({ name, definition }) => [name, portableDefinition(definition)]),
    );
    const named = new Set(views.flatMap(({ definition }) => calendarsIn(definition)));
    const calendars = (await app.calendars.list()).filter(
      (calendar) => isOf(calendar.owner, owner) || named.has(calendar.name),
    );
    const file: EntryFile = {
      sunbeat: 1,
      calendars: Object.fromEntries(calendars.map((calendar) => [calendar.name, portableCalendar(calendar)])),
      entries,
    };
    if (terminal.json) terminal.value(file);
    else terminal.line(await entryFileText(file, format));
    for (const [name, definition] of Object.entries<Definition>(entries)) {
      const parts = codeParts(definition);
      if (parts.length > 0)
        terminal.note(`${name}: its ${parts.join(" and ")} stays in the code, and is only named here`);
    }
  });
}

/** Without what belongs to the store that it was in. */
function portableCalendar({ covers, source, days }: NamedCalendar): EntryFile["calendars"][string] {
  return { covers, ...(source !== undefined && { source }), days };
}

/** What left the code, or was renamed there, is no entry any more. */
function isWanted({ owner, disabled }: EntryView, wanted: Options["owner"]): boolean {
  return disabled !== "left-code" && disabled !== "renamed" && isOf(owner, wanted);
}

function isOf(owner: string, wanted: Options["owner"]): boolean {
  return wanted === "all" || (owner === "runtime") === (wanted === "runtime");
}
