import { Command } from "commander";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { tasks } from "../drop.js";
import { formatLocal } from "../local-time.js";
import { cellsOf } from "../record-cells.js";
import { Steps } from "../steps.js";
import { table } from "../table.js";
import type { Terminal } from "../terminal.js";
import { fromCommandLine, usageError, wholeNumber } from "../usage.js";
import { parseTaskQuery, type RetryCounts, type TaskPage } from "../../monitor/index.js";
import { tasksShowCommand } from "./tasks-show.js";

const EXAMPLES = `
Fields: task: state: queue: worker: entry: root: id: run:>5s after:2h before:2027-03-28T03:00, and text. Values with commas
between them are one or the other, fields all count. States: success failure retry revoked expired ignored skipped rejected dead upstream.

  sunbeat tasks 'task:mail.* state:failure after:2h "connection refused"'
  sunbeat tasks retry --query 'state:failure after:1h' --dry-run

To send a task anew: sunbeat call NAME. To revoke one: sunbeat control revoke ID.`;

interface SearchFlags {
  readonly limit: number;
  readonly cursor?: string;
}

interface RetryFlags {
  readonly query?: string;
  readonly dryRun?: boolean;
}

export function tasksCommand(action: Action): Command {
  const command = new Command("tasks")
    .description("what became of tasks: searches the records of attempts that have ended, newest first")
    .argument("[query...]", "fields and text, such as state:failure after:2h")
    .option("--limit <n>", "the newest n", wholeNumber("--limit", 1, 500), 20)
    .option("--cursor <text>", "where an earlier search ended")
    .addHelpText("after", EXAMPLES)
    .action(action<[string[], SearchFlags]>((cli, query, flags) => search(cli, query, flags)));
  command.addCommand(tasksShowCommand(action));
  command.addCommand(
    new Command("retry")
      .description(
        "put tasks that failed, or are dead letters, back into their queues; parts through their graphs",
      )
      .argument("[ids...]", "ids of tasks")
      .option("--query <text>", "all that a search finds until now")
      .option("--dry-run", "count, and change nothing")
      .action(action<[string[], RetryFlags]>((cli, ids, flags) => retry(cli, ids, flags))),
  );
  return command;
}

function search(cli: Cli, words: readonly string[], { limit, cursor }: SearchFlags): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const query = words.join(" ");
    checkQuery(cli, query, core.config.timezone);
    const page = await core.tasks.search(query, { limit, ...(cursor !== undefined && { cursor }) });
    const timezone = cli.options.timezone ?? core.config.timezone;
    if (terminal.json) for (const row of page.rows) terminal.row(row);
    else if (page.rows.length === 0) terminal.line("no record matches");
    else {
      const head = [`ENDED (${timezone})`, "STATE", "RUN", "WAITED", "TASK", "ID", "WHY"];
      const rows = page.rows.map((row) => cellsOf(row, timezone));
      for (const line of table(terminal, [head, ...rows])) terminal.line(line);
    }
    tellReach(terminal, page, timezone);
    return 0;
  });
}

/** A wrong query stands on the command line, whatever the time is in the store. */
function checkQuery({ clock }: Cli, query: string, timezone: string): void {
  fromCommandLine(() => parseTaskQuery(query, clock.now(), timezone));
}

function tellReach(terminal: Terminal, { next, reached, rows }: TaskPage, timezone: string): void {
  if (next === null) return;
  const back =
    reached === null ? "" : ` searched back to ${formatLocal(reached.getTime(), timezone, "seconds")};`;
  terminal.note(
    `${rows.length === 0 ? "nothing yet:" : "there may be more:"}${back} go on with --cursor ${next}`,
  );
}

function retry(cli: Cli, ids: readonly string[], { query, dryRun = false }: RetryFlags): Promise<number> {
  if ((query === undefined) === (ids.length === 0)) throw usageError("expected ids of tasks, or --query");
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    if (query !== undefined) checkQuery(cli, query, core.config.timezone);
    const word = dryRun ? "would put back" : "put back";
    const [done, isInterrupted] = await Steps.during(cli, async (steps) => {
      const onProgress = ({ retried }: RetryCounts): boolean => steps.goesOn(`${word} ${tasks(retried)}`);
      const counts = await core.tasks.retry(query === undefined ? ids : { query }, { dryRun, onProgress });
      return [counts, steps.isInterrupted];
    });
    const { retried, skipped, found, isAll } = done;
    if (terminal.json) terminal.value({ ...done, dryRun });
    else if (found === 0) terminal.line("no record matches");
    else {
      const atLeast = isAll ? "" : "at least ";
      terminal.line(`${word} ${atLeast}${tasks(retried)}`);
      if (skipped > 0) {
        const why = "nothing is kept of them, they are on their way already, or their graph goes on";
        terminal.note(`${tasks(skipped)} skipped: ${why}`);
      }
    }
    return isInterrupted || (query === undefined && retried < found) ? 1 : 0;
  });
}
