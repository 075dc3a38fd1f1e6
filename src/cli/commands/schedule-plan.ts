import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import type { Plan } from "../../beat/index.js";
import { messageOf } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import type { Lint } from "../../schedules/index.js";
import { type OpenApp, withApp, withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { declaredEntries } from "../entries.js";
import { readEntryFile } from "../entry-file.js";
import { lintsOfEntry } from "../entry-lints.js";
import { isBroken } from "../lints.js";
import { readDuration } from "../local-time.js";
import { lastLine, printChanges } from "../plan-text.js";
import { usageError } from "../usage.js";

interface Options {
  readonly out?: string;
  readonly check?: true;
  readonly against?: string;
  readonly for: string;
}

const LONGEST_MS = 31 * 86_400_000;

export function schedulePlanCommand(action: Action): Command {
  return new Command("plan")
    .description("what a beat that starts with this code, or schedule apply, would do to the store")
    .option("--out <file>", "write the plan there, for schedule apply")
    .option("--check", "exit code 1 when anything would change, belongs to somebody else, or never runs")
    .option("--against <file>", "compare with a file of schedule export --owner code, and ask no store")
    .option("--for <time>", "compare the busiest second so far ahead, at most 31d", "7d")
    .action(action<[Options]>((cli, options) => makePlan(cli, options)));
}

interface EntryLint extends Lint {
  readonly entry: string;
}

function makePlan(cli: Cli, { out, check, against, ...options }: Options): Promise<number> {
  if (out !== undefined && against !== undefined)
    throw usageError("--out: not beside --against, which is no store to apply to");
  const forMs = readDuration("--for", options.for);
  if (forMs < 1_000 || forMs > LONGEST_MS)
    throw usageError(`--for: expected from 1s to 31d, got ${quote(options.for)}`);
  const withEntries = against === undefined ? withSharedStore : withApp;
  return withEntries(cli, async (open) => {
    const { terminal } = cli;
    const plan = await open.app.schedules.plan({
      for: { milliseconds: forMs },
      against: against === undefined ? undefined : await readEntryFile(against),
    });
    const lints = lintsOf(cli, open);
    if (out !== undefined) await writePlan(out, plan);
    if (terminal.json) terminal.value({ ...plan, lints });
    else {
      const timezone = cli.options.timezone ?? open.core.config.timezone;
      printChanges(terminal, plan, timezone);
      terminal.line(lastLine(plan, lints.length, timezone));
    }
    const isClean =
      plan.waiting.length === 0 &&
      [...plan.calendars, ...plan.changes].every(
        ({ action }) => action === "unchanged" || action === "newer",
      );
    return check !== true || (isClean && !isBroken(lints)) ? 0 : 1;
  });
}

function lintsOf(cli: Cli, open: OpenApp): EntryLint[] {
  const now = cli.clock.now();
  const timezone = cli.options.timezone ?? open.core.config.timezone;
  return declaredEntries(open).flatMap((entry) => {
    const lints = lintsOfEntry(open, entry, { now, from: now, timezone });
    return lints.map((lint) => ({ entry: entry.name, ...lint }));
  });
}

async function writePlan(file: string, plan: Plan): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(plan, null, 2)}\n`);
  } catch (error) {
    throw usageError(`--out: ${messageOf(error)}`);
  }
}
