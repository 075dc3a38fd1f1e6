import { Command, Option } from "commander";
import { isPrivate, withApp } from "../app.js";
import { beatBanner } from "../banner.js";
import { answerCeleryOptions } from "../celery-options.js";
import type { Action } from "../cli.js";
import { nodeName } from "../node-name.js";
import { readDuration } from "../local-time.js";
import { addHealthFlag, useHealth } from "../health-flag.js";
import { addLogFlags, type LogFlags, openLog } from "../log-flags.js";
import { openStore, serveProcess } from "../serve.js";
import { wholeNumber } from "../usage.js";
import { watchSettings } from "../store-warnings.js";

interface Options extends LogFlags {
  readonly hostname?: string;
  readonly maxInterval?: string;
  readonly maxStartsPerSecond?: number;
  readonly register: "auto" | "apply";
  readonly health?: string;
}

export function beatCommand(action: Action): Command {
  const command = addLogFlags(
    addHealthFlag(
      new Command("beat")
        .description("send what is due, until Ctrl-C or SIGTERM; of several, one leads")
        .option(
          "-n, --hostname <name>",
          "this beat's name; %h host, %n its first label, %d the rest (default: beat@%h, or the next free number of it)",
        )
        .option("--max-interval <time>", "look at the store at least so often (a number is seconds)")
        .option(
          "--max-starts-per-second <n>",
          "start no more of what is due; the rest waits, and is late, not missed",
          wholeNumber("--max-starts-per-second", 1, 1_000_000),
        )
        .addOption(
          new Option(
            "--register <how>",
            "write the entries of the code at the start, or leave that to schedule apply",
          )
            .choices(["auto", "apply"])
            .default("auto"),
        ),
    ),
  );
  const ignored = answerCeleryOptions(command, "beat");
  return command.action(
    action<[Options]>((cli, options) => {
      const { maxInterval, maxStartsPerSecond, hostname, health, register, ...logFlags } = options;
      cli.host.outliveReader();
      for (const note of ignored) cli.terminal.note(`sunbeat: ${note}`);
      const interval =
        maxInterval === undefined ? undefined : readDuration("--max-interval", maxInterval) / 1_000;
      return withApp(cli, async (open) => {
        const { core } = open;
        core.extensions.tell("userPreloadOptions", () => ({
          app: core.name,
          command: "beat",
          options: { ...options },
        }));
        useHealth(core, health);
        const { where, isForPrograms } = await openLog(cli, open, "beat", logFlags);
        const { logger } = core;
        const isThere = await openStore(open);
        const beat = open.app.beat({
          maxLoopInterval: interval,
          maxStartsPerSecond,
          register,
          hostname: hostname === undefined ? undefined : nodeName(hostname),
        });
        if (isThere) await core.nodes.claim();
        if (!isForPrograms) cli.terminal.note(beatBanner({ open, now: cli.clock.now(), log: where }));
        if (isPrivate(open)) {
          logger.warn(
            "The broker memory: is seen by this process alone: use worker --beat, or another broker",
          );
        }
        const unwatch = watchSettings(open, cli.clock, logger);
        return serveProcess(cli, open, [beat]).finally(unwatch);
      });
    }),
  );
}
