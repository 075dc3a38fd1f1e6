import { Command } from "commander";
import { isPrivate, withApp } from "../app.js";
import { beatBanner } from "../banner.js";
import { answerCeleryOptions } from "../celery-options.js";
import type { Action } from "../cli.js";
import type { LogLevel } from "../log-format.js";
import { readDuration } from "../local-time.js";
import { openLog, openStore, readLogLevel, serveProcess } from "../serve.js";
import { watchSettings } from "../store-warnings.js";

interface Options {
  readonly maxInterval?: string;
  readonly loglevel: LogLevel;
  readonly logfile?: string;
}

export function beatCommand(action: Action): Command {
  const command = new Command("beat")
    .description("send what is due, until Ctrl-C or SIGTERM; of several, one leads")
    .option("--max-interval <time>", "look at the store at least so often (a number is seconds)")
    .option("-l, --loglevel <level>", "debug, info, warning or error", readLogLevel, "info")
    .option("-f, --logfile <path>", "append log lines to this file instead of stderr");
  const ignored = answerCeleryOptions(command, "beat");
  return command.action(
    action<[Options]>((cli, { maxInterval, loglevel, logfile }) => {
      cli.host.outliveReader();
      for (const note of ignored) cli.terminal.note(`sunbeat: ${note}`);
      const interval =
        maxInterval === undefined ? undefined : readDuration("--max-interval", maxInterval) / 1_000;
      return withApp(cli, async (open) => {
        const logger = openLog(cli, loglevel, logfile);
        open.core.useLogger(logger);
        await openStore(open);
        const beat = open.app.beat(interval === undefined ? {} : { maxLoopInterval: interval });
        const log = `[${logfile ?? "stderr"}]@${loglevel.toUpperCase()}`;
        cli.terminal.note(beatBanner({ open, now: cli.clock.now(), log }));
        if (isPrivate(open)) {
          logger.warn(
            "The broker memory: is seen by this process alone: use worker --beat, or another broker",
          );
        }
        const unwatch = watchSettings(open, cli.clock, logger);
        return serveProcess(cli, open, logger, [beat]).finally(unwatch);
      });
    }),
  );
}
