import { Command } from "commander";
import { isSunbeatError } from "../../core/errors.js";
import type { Lint } from "../../schedules/index.js";
import { withApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { declaredEntries } from "../entries.js";
import { isBroken, lintsOf, printLints } from "../lints.js";
import { readInstant } from "../local-time.js";
import { addCrontabOptions, FORMS_HELP, readSchedule, type CrontabFlags } from "../schedule-source.js";
import { usageError, WrongUsage } from "../usage.js";

interface Options extends CrontabFlags {
  readonly from?: string;
}

/** What was found in one schedule. */
interface Finding {
  /** The entry, or the text on the command line. */
  readonly name: string;
  readonly lints: readonly Lint[];
  /** Why it is no schedule at all, or null. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export function scheduleLintCommand(action: Action): Command {
  const command = new Command("lint")
    .description("what is allowed but probably not meant; exit code 1 when a schedule never runs or is wrong")
    .argument("[schedule...]", "a schedule, see below; without one, every entry in the app's code")
    .option("--from <instant>", "look at clock changes from this instant on (default: now)");
  return addCrontabOptions(command)
    .addHelpText("after", FORMS_HELP)
    .action(action<[string[], Options]>((cli, words, options) => lint(cli, words.join(" "), options)));
}

async function lint(cli: Cli, text: string, options: Options): Promise<number> {
  if (text === "" && !cli.hasApp) throw usageError("lint what? Give a schedule, or an app with -A");
  const now = cli.clock.now();
  const from =
    options.from === undefined
      ? now
      : readInstant("--from", options.from, cli.options.timezone ?? "UTC", now);
  const findings = text === "" ? await lintApp(cli, from) : [await lintText(cli, text, options, from)];
  if (cli.terminal.json) cli.terminal.value(findings);
  else print(cli, findings);
  return findings.some(({ error, lints }) => error !== null || isBroken(lints)) ? 1 : 0;
}

async function lintText(cli: Cli, text: string, options: Options, from: number): Promise<Finding> {
  try {
    const { schedule } = await readSchedule(cli, text, options);
    return { name: text, lints: lintsOf(schedule, from), error: null };
  } catch (error) {
    // A schedule that is wrong is what this command looks for; anything else is the caller's mistake.
    const cause = error instanceof WrongUsage ? error.cause : undefined;
    if (!isSunbeatError(cause) || cause.code === "SUNBEAT_USAGE") throw error;
    return { name: text, lints: [], error: { code: cause.code, message: cause.message } };
  }
}

/** The entries in code: this needs no store, so that it can stand in a build. `schedule show` lints stored ones. */
function lintApp(cli: Cli, from: number): Promise<Finding[]> {
  return withApp(cli, async (open) =>
    declaredEntries(open).map(({ name, schedule }) => ({
      name,
      lints: schedule === null ? [] : lintsOf(schedule, from),
      error: null,
    })),
  );
}

function print({ terminal }: Cli, findings: readonly Finding[]): void {
  for (const { name, lints, error } of findings) {
    if (error === null && lints.length === 0) continue;
    terminal.line(terminal.paint("bold", name));
    if (error !== null) terminal.line(`  ${terminal.paint("red", `error ${error.code}`)}: ${error.message}`);
    printLints(terminal, lints, "  ");
  }
  const clean = findings.filter(({ error, lints }) => error === null && lints.length === 0).length;
  const checked = findings.length === 1 ? "1 schedule" : `${findings.length} schedules`;
  terminal.line(
    `${checked} checked, ${clean === findings.length ? "nothing to say" : `${clean} without remarks`}`,
  );
}
