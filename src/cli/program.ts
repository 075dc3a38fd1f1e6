import { Command, type OutputConfiguration } from "commander";
import { docsPage } from "../core/docs.js";
import type { Action } from "./cli.js";
import { auditCommand } from "./commands/audit.js";
import { alertsCommand } from "./commands/alerts.js";
import { beatCommand } from "./commands/beat.js";
import { calendarCommand } from "./commands/calendar.js";
import { callCommand } from "./commands/call.js";
import { checkCommand } from "./commands/check.js";
import { controlCommand } from "./commands/control.js";
import { dashboardCommand } from "./commands/dashboard.js";
import { deadCommand } from "./commands/dead.js";
import { doctorCommand } from "./commands/doctor.js";
import { elsewhereCommands } from "./commands/elsewhere.js";
import { eventsCommand } from "./commands/events.js";
import { graphCommand } from "./commands/graph.js";
import { inspectCommand } from "./commands/inspect.js";
import { healthCommand } from "./commands/health.js";
import { locksCommand } from "./commands/locks.js";
import { purgeCommand } from "./commands/purge.js";
import { queuesCommand } from "./commands/queues.js";
import { reportCommand } from "./commands/report.js";
import { resultCommand } from "./commands/result.js";
import { scheduleCommand } from "./commands/schedule.js";
import { statusCommand } from "./commands/status.js";
import { tasksCommand } from "./commands/tasks.js";
import { workerCommand } from "./commands/worker.js";
import { version } from "./version.js";

const EXAMPLES = `
Examples:
  sunbeat -A app.ts worker --beat                work and schedule in one process
  sunbeat -A app.ts beat                         schedule only; run as many as you like, one leads
  sunbeat schedule next "30 2 * * *" --timezone Europe/Paris
  sunbeat -A app.ts schedule preview --for 1d    everything that is due in the next day
  sunbeat -A app.ts schedule set nightly --task reports.build --crontab "30 2 * * *"
  sunbeat -A app.ts call tasks.add -a "[2, 2]" --wait

Exit codes: 0 good, 1 failed, 2 wrong usage.
Documentation: ${docsPage("errors.md")} tells of each code; the other pages are beside it.`;

/** The whole command line. Parsing throws a CommanderError instead of ending the process. */
export function buildProgram(action: Action, output: OutputConfiguration): Command {
  const program = new Command("sunbeat")
    .description("Runs work at the right time, once, on as many machines as you like.")
    .option("-A, --app <module[:export]>", "the app: its file, and the export where there are several")
    .option("-b, --broker <url>", "use this broker instead of the app's")
    .option("--timezone <zone>", "zone of times that are read and shown (default: the app's, else UTC)")
    .option("--workdir <folder>", "work in this folder")
    .option("--json", "print data as JSON")
    .option("-C, --no-color", "no colours (as NO_COLOR=1)")
    .option("-q, --quiet", "no banner and no remarks")
    .option("--debug", "show the stack of errors")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "explain a command")
    .addHelpText("after", EXAMPLES);
  for (const command of [
    workerCommand,
    beatCommand,
    scheduleCommand,
    calendarCommand,
    callCommand,
    resultCommand,
    graphCommand,
    tasksCommand,
    queuesCommand,
    purgeCommand,
    locksCommand,
    statusCommand,
    inspectCommand,
    controlCommand,
    auditCommand,
    deadCommand,
    checkCommand,
    alertsCommand,
    healthCommand,
    eventsCommand,
    dashboardCommand,
    doctorCommand,
    reportCommand,
  ]) {
    program.addCommand(command(action));
  }
  for (const command of elsewhereCommands(action)) program.addCommand(command, { hidden: true });
  prepare(program, output);
  return program;
}

/** Settings that commander does not hand down to commands that were made apart. */
function prepare(command: Command, output: OutputConfiguration): void {
  command.exitOverride().configureOutput(output).allowExcessArguments(false);
  command.configureHelp({ showGlobalOptions: true });
  for (const child of command.commands) prepare(child, output);
}
