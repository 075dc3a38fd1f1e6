import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Command, Option } from "commander";
import type { AsyncResult, SendOptions, UniqueOptions } from "../../index.js";
import { withSharedStore, type OpenApp } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { tasksOf } from "../form-text.js";
import { refuseUnknownTask } from "../known-task.js";
import { readDuration, readExpiry, readInstant } from "../local-time.js";
import { fromCommandLine, readArray, readObject, usageError, wholeNumber } from "../usage.js";
import { printOutcome } from "./result.js";

const ON_CONFLICT = ["join", "replace", "refuse", "queue-one"] as const satisfies readonly NonNullable<
  UniqueOptions["onConflict"]
>[];

interface Options {
  readonly form?: string;
  readonly args?: string;
  readonly eta?: string;
  readonly countdown?: string;
  readonly expires?: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly taskId?: string;
  readonly unique?: string;
  readonly onConflict?: (typeof ON_CONFLICT)[number];
  readonly wait?: true;
  readonly timeout?: string;
}

export function callCommand(action: Action): Command {
  return new Command("call")
    .description("send a task, or a form of tasks; prints its id")
    .argument("[task]", "the task's name; left out with --form")
    .option("-a, --args <json>", 'arguments, a JSON array: "[2, 2]"; of a form those that it leaves open')
    .option(
      "--form <file>",
      "send a chain, group, chord or graph as its toJSON() gives it; - reads stdin; prints the id of the graph",
    )
    .option("--eta <instant>", "not before this instant: 2027-03-28T02:30, with Z or +01:00")
    .option("--countdown <time>", "not before this long from now: 90s, 1h30m")
    .option("--expires <time or instant>", "worthless after this long, or from this instant on")
    .option("--queue <name>", "send to this queue")
    .option("--priority <n>", "0 to 9; 9 runs first", wholeNumber("--priority", 0, 9))
    .option(
      "--task-id <id>",
      "use this id; it is not sent again while its task is known: until its result would expire",
    )
    .option("--unique <key>", "one task of this key at a time; keys belong to their task")
    .addOption(
      new Option(
        "--on-conflict <policy>",
        "with --unique: where another one has the key (default: join)",
      ).choices(ON_CONFLICT),
    )
    .option("--wait", "wait for the end and print what the task returned")
    .option("--timeout <time>", "with --wait: wait no longer than this")
    .action(action<[string | undefined, Options]>((cli, task, options) => call(cli, task, options)));
}

async function call(cli: Cli, task: string | undefined, options: Options): Promise<number> {
  const { form, wait } = options;
  if ((task === undefined) === (form === undefined)) {
    throw usageError("expected the name of a task, or --form FILE");
  }
  const args = options.args === undefined ? [] : readArray("--args", options.args);
  if (options.timeout !== undefined && wait === undefined) throw usageError("--timeout belongs to --wait");
  const timeout =
    options.timeout === undefined ? undefined : readDuration("--timeout", options.timeout) / 1_000;
  const json = form === undefined ? null : await readForm(form);
  return withSharedStore(cli, async (open) => {
    const sending = sendOptions(cli, open, options);
    const { id, result } =
      json === null ? await sendTask(open, task!, args, sending) : await sendForm(open, json, args, sending);
    if (wait === undefined) {
      if (cli.terminal.json) cli.terminal.value({ id });
      else cli.terminal.line(id);
      return 0;
    }
    cli.terminal.note(`waiting for ${id}`);
    await result.get({ propagate: false, ...(timeout !== undefined && { timeout }) });
    return printOutcome(cli, result, { id, traceback: false });
  });
}

interface Sent {
  /** Of a graph that of the whole, and not of the part that gives its value. */
  readonly id: string;
  readonly result: AsyncResult;
}

async function sendTask(
  open: OpenApp,
  task: string,
  args: readonly unknown[],
  options: SendOptions,
): Promise<Sent> {
  refuseUnknownTask(open, task);
  const result = await open.app.sendTask(task, args, options);
  return { id: result.id, result };
}

async function sendForm(
  open: OpenApp,
  json: object,
  args: readonly unknown[],
  options: SendOptions,
): Promise<Sent> {
  const form = fromCommandLine(() => open.app.fromJSON(json));
  // Those of sunbeat itself are known to every worker.
  for (const task of tasksOf(json)) if (!task.startsWith("sunbeat.")) refuseUnknownTask(open, task);
  const result = await form.applyAsync(args, options);
  return { id: result.graphId, result };
}

async function readForm(file: string): Promise<object> {
  let read: string;
  try {
    read = file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  } catch (error) {
    throw usageError(`--form: ${(error as Error).message}`);
  }
  return readObject("--form", read, '{"chain": [...]}');
}

function sendOptions(cli: Cli, { core }: OpenApp, options: Options): SendOptions {
  const timezone = cli.options.timezone ?? core.config.timezone;
  const now = cli.clock.now();
  const { eta, countdown, expires, queue, priority, taskId, unique: key, onConflict } = options;
  if (eta !== undefined && countdown !== undefined)
    throw usageError("--eta and --countdown say the same: give one");
  if (onConflict !== undefined && key === undefined) throw usageError("--on-conflict belongs to --unique");
  if (key === "") throw usageError("--unique: expected text that is not empty");
  return {
    ...(eta !== undefined && { eta: new Date(readInstant("--eta", eta, timezone, now)) }),
    ...(countdown !== undefined && { countdown: readDuration("--countdown", countdown) / 1_000 }),
    ...(expires !== undefined && { expires: readExpiry("--expires", expires, timezone, now) }),
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
    ...(taskId !== undefined && { taskId }),
    ...(key !== undefined && { unique: { key, onConflict } }),
  };
}
