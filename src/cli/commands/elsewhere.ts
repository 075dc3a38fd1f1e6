import { Command } from "commander";
import type { Action } from "../cli.js";
import { usageError } from "../usage.js";

/** Commands of Celery, and of versions to come, that people try: each answers with what to do. */
const ANSWERS: Readonly<Record<string, string>> = {
  shell: "is not in this version; in a node shell: const { app } = await import('./app.js')",
  list: "has no equivalent here; see sunbeat schedule list, and sunbeat report for tasks and queues",
  multi: "is replaced by worker -n <name>, and by your service manager for several of them",
  logtool: "has no equivalent here",
  migrate: "has no equivalent here",
  upgrade: "has no equivalent here",
  amqp: "has no equivalent here",
};

export function elsewhereCommands(action: Action): Command[] {
  return Object.entries(ANSWERS).map(([name, answer]) =>
    new Command(name)
      .argument("[anything...]")
      .allowUnknownOption()
      .helpOption(false)
      .action(
        action(() => {
          throw usageError(`"sunbeat ${name}" ${answer}`);
        }),
      ),
  );
}
