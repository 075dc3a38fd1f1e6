import { Command } from "commander";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { formatLocal } from "../local-time.js";
import { type Cell, table, whole } from "../table.js";
import { wholeNumber } from "../usage.js";

interface Flags {
  readonly limit?: number;
  readonly before?: string;
  readonly by?: string;
  readonly target?: string;
}

/** Of the arguments in a table. */
const MOST_ARGS = 60;

export function auditCommand(action: Action): Command {
  return new Command("audit")
    .description("who did what, newest first")
    .option("--limit <n>", "at most so many rows (default 50)", wholeNumber("--limit", 1, 1_000))
    .option("--before <id>", "those before this row, the last one seen")
    .option("--by <who>", "of this user and machine")
    .option("--target <what>", "of this task, entry, queue, node or lock")
    .action(action<[Flags]>((cli, flags) => audit(cli, flags)));
}

function audit(cli: Cli, flags: Flags): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const rows = await core.audit.list(flags);
    if (terminal.json) for (const row of rows) terminal.row(row);
    else if (rows.length === 0) {
      const isAll = flags.before === undefined && flags.by === undefined && flags.target === undefined;
      terminal.line(isAll ? "nobody has changed anything yet" : "the audit has no such row");
    } else {
      const timezone = cli.options.timezone ?? core.config.timezone;
      const cells = rows.map(({ at, by, via, verb, target, args, outcome }): Cell[] => [
        whole(formatLocal(at, timezone, "seconds")),
        `${by} (${via})`,
        verb,
        target,
        outcome === "ok" ? { text: "ok", format: "green" } : { text: outcome, format: "red" },
        args === "{}" ? "" : args.length > MOST_ARGS ? `${args.slice(0, MOST_ARGS)}...` : args,
      ]);
      for (const line of table(terminal, [
        [`AT (${timezone})`, "BY", "VERB", "TARGET", "OUTCOME", "ARGS"],
        ...cells,
      ])) {
        terminal.line(line);
      }
      if (rows.length === (flags.limit ?? 50))
        terminal.note(`more: sunbeat audit --before ${rows.at(-1)!.id}`);
    }
    return 0;
  });
}
