import { Command } from "commander";
import { audited } from "../../control/index.js";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { mayDrop, placesOf, sumOf, tasks } from "../drop.js";
import { Steps } from "../steps.js";
import { names } from "../usage.js";

interface Options {
  readonly force?: true;
  readonly queues?: readonly string[];
  readonly excludeQueues?: readonly string[];
}

export function purgeCommand(action: Action): Command {
  return new Command("purge")
    .description("drop all tasks that wait; asks first")
    .option("-f, --force", "do not ask")
    .option("-Q, --queues <names>", "only these queues", names("--queues"))
    .option("-X, --exclude-queues <names>", "not these queues", names("--exclude-queues"))
    .action(action<[Options]>((cli, options) => purge(cli, options)));
}

function purge(cli: Cli, options: Options): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const { queues } = await core.store.get();
    const counts = (await queues.counts())
      .map(({ queue, ready, scheduled, blocked = 0 }) => ({ queue, count: ready + scheduled + blocked }))
      .filter(({ queue, count }) => count > 0 && isMeant(queue, options));
    const waiting = sumOf(counts);
    const question = `Drop ${tasks(waiting)} waiting in ${placesOf(counts)}?`;
    if (waiting > 0 && !options.force && !(await mayDrop(terminal, question))) return 1;
    const names = counts.map((count) => count.queue);
    const change = { verb: "purgeQueue", target: names.join(" ") };
    if (waiting === 0) {
      if (terminal.json) terminal.value({ purged: 0, queues: [] });
      else terminal.line("no task waits");
      return 0;
    }
    return Steps.during(cli, async (steps) => {
      let purged = 0;
      const done: string[] = [];
      await audited(core.auditContext, change, async () => {
        for (const name of names) {
          purged += await queues.purge([name]);
          done.push(name);
          if (!steps.goesOn(`dropped ${tasks(purged)}`)) break;
        }
      });
      if (terminal.json) terminal.value({ purged, queues: done });
      else terminal.line(`dropped ${tasks(purged)} from ${placesOf(counts.slice(0, done.length))}`);
      return steps.isInterrupted ? 1 : 0;
    });
  });
}

function isMeant(queue: string, { queues, excludeQueues }: Options): boolean {
  return (queues === undefined || queues.includes(queue)) && excludeQueues?.includes(queue) !== true;
}
