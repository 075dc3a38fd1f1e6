import { Command } from "commander";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { mayDrop, placesOf, sumOf, tasks } from "../drop.js";
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
    const where = placesOf(counts);
    const question = `Drop ${tasks(waiting)} waiting in ${where}?`;
    if (waiting > 0 && !options.force && !(await mayDrop(terminal, question))) return 1;
    const purged = waiting === 0 ? 0 : await queues.purge(counts.map((count) => count.queue));
    if (terminal.json) terminal.value({ purged, queues: counts.map((count) => count.queue) });
    else terminal.line(purged === 0 ? "no task waits" : `dropped ${tasks(purged)} from ${where}`);
    return 0;
  });
}

function isMeant(queue: string, { queues, excludeQueues }: Options): boolean {
  return (queues === undefined || queues.includes(queue)) && excludeQueues?.includes(queue) !== true;
}
