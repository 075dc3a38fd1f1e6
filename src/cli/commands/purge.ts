import { Command } from "commander";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { confirm } from "../confirm.js";
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
    const { broker } = await core.store.get();
    const counts = (await broker.counts())
      .map(({ queue, ready, delayed, parked = 0 }) => ({ queue, waiting: ready + delayed + parked }))
      .filter(({ queue, waiting }) => waiting > 0 && isMeant(queue, options));
    const waiting = counts.reduce((sum, count) => sum + count.waiting, 0);
    const where = counts.map((count) => `${count.queue} (${count.waiting})`).join(", ");
    if (
      waiting > 0 &&
      options.force !== true &&
      !(await confirm(`Drop ${tasks(waiting)} waiting in ${where}?`))
    ) {
      terminal.note("nothing was dropped");
      return 1;
    }
    const purged = waiting === 0 ? 0 : await broker.purge(counts.map((count) => count.queue));
    if (terminal.json) terminal.value({ purged, queues: counts.map((count) => count.queue) });
    else terminal.line(purged === 0 ? "no task waits" : `dropped ${tasks(purged)} from ${where}`);
    return 0;
  });
}

function isMeant(queue: string, { queues, excludeQueues }: Options): boolean {
  return (queues === undefined || queues.includes(queue)) && excludeQueues?.includes(queue) !== true;
}

/** "3 tasks" */
export function tasks(count: number): string {
  return count === 1 ? "1 task" : `${count} tasks`;
}
