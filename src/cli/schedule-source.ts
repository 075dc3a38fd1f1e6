import { Option, type Command } from "commander";
import { ConfigurationError, isSunbeatError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { CrontabOptions, Schedule } from "../schedules/index.js";
import { tellingSilence, withApp, type OpenApp } from "./app.js";
import type { Cli } from "./cli.js";
import { declaredEntries, findEntry, type ListedEntry } from "./entries.js";
import { zoneOf } from "./occurrences.js";
import { SCHEDULE_FORMS, scheduleFromText } from "./schedule-text.js";
import { addSolarOptions, assertSolar, type SolarFlags, solarOptions } from "./solar-flags.js";
import { fromCommandLine } from "./usage.js";

/** The options of a crontab that have no place in its text. */
export interface CrontabFlags {
  readonly extended?: true;
  readonly dayMatch?: "or" | "and";
  readonly dst?: "vixie" | "skip" | "wall";
}

/** The options of schedules that have no place in their texts. */
export interface ScheduleFlags extends CrontabFlags, SolarFlags {}

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

export function addScheduleOptions(command: Command): Command {
  return addSolarOptions(addCrontabOptions(command));
}

/** What a text on the command line names. */
export interface NamedSchedule {
  readonly schedule: Schedule;
  /** The entry whose schedule it is; null for a schedule that stands for itself. */
  readonly entry: ListedEntry | null;
  /** How the user called it. */
  readonly title: string;
  /** The zone in which to show it. */
  readonly timezone: string;
}

/**
 * Calls `work` with the schedule that a text on the command line names: a schedule as such, which then has the defaults
 * of the app, where there is one; or else an entry of the app, as the store has
 * it. `codeFirst`: one that the code declares is not asked for in the store.
 */
export async function withSchedule<T>(
  cli: Cli,
  text: string,
  flags: ScheduleFlags,
  work: (named: NamedSchedule, open: OpenApp | null) => T,
  codeFirst = false,
): Promise<T> {
  if (!cli.hasApp) return work(fromText(cli, text, flags, null), null);
  return withApp(cli, async (open) => {
    let named: NamedSchedule;
    try {
      named = fromText(cli, text, flags, open);
    } catch (error) {
      const entry = await tellingSilence(cli, open, entryNamed(open, text, codeFirst));
      if (entry === undefined) throw error;
      named = ofEntry(cli, open, entry);
    }
    return work(named, open);
  });
}

function fromText(cli: Cli, text: string, flags: ScheduleFlags, open: OpenApp | null): NamedSchedule {
  const shown = cli.options.timezone;
  const timezone = shown ?? open?.core.config.timezone ?? "UTC";
  const dst = flags.dst ?? open?.core.config.dst;
  const own = { ...crontabOptions(flags), timezone, ...(dst !== undefined && { dst }) };
  const schedule = fromCommandLine(() => scheduleFromText(text, { ...own, solar: solarOptions(flags) }));
  assertSolar(flags, schedule);
  return { schedule, entry: null, title: text, timezone: shown ?? zoneOf(schedule) ?? timezone };
}

function ofEntry(cli: Cli, { core }: OpenApp, entry: ListedEntry): NamedSchedule {
  const { schedule, name, stored } = entry;
  if (schedule === null) {
    const why = stored?.problem ?? `entry ${quote(name)}: its schedule is known only to other code`;
    throw new ConfigurationError("SUNBEAT_ENTRY_INVALID", why, { details: { entry: name } });
  }
  const timezone = cli.options.timezone ?? zoneOf(schedule) ?? core.config.timezone;
  return { schedule, entry, title: name, timezone };
}

async function entryNamed(open: OpenApp, name: string, codeFirst: boolean): Promise<ListedEntry | undefined> {
  const declared = declaredEntries(open).find((entry) => entry.name === name);
  if (codeFirst && declared !== undefined) return declared;
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
