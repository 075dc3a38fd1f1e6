import { Command } from "commander";
import { withStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { findEntry } from "../entries.js";
import { printEntry } from "../entry-facts.js";
import { lintsOfEntry } from "../entry-lints.js";
import { entryJson } from "./schedule-list.js";

const SHOWN_RUNS = 5;

export function scheduleShowCommand(action: Action): Command {
  return new Command("show")
    .description("one entry: what it does, when next, and what to know about it")
    .argument("<entry>", "its name")
    .action(action<[string]>((cli, name) => show(cli, name)));
}

function show(cli: Cli, name: string): Promise<void> {
  return withStore(cli, async (open) => {
    const { terminal } = cli;
    const timezone = cli.options.timezone ?? open.core.config.timezone;
    const now = cli.clock.now();
    const entry = await findEntry(open, name);
    const lints = lintsOfEntry(open, entry, { now, from: now, timezone });
    if (terminal.json) return terminal.value({ ...entryJson(entry, timezone, now), lints });
    terminal.line(terminal.paint("bold", entry.name));
    printEntry(terminal, entry, lints, { timezone, now, runs: SHOWN_RUNS });
  });
}
