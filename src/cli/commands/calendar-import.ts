import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { isSunbeatError, messageOf } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import type { DateHolidaysOptions, HolidayType } from "../../dialects/date-holidays.js";
import type { CalendarData } from "../../schedules/index.js";
import { setCalendar } from "../calendar-moves.js";
import type { Action, Cli } from "../cli.js";
import { fromCommandLine, usageError, WrongUsage } from "../usage.js";

interface Flags {
  readonly years?: string;
  readonly set?: true;
}

interface IcsFlags extends Flags {
  readonly name: string;
}

interface DateHolidaysFlags extends Flags {
  readonly region?: string;
  readonly types?: string;
  readonly name?: string;
}

const EXAMPLES = `
Examples:
  sunbeat calendar import ics plant.ics --name plant --years 2027-2029 > plant.json
  curl -s https://example.com/days.ics | sunbeat -A app.ts calendar import ics - --name plant --set
  sunbeat -A app.ts calendar import date-holidays DE --region BY --years 2027-2031 --set

Without --set the calendar is printed as calendar set takes it. Whoever owns the data runs this again before its last year
ends, for instance from CI: nothing is fetched by sunbeat.`;

export function calendarImportCommand(action: Action): Command {
  const command = new Command("import")
    .description("read days off of others, and print them as a calendar; --set stores it")
    .addHelpText("after", EXAMPLES);
  withFlags(
    command
      .command("ics")
      .description("the all-day events of a file of iCalendar, with their recurrences")
      .argument("<file>", "the file; - reads stdin")
      .requiredOption("--name <name>", "the name under which holidays(name) finds it"),
  ).action(action<[string, IcsFlags]>((cli, file, flags) => importIcs(cli, file, flags)));
  withFlags(
    command
      .command("date-holidays")
      .description("the holidays of a country, by the package date-holidays, which must be installed")
      .argument("<country>", 'its code: "DE"')
      .option("--region <code>", 'a state, with a region of it after a dot: "BY", "LA.NO"')
      .option("--types <types>", "public, bank, school, optional, observance, with commas between", "public")
      .option("--name <name>", 'the name under which holidays(name) finds it (default: "DE-BY")'),
  ).action(action<[string, DateHolidaysFlags]>((cli, country, flags) => importHolidays(cli, country, flags)));
  return command;
}

function withFlags(command: Command): Command {
  return command
    .option(
      "--years <years>",
      "the years that it covers: 2027-2030, or one (default: this year and the next)",
    )
    .option("--set", "store it in place of the one of its name; tells first which entries move");
}

async function importIcs(cli: Cli, file: string, { name, years, set }: IcsFlags): Promise<void> {
  const range = yearsIn(cli, years);
  const content = await read(file);
  // Only here: no other command reads what others wrote.
  const { fromICS } = await import("../../dialects/ics.js");
  return give(
    cli,
    fromCommandLine(() => fromICS(content, { name, years: range })),
    set === true,
  );
}

async function importHolidays(cli: Cli, country: string, flags: DateHolidaysFlags): Promise<void> {
  const { region, types = "public", name, years, set } = flags;
  const options: DateHolidaysOptions = {
    years: yearsIn(cli, years),
    types: types.split(",").map((type) => type.trim()) as HolidayType[],
    ...(region !== undefined && { region }),
    ...(name !== undefined && { name }),
  };
  const { fromDateHolidays } = await import("../../dialects/date-holidays.js");
  let data: CalendarData;
  try {
    data = await fromDateHolidays(country, options);
  } catch (error) {
    // That the package is not there is no fault of the command line.
    const isMissing = isSunbeatError(error) && error.code === "SUNBEAT_DRIVER_MISSING";
    throw isSunbeatError(error) && !isMissing ? new WrongUsage(error) : error;
  }
  return give(cli, data, set === true);
}

async function give(cli: Cli, data: CalendarData, isSet: boolean): Promise<void> {
  if (isSet) return setCalendar(cli, data);
  if (cli.terminal.json) return cli.terminal.value(data);
  for (const line of JSON.stringify(data, null, 2).split("\n")) cli.terminal.line(line);
}

/** "2027-2030", or "2027". */
function yearsIn(cli: Cli, years: string | undefined): readonly [number, number] {
  if (years === undefined) {
    const now = new Date(cli.clock.now()).getUTCFullYear();
    return [now, now + 1];
  }
  const [, first, last = first] = /^(\d{4})(?:-(\d{4}))?$/.exec(years.trim()) ?? [];
  if (first !== undefined) return [Number(first), Number(last)];
  throw usageError(`--years: expected years such as 2027-2030, or one, got ${quote(years)}`);
}

async function read(file: string): Promise<string> {
  try {
    return file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  } catch (error) {
    throw usageError(`${file}: ${messageOf(error)}`);
  }
}
