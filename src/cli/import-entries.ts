/** `schedule import sunbeat`: definitions that were exported become entries of run time. */
import { optionsFromDefinition, resolveEntry } from "../app/index.js";
import { isSunbeatError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { type OpenApp, withSharedStore } from "./app.js";
import type { Cli } from "./cli.js";
import { type Definition, readEntryFile } from "./entry-file.js";
import { describeAt } from "./occurrences.js";
import { table, wrap, type Cell } from "./table.js";
import type { Format } from "./terminal.js";

type Change = "added" | "replaced" | "unchanged" | "refused";

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
  const { entries } = await readEntryFile(path);
  return importDefinitions(cli, entries, { isSet: flags.set === true });
}

/** What became of them is the answer, with `besides`. Gives the exit code. */
export function importDefinitions(
  cli: Cli,
  definitions: Readonly<Record<string, Definition>>,
  { isSet, besides = {} }: { readonly isSet: boolean; readonly besides?: object },
): Promise<number> {
  return withSharedStore(cli, async (open) => {
    const { terminal } = cli;
    const imported: Imported[] = [];
    for (const [name, definition] of Object.entries(definitions)) {
      imported.push(await importOne(cli, open, name, definition, isSet));
    }
    if (terminal.json) terminal.value({ set: isSet, entries: imported, ...besides });
    else {
      for (const line of table(terminal, imported.map(rowOf))) terminal.line(line);
      if (imported.length === 0) terminal.line("no entries");
      else if (!isSet) terminal.note("nothing is stored yet: --set stores them");
    }
    return imported.some(({ change }) => change === "refused") ? 1 : 0;
  });
}

/** One that is refused keeps no other out. */
async function importOne(
  cli: Cli,
  { app, core }: OpenApp,
  name: string,
  definition: Definition,
  isSet: boolean,
): Promise<Imported> {
  try {
    const options = optionsFromDefinition(name, definition);
    const { timezone, dst } = core.config;
    const { schedule, revision } = resolveEntry(name, options, { timezone, dst });
    const before = await app.schedules.get(name);
    const change = before === null ? "added" : before.revision === revision ? "unchanged" : "replaced";
    const owner =
      before?.owner ?? (core.entries.some((entry) => entry.name === name) ? core.owner : "runtime");
    if (owner !== "runtime")
      return refused(name, `the code of ${quote(owner.replace(/^code:/, ""))} declares it`);
    if (isSet) await app.schedules.set(name, options);
    return { name, change, schedule: describeAt(schedule, cli.clock.now()), problem: null };
  } catch (error) {
    if (!isSunbeatError(error) || !error.message.startsWith("entry ")) throw error;
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
