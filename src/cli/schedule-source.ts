import { Option, type Command } from "commander";
import { isSunbeatError } from "../core/errors.js";
import type { CrontabOptions, Schedule } from "../schedules/index.js";
import { withApp, type OpenApp } from "./app.js";
import type { Cli } from "./cli.js";
import { declaredEntries, findEntry, type ListedEntry } from "./entries.js";
import { zoneOf } from "./occurrences.js";
import { SCHEDULE_FORMS, scheduleFromText } from "./schedule-text.js";
import { fromCommandLine } from "./usage.js";

/** The options of a crontab that have no place in its text. */
export interface CrontabFlags {
  readonly extended?: true;
  readonly dayMatch?: "or" | "and";
  readonly dst?: "vixie" | "skip" | "wall";
}

const WIDTH = Math.max(...SCHEDULE_FORMS.map(([form]) => form.length));
export const FORMS_HELP = `
Forms of a schedule:
${SCHEDULE_FORMS.map(([form, meaning]) => `  ${form.padEnd(WIDTH)}  ${meaning}`).join("\n")}`;

export function addCrontabOptions(command: Command): Command {
  return command
    .option("--extended", "let a crontab use L, W, #, ? and H")
    .addOption(new Option("--day-match <rule>", "how the two day fields combine").choices(["or", "and"]))
    .addOption(
      new Option("--dst <rule>", "what happens when clocks change").choices(["vixie", "skip", "wall"]),
    );
}

export interface NamedSchedule {
  readonly schedule: Schedule;
  /** How the user called it. */
  readonly title: string;
  /** The zone in which to show it. */
  readonly timezone: string;
}

/** The schedule that a text on the command line names: a schedule as such, or, with `-A`, an entry of the app. */
export async function readSchedule(cli: Cli, text: string, flags: CrontabFlags): Promise<NamedSchedule> {
  if (cli.options.app === undefined) return fromText(text, flags, cli.options.timezone, undefined);
  return withApp(cli, async (open) => {
    const appZone = open.core.config.timezone;
    try {
      return fromText(text, flags, cli.options.timezone, appZone);
    } catch (error) {
      const { schedule } = (await entryNamed(open, text)) ?? {};
      if (!schedule) throw error;
      return { schedule, title: text, timezone: cli.options.timezone ?? zoneOf(schedule) ?? appZone };
    }
  });
}

function fromText(text: string, flags: CrontabFlags, shown: string | undefined, appZone: string | undefined) {
  const timezone = shown ?? appZone ?? "UTC";
  const schedule = fromCommandLine(() => scheduleFromText(text, { ...crontabOptions(flags), timezone }));
  return { schedule, title: text, timezone: shown ?? zoneOf(schedule) ?? timezone };
}

/** Code first: that needs no store. */
async function entryNamed(open: OpenApp, name: string): Promise<ListedEntry | undefined> {
  const declared = declaredEntries(open).find((entry) => entry.name === name);
  if (declared !== undefined) return declared;
  try {
    return await findEntry(open, name);
  } catch (error) {
    if (isSunbeatError(error) && error.code === "SUNBEAT_ENTRY_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Those that were given, for `crontab`. */
export function crontabOptions({ extended, dayMatch, dst }: CrontabFlags): CrontabOptions {
  return { ...(extended && { extended }), ...(dayMatch && { dayMatch }), ...(dst && { dst }) };
}
