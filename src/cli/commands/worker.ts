import { Command } from "commander";
import { namedQueues } from "../../app/processes.js";
import { quote } from "../../core/quote.js";
import { isPrivate, withApp, type OpenApp } from "../app.js";
import { workerBanner } from "../banner.js";
import { answerCeleryOptions } from "../celery-options.js";
import type { Action, Cli } from "../cli.js";
import type { LogLevel } from "../log-format.js";
import { nodeName } from "../node-name.js";
import { openLog, openStore, readLogLevel, serveProcess } from "../serve.js";
import { watchSettings } from "../store-warnings.js";
import { names, usageError, wholeNumber } from "../usage.js";

interface Options {
  readonly concurrency?: number;
  readonly queues?: readonly string[];
  readonly excludeQueues?: readonly string[];
  readonly hostname: string;
  readonly prefetchMultiplier?: number;
  readonly beat?: true;
  readonly loglevel: LogLevel;
  readonly logfile?: string;
}

export function workerCommand(action: Action): Command {
  const command = new Command("worker")
    .description("run tasks, until Ctrl-C or SIGTERM")
    .option("-c, --concurrency <n>", "tasks that run at once", wholeNumber("--concurrency", 1, 100_000))
    .option(
      "-Q, --queues <names>",
      "take from these queues (default: all that the app names)",
      names("--queues"),
    )
    .option("-X, --exclude-queues <names>", "but not from these", names("--exclude-queues"))
    .option(
      "-n, --hostname <name>",
      "this worker's name; %h host, %n its first label, %d the rest",
      readHostname,
      "default@%h",
    )
    .option("-B, --beat", "run a beat in the same process")
    .option(
      "--prefetch-multiplier <n>",
      "deliveries taken for each free slot",
      wholeNumber("--prefetch-multiplier", 1, 1_000),
    )
    .option("-l, --loglevel <level>", "debug, info, warning or error", readLogLevel, "info")
    .option("-f, --logfile <path>", "append log lines to this file instead of stderr");
  const ignored = answerCeleryOptions(command, "worker");
  return command.action(
    action<[Options]>((cli, options) => {
      cli.host.outliveReader();
      for (const note of ignored) cli.terminal.note(`sunbeat: ${note}`);
      return withApp(cli, (open) => work(cli, open, options));
    }),
  );
}

function readHostname(text: string): string {
  if (text.trim() !== "") return text;
  throw usageError(`--hostname: expected a name such as "fast@%h", got ${quote(text)}`);
}

async function work(cli: Cli, open: OpenApp, options: Options): Promise<number> {
  const { app, core } = open;
  // Before the store is opened: wrong usage is told of also while the broker is away.
  const queues = chosenQueues(open, options);
  const logger = openLog(cli, options.loglevel, options.logfile);
  core.useLogger(logger);
  await openStore(open);
  const hostname = nodeName(options.hostname);
  const { concurrency = core.config.workerConcurrency, prefetchMultiplier } = options;
  const worker = app.worker({
    queues,
    hostname,
    concurrency,
    ...(prefetchMultiplier !== undefined && { prefetchMultiplier }),
  });
  const parts = options.beat === true ? [app.beat(), worker] : [worker];
  const log = `[${options.logfile ?? "stderr"}]@${options.loglevel.toUpperCase()}`;
  cli.terminal.note(
    workerBanner({
      open,
      now: cli.clock.now(),
      log,
      hostname,
      concurrency,
      queues,
      beat: options.beat === true,
    }),
  );
  if (isPrivate(open) && options.beat !== true) {
    logger.warn("The broker memory: is seen by this process alone: nothing that others send arrives here");
  }
  const unwatch = watchSettings(open, cli.clock, logger);
  return serveProcess(cli, open, logger, parts).finally(unwatch);
}

function chosenQueues({ core }: OpenApp, { queues, excludeQueues = [] }: Options): string[] {
  const wanted = queues ?? namedQueues(core);
  const left = wanted.filter((queue) => !excludeQueues.includes(queue));
  if (left.length > 0) return left;
  throw usageError(
    `--exclude-queues leaves no queue of ${wanted.join(", ")} to work for; name those you want with --queues`,
  );
}
