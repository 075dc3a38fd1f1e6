/** `schedule import sunbeat`: what was exported becomes calendars and entries of run time. */
import { optionsFromDefinition, resolveEntry } from "../app/index.js";
import { isSunbeatError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { type OpenApp, withSharedStore } from "./app.js";
import type { Cli } from "./cli.js";
import { type Definition, type EntryFile, readEntryFile } from "./entry-file.js";
import { type Change, importCalendars } from "./import-calendars.js";
import { describeAt } from "./occurrences.js";
import { table, wrap, type Cell } from "./table.js";
import type { Format } from "./terminal.js";

interface Imported {
  readonly name: string;
  readonly change: Change;
  /** In words; null for one that is refused. */
  readonly schedule: string | null;
  /** Why it is refused, or null. */
  readonly problem: string | null;
}

const SIGNS: Readonly<Record<Change, readonly [sign: string, format: Format]>> = {
  added: ["+", "green"],
  replaced: ["~", "yellow"],
  unchanged: ["=", "dim"],
  refused: ["!", "red"],
};

export async function importEntries(cli: Cli, path: string, flags: { readonly set?: true }): Promise<number> {
  return importDefinitions(cli, await readEntryFile(path), { isSet: flags.set === true });
}

/** What became of them is the answer, with `besides`. Calendars come first, since entries name them. Gives the exit code. */
export function importDefinitions(
  cli: Cli,
  { calendars, entries }: Pick<EntryFile, "calendars" | "entries">,
  { isSet, besides = {} }: { readonly isSet: boolean; readonly besides?: object },
): Promise<number> {
  return withSharedStore(cli, async (open) => {
    const { terminal } = cli;
    const importedCalendars = await importCalendars(open, calendars, isSet);
    const known = new Set(
      importedCalendars.filter(({ change }) => change !== "refused").map(({ name }) => name),
    );
    const imported: Imported[] = [];
    for (const [name, definition] of Object.entries(entries)) {
      imported.push(await importOne(cli, open, { name, definition, isSet, known }));
    }
    if (terminal.json)
      terminal.value({ set: isSet, calendars: importedCalendars, entries: imported, ...besides });
    else {
      const rows = [
        ...importedCalendars.map(({ name, change, text, problem }) =>
          rowOf({ name, change, problem, schedule: `calendar of ${text ?? ""}` }),
        ),
        ...imported.map(rowOf),
      ];
      for (const line of table(terminal, rows)) terminal.line(line);
      if (rows.length === 0) terminal.line("no entries");
      else if (!isSet) terminal.note("nothing is stored yet: --set stores them");
    }
    return [...importedCalendars, ...imported].some(({ change }) => change === "refused") ? 1 : 0;
  });
}

interface ToImport {
  readonly name: string;
  readonly definition: Definition;
  readonly isSet: boolean;
  /** Calendars of the file. */
  readonly known: ReadonlySet<string>;
}

/** One that is refused keeps no other out. */
async function importOne(
  cli: Cli,
  { app, core }: OpenApp,
  { name, definition, isSet, known }: ToImport,
): Promise<Imported> {
  try {
    const options = optionsFromDefinition(name, definition);
    const { timezone, dst } = core.config;
    const { schedule, revision, calendars } = resolveEntry(name, options, { timezone, dst });
    await core.book.refresh(core.lazyStore);
    core.book.assertKnown(calendars.filter((calendar) => !known.has(calendar)));
    const before = await app.schedules.get(name);
    const change = before === null ? "added" : before.revision === revision ? "unchanged" : "replaced";
    const owner =
      before?.owner ?? (core.entries.some((entry) => entry.name === name) ? core.owner : "runtime");
    if (owner !== "runtime")
      return refused(name, `the code of ${quote(owner.replace(/^code:/, ""))} declares it`);
    if (isSet) await app.schedules.set(name, options);
    return { name, change, schedule: describeAt(schedule, cli.clock.now()), problem: null };
  } catch (error) {
    if (!isSunbeatError(error)) throw error;
    const isOfEntry = error.message.startsWith("entry ") || error.code === "SUNBEAT_CALENDAR_UNKNOWN";
    if (!isOfEntry) throw error;
    return refused(name, error.message);
  }
}

function refused(name: string, problem: string): Imported {
  return { name, change: "refused", schedule: null, problem };
}

function rowOf({ name, change, schedule, problem }: Imported): Cell[] {
  const [sign, format] = SIGNS[change];
  return [{ text: sign, format }, { text: name, format: "bold" }, change, wrap(problem ?? schedule ?? "")];
}
