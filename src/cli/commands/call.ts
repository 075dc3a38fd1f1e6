import { Command } from "commander";
import type { SendOptions } from "../../index.js";
import { withSharedStore, type OpenApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { refuseUnknownTask } from "../known-task.js";
import { readDuration, readExpiry, readInstant } from "../local-time.js";
import { readArray, usageError, wholeNumber } from "../usage.js";
import { printOutcome } from "./result.js";

interface Options {
  readonly args?: string;
  readonly eta?: string;
  readonly countdown?: string;
  readonly expires?: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly taskId?: string;
  readonly wait?: true;
  readonly timeout?: string;
}

export function callCommand(action: Action): Command {
  return new Command("call")
    .description("send a task; prints its id")
    .argument("<task>", "the task's name")
    .option("-a, --args <json>", 'arguments, a JSON array: "[2, 2]"')
    .option("--eta <instant>", "not before this instant: 2027-03-28T02:30, with Z or +01:00")
    .option("--countdown <time>", "not before this long from now: 90s, 1h30m")
    .option("--expires <time or instant>", "worthless after this long, or from this instant on")
    .option("--queue <name>", "send to this queue")
    .option("--priority <n>", "0 to 9; 9 runs first", wholeNumber("--priority", 0, 9))
    .option(
      "--task-id <id>",
      "use this id; it is not sent again while its task is known: until its result would expire",
    )
    .option("--wait", "wait for the end and print what the task returned")
    .option("--timeout <time>", "with --wait: wait no longer than this")
    .action(action<[string, Options]>((cli, task, options) => call(cli, task, options)));
}

function call(cli: Cli, task: string, options: Options): Promise<number> {
  const args = options.args === undefined ? [] : readArray("--args", options.args);
  if (options.timeout !== undefined && options.wait === undefined)
    throw usageError("--timeout belongs to --wait");
  const timeout =
    options.timeout === undefined ? undefined : readDuration("--timeout", options.timeout) / 1_000;
  return withSharedStore(cli, async (open) => {
    refuseUnknownTask(open, task);
    const result = await open.app.sendTask(task, args, sendOptions(cli, open, options));
    if (options.wait === undefined) {
      if (cli.terminal.json) cli.terminal.value({ id: result.id });
      else cli.terminal.line(result.id);
      return 0;
    }
    cli.terminal.note(`waiting for ${result.id}`);
    await result.get({ propagate: false, ...(timeout !== undefined && { timeout }) });
    return printOutcome(cli, result, false);
  });
}

function sendOptions(cli: Cli, { core }: OpenApp, options: Options): SendOptions {
  const timezone = cli.options.timezone ?? core.config.timezone;
  const now = cli.clock.now();
  const { eta, countdown, expires, queue, priority, taskId } = options;
  if (eta !== undefined && countdown !== undefined)
    throw usageError("--eta and --countdown say the same: give one");
  return {
    ...(eta !== undefined && { eta: new Date(readInstant("--eta", eta, timezone, now)) }),
    ...(countdown !== undefined && { countdown: readDuration("--countdown", countdown) / 1_000 }),
    ...(expires !== undefined && { expires: readExpiry("--expires", expires, timezone, now) }),
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
    ...(taskId !== undefined && { taskId }),
  };
}
