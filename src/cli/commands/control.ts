import { Command } from "commander";
import { CONTROL_VERBS, type VerbInfo } from "../../control/index.js";
import { quote } from "../../core/quote.js";
import type { RateLimitView } from "../../index.js";
import { type OpenApp, withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { refuseUnknownTask } from "../known-task.js";
import { table } from "../table.js";
import { addAskFlags } from "../ask-flags.js";
import { type ControlFlags, steer } from "../steer.js";
import { fromCommandLine } from "../usage.js";
import { verbHelp } from "../verb-help.js";

export function controlCommand(action: Action): Command {
  const command = new Command("control").description("tell nodes, and the store, to work otherwise");
  command.addCommand(
    new Command("rate_limit")
      .alias("rateLimit")
      .description("show or change how often runs of a task may begin, at once, also for those that wait")
      .argument("[task]", "name of the task; all when it is left out")
      .argument(
        "[rate]",
        '"100/s", "10/m", "1000/h"; "none" lifts the limit, "reset" brings back that of code',
      )
      .action(
        action<[string | undefined, string | undefined]>((cli, task, rate) =>
          task === undefined || rate === undefined ? show(cli, task) : change(cli, task, rate),
        ),
      ),
  );
  command
    .argument("[verb]", "what to do, in Celery's spelling, too")
    .argument("[args...]", "what the verb is given")
    .option("--terminate", "with revoke: running tasks are to end, too")
    .option("--reason <text>", "with revoke, terminate, pause_queue: for those who ask why")
    .option("--for <time>", "with pause_queue, revoke_by_headers: for so long")
    .option("--grace <seconds>", "with shutdown: time for running tasks");
  addAskFlags(command).addHelpText("after", verbHelp({ rateLimit: RATE_LIMIT, ...CONTROL_VERBS }));
  return command.action(
    action<[string | undefined, readonly string[], ControlFlags]>((cli, verb, args, flags) =>
      steer(cli, verb, args, flags),
    ),
  );
}

const RATE_LIMIT: VerbInfo = {
  of: "store",
  params: ["task", "rate"],
  keeps: "store",
  says: "how often runs of a task may begin",
};

function change(cli: Cli, task: string, rate: string): Promise<number> {
  return withSharedStore(cli, async (opened) => {
    const { control } = opened.core;
    await limitOf(opened, task);
    try {
      await control.rateLimit(task, rate === "none" ? null : rate);
    } catch (error) {
      fromCommandLine(() => {
        throw error;
      });
    }
    tell(cli, await limitOf(opened, task));
    return 0;
  });
}

function show(cli: Cli, task: string | undefined): Promise<number> {
  return withSharedStore(cli, async (opened) => {
    if (task !== undefined) {
      tell(cli, await limitOf(opened, task));
      return 0;
    }
    const { terminal } = cli;
    const limits = await opened.core.control.rateLimits();
    if (terminal.json) terminal.value(limits);
    else if (limits.length === 0) terminal.line("no task has a rate limit");
    else {
      const rows = limits.map((limit) => [
        ...[limit.task, limit.rate ?? "none", limit.source, limit.code ?? "none"],
        limit.byMessage ? "by key or weight" : "",
      ]);
      for (const line of table(terminal, [["TASK", "RATE", "FROM", "CODE", ""], ...rows]))
        terminal.line(line);
    }
    return 0;
  });
}

/** A task that has no limit, and is not known, is a misspelling. */
async function limitOf(opened: OpenApp, task: string): Promise<RateLimitView> {
  const limits = await opened.core.control.rateLimits();
  const found = limits.find((limit) => limit.task === task);
  if (found === undefined) refuseUnknownTask(opened, task);
  return found ?? { task, rate: null, source: "code", code: null, byMessage: false };
}

function tell({ terminal }: Cli, limit: RateLimitView): void {
  if (terminal.json) return terminal.value(limit);
  const { task, rate, source, code, byMessage } = limit;
  const each = byMessage ? ", by key or weight of each run" : "";
  const from = source === "code" ? "by its code" : `by control; its code says ${code ?? "none"}`;
  terminal.line(
    `${quote(task)}: ${rate === null ? "no rate limit" : rate}${rate === null ? "" : each}, ${from}`,
  );
}
