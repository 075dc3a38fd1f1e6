import { Command } from "commander";
import type { EpochMs } from "../../core/clock.js";
import { isSunbeatError } from "../../core/errors.js";
import type { Lint } from "../../schedules/index.js";
import { withApp, type OpenApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { declaredEntries, failureOf, nextRun, type ListedEntry } from "../entries.js";
import { lintsOfEntry, lintsOfSchedule } from "../entry-lints.js";
import { isBroken, printLints } from "../lints.js";
import { readInstant } from "../local-time.js";
import {
  addCrontabOptions,
  FORMS_HELP,
  withSchedule,
  type CrontabFlags,
  type NamedSchedule,
} from "../schedule-source.js";
import { usageError, WrongUsage } from "../usage.js";

interface Options extends CrontabFlags {
  readonly from?: string;
}

/** In place of a name: what several entries do together. */
const TOGETHER = "*";

/** What was found in one schedule. */
interface Finding {
  /** The entry, or the text on the command line; "*": several entries together. */
  readonly name: string;
  readonly lints: readonly Lint[];
  /** Why it is no schedule at all, or null. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export function scheduleLintCommand(action: Action): Command {
  const command = new Command("lint")
    .description("what is allowed but probably not meant; exit code 1 when something never runs or is wrong")
    .argument("[schedule...]", "a schedule, see below; without one, every entry in the app's code")
    .option("--from <instant>", "look from this instant on (default: now)");
  return addCrontabOptions(command)
    .addHelpText("after", FORMS_HELP)
    .action(action<[string[], Options]>((cli, words, options) => lint(cli, words.join(" "), options)));
}

async function lint(cli: Cli, text: string, options: Options): Promise<number> {
  if (text === "" && !cli.hasApp) throw usageError("lint what? Give a schedule, or an app with -A");
  const findings = text === "" ? await lintApp(cli, options) : [await lintText(cli, text, options)];
  if (cli.terminal.json) cli.terminal.value(findings);
  else print(cli, findings);
  return findings.some(({ error, lints }) => error !== null || isBroken(lints)) ? 1 : 0;
}

async function lintText(cli: Cli, text: string, options: Options): Promise<Finding> {
  const look = ({ schedule, entry, timezone }: NamedSchedule, open: OpenApp | null): Finding => {
    const from = fromOf(cli, options, timezone);
    if (entry !== null && open !== null) return lintEntry(open, entry, from, timezone);
    return { name: text, lints: lintsOfSchedule(schedule, { from, timezone }), error: null };
  };
  try {
    return await withSchedule(cli, text, options, look, true);
  } catch (error) {
    // A schedule that is wrong is what this command looks for; anything else is the caller's mistake.
    const cause = error instanceof WrongUsage ? error.cause : undefined;
    if (!isSunbeatError(cause) || cause.code === "SUNBEAT_USAGE") throw error;
    return { name: text, lints: [], error: { code: cause.code, message: cause.message } };
  }
}

/** The entries in code: this needs no store, so that it can stand in a build. `schedule show` lints stored ones. */
function lintApp(cli: Cli, options: Options): Promise<Finding[]> {
  return withApp(cli, async (open) => {
    const timezone = cli.options.timezone ?? open.core.config.timezone;
    const from = fromOf(cli, options, timezone);
    const each = declaredEntries(open).map((entry) => lintEntry(open, entry, from, timezone));
    if (each.some(({ error }) => error !== null)) return each;
    const { weekAhead } = await import("../../monitor/index.js");
    const entries = open.core.entries.map((entry) => ({ entry, stored: null }));
    const { lints } = await weekAhead(entries, from - 1, { clock: cli.clock, timezone });
    return lints.length === 0 ? each : [...each, { name: TOGETHER, lints, error: null }];
  });
}

function lintEntry(open: OpenApp, entry: ListedEntry, from: EpochMs, timezone: string): Finding {
  // As a beat finds it that registers it just before: a run at `from` itself counts.
  const now = from - 1;
  const message = failureOf(nextRun(entry, now));
  if (message !== null) {
    return { name: entry.name, lints: [], error: { code: "SUNBEAT_SCHEDULE_INVALID", message } };
  }
  return { name: entry.name, lints: lintsOfEntry(open, entry, { now, from, timezone }), error: null };
}

function fromOf({ clock }: Cli, { from }: Options, timezone: string): EpochMs {
  return from === undefined ? clock.now() : readInstant("--from", from, timezone, clock.now());
}

function print({ terminal }: Cli, findings: readonly Finding[]): void {
  for (const { name, lints, error } of findings) {
    if (error === null && lints.length === 0) continue;
    terminal.line(terminal.paint("bold", name === TOGETHER ? "together" : name));
    if (error !== null) terminal.line(`  ${terminal.paint("red", `error ${error.code}`)}: ${error.message}`);
    printLints(terminal, lints, "  ");
  }
  const single = findings.filter(({ name }) => name !== TOGETHER);
  const clean = single.filter(({ error, lints }) => error === null && lints.length === 0).length;
  const checked = single.length === 1 ? "1 schedule" : `${single.length} schedules`;
  terminal.line(
    `${checked} checked, ${clean === findings.length ? "nothing to say" : `${clean} without remarks`}`,
  );
}
