import path from "node:path";
import { Command } from "commander";
import { namedQueues } from "../../app/processes.js";
import { concurrencyText, resolveWorkerPools } from "../../app/worker-pools.js";
import { quote } from "../../core/quote.js";
import { isPrivate, withApp, type OpenApp } from "../app.js";
import { workerBanner } from "../banner.js";
import { answerCeleryOptions } from "../celery-options.js";
import type { Action, Cli } from "../cli.js";
import { addHealthFlag, useHealth } from "../health-flag.js";
import { addLogFlags, type LogFlags, openLog } from "../log-flags.js";
import { nodeName } from "../node-name.js";
import { openStore, serveProcess } from "../serve.js";
import { watchSettings } from "../store-warnings.js";
import { addPoolFlags, type PoolFlags, poolOptions } from "../pool-flags.js";
import { fromCommandLine, names, usageError, wholeNumber } from "../usage.js";

interface Options extends PoolFlags, LogFlags {
  readonly queues?: readonly string[];
  readonly excludeQueues?: readonly string[];
  readonly hostname?: string;
  readonly prefetchMultiplier?: number;
  readonly beat?: true;
  readonly health?: string;
  readonly taskEvents?: true;
}

export function workerCommand(action: Action): Command {
  const command = new Command("worker").description("run tasks, until Ctrl-C or SIGTERM");
  addPoolFlags(command)
    .option(
      "-Q, --queues <names>",
      "take from these queues (default: all that the app names)",
      names("--queues"),
    )
    .option("-X, --exclude-queues <names>", "but not from these", names("--exclude-queues"))
    .option(
      "-n, --hostname <name>",
      "this worker's name; %h host, %n its first label, %d the rest (default: default@%h, or the next free number of it)",
      readHostname,
    )
    .option("-B, --beat", "run a beat in the same process")
    .option(
      "--prefetch-multiplier <n>",
      "deliveries taken for each free slot",
      wholeNumber("--prefetch-multiplier", 1, 1_000),
    );
  addHealthFlag(command);
  command.option("-E, --task-events", "tell events without anybody's watch: for readers that are not ours");
  addLogFlags(command);
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
  core.extensions.tell("userPreloadOptions", () => ({
    app: core.name,
    command: "worker",
    options: { ...options },
  }));
  // Before the store is opened: wrong usage is told of also while the broker is away.
  const queues = chosenQueues(open, options);
  const given = options.hostname === undefined ? undefined : nodeName(options.hostname);
  useHealth(core, options.health);
  const { prefetchMultiplier } = options;
  const pools = { ...poolOptions(options), app: path.resolve(open.file) };
  const concurrency = fromCommandLine(() => concurrencyText(resolveWorkerPools(core, pools)));
  const { where: log, isForPrograms } = await openLog(cli, open, "worker", options);
  const { logger } = core;
  const worker = fromCommandLine(() => app.worker({ queues, hostname: given, prefetchMultiplier, ...pools }));
  if (options.taskEvents === true) core.feed.tellEndlessly();
  const isWithBeat = options.beat === true;
  const parts = isWithBeat ? [app.beat(), worker] : [worker];
  const hostname = ((await openStore(open)) ? await core.nodes.claim() : given) ?? nodeName("default@%h");
  const told = { open, now: cli.clock.now(), log, hostname, concurrency, queues, beat: isWithBeat };
  if (!isForPrograms) cli.terminal.note(workerBanner(told));
  if (isPrivate(open) && !isWithBeat) {
    logger.warn("The broker memory: is seen by this process alone: nothing that others send arrives here");
  }
  const unwatch = watchSettings(open, cli.clock, logger);
  // A terminal that is closed sends it, too: what was started there ends with it.
  const restarts = worker.hasChildren && !cli.terminal.isAttended;
  const restart = (): void => void worker.restart();
  return serveProcess(cli, open, parts, restarts ? restart : undefined).finally(unwatch);
}

function chosenQueues({ core }: OpenApp, { queues, excludeQueues = [] }: Options): string[] {
  const wanted = queues ?? namedQueues(core);
  const left = wanted.filter((queue) => !excludeQueues.includes(queue));
  if (left.length > 0) return left;
  throw usageError(
    `--exclude-queues leaves no queue of ${wanted.join(", ")} to work for; name those you want with --queues`,
  );
}
