import { Command } from "commander";
import { ConfigurationError, ScheduleError } from "../../core/errors.js";
import type { EntryOptions, EntryView } from "../../beat/index.js";
import { withSharedStore, type OpenApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { findEntry } from "../entries.js";
import { printEntry } from "../entry-facts.js";
import { addEntryOptions, entryFromFlags, type EntryFlags } from "../entry-flags.js";
import { lintsOfEntry } from "../entry-lints.js";
import { refuseUnknownTask } from "../known-task.js";
import { isoLocal } from "../local-time.js";
import { firstLines, linesOfEntry } from "../occurrences.js";
import { FORMS_HELP } from "../schedule-source.js";
import { WrongUsage } from "../usage.js";
import { entryJson } from "./schedule-list.js";

const SHOWN_RUNS = 3;

const EXAMPLES = `
Examples:
  sunbeat -A app.ts schedule set nightly --task reports.build --crontab "30 2 * * *" --timezone Europe/Paris
  sunbeat -A app.ts schedule set sync --task tenant.sync --every 10m -a '["acme"]' --overlap skip
  sunbeat -A app.ts schedule set lamps --task lamps.on --solar sunset:48.85:2.35:-30m
  sunbeat -A app.ts schedule set gift --task mail.send --at 2027-12-24T18:00 --expires 1h

An entry of that name is replaced as a whole: what is left out has its default again. It keeps its history and the
count of its runs, and stays paused when it is. Local times and crontabs are in --timezone, else in the app's zone.`;

export function scheduleSetCommand(action: Action): Command {
  const command = new Command("set")
    .description("add an entry, or replace one that was added at run time; takes effect at once")
    .argument("<entry>", "its name");
  return addEntryOptions(command)
    .addHelpText("after", `${FORMS_HELP}\n${EXAMPLES}`)
    .action(action<[string, EntryFlags]>((cli, name, flags) => set(cli, name, flags)));
}

function set(cli: Cli, name: string, flags: EntryFlags): Promise<void> {
  return withSharedStore(cli, async (open) => {
    const { terminal } = cli;
    const timezone = cli.options.timezone ?? open.core.config.timezone;
    const now = cli.clock.now();
    const options = entryFromFlags(flags, { timezone, now });
    refuseUnknownTask(open, options.task);
    const before = await open.app.schedules.get(name);
    const change = changeOf(before, await store(open, name, options));
    const entry = await findEntry(open, name);
    const showing = { timezone, now, runs: SHOWN_RUNS };
    const lints = lintsOfEntry(open, entry, { now, from: now, timezone });
    if (terminal.json) {
      const { lines } = firstLines(linesOfEntry(entry, now), SHOWN_RUNS);
      const runs = lines.filter((line) => line.kind === "run");
      return terminal.value({
        change,
        ...entryJson(entry, timezone, now),
        definition: JSON.parse(entry.definition) as unknown,
        replaced: change === "replaced" ? (JSON.parse(before!.definition) as unknown) : null,
        timezone,
        next: runs.map(({ at }) => isoLocal(at, timezone)),
        lints,
      });
    }
    terminal.line(`${terminal.paint("bold", name)} is ${change}`);
    // What was there is lost otherwise, and may have been another's.
    if (change === "replaced") terminal.line(`  it was ${before!.definition}`);
    printEntry(terminal, entry, lints, showing);
    const why = WILL_NOT_RUN[entry.stored?.disabled ?? ""];
    if (why !== undefined) terminal.problem(`warning: ${name} will not run: ${why}`);
  });
}

/** By the store's reason, where that is not what was asked for. */
const WILL_NOT_RUN: Readonly<Record<string, string>> = {
  ended: "it is due at no time from now on",
  "max-runs": "it has had as many runs as --max-runs allows; delete it first to count anew",
};

type Change = "added" | "replaced" | "unchanged";

function changeOf(before: EntryView | null, after: EntryView): Change {
  if (before === null) return "added";
  return before.revision === after.revision ? "unchanged" : "replaced";
}

/** What the check of an entry refuses stands on the command line; to whom a name belongs does not. */
async function store({ app }: OpenApp, name: string, options: EntryOptions): Promise<EntryView> {
  try {
    return await app.schedules.set(name, options);
  } catch (error) {
    const ofEntry = error instanceof ScheduleError || error instanceof ConfigurationError;
    throw ofEntry && error.code !== "SUNBEAT_ENTRY_CONFLICT" ? new WrongUsage(error) : error;
  }
}
