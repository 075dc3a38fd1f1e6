import { Command } from "commander";
import { formatDuration } from "../../core/duration.js";
import { quote } from "../../core/quote.js";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { formatLocal, readDuration } from "../local-time.js";
import { durationText } from "../run-text.js";
import { type Cell, table, whole } from "../table.js";
import { wholeNumber } from "../usage.js";
import type { QueuePause } from "../../app/index.js";
import type { MessageState } from "../../store/contracts/queues.js";

interface PauseFlags {
  readonly for?: string;
  readonly reason?: string;
}

interface BrowseFlags {
  readonly state: string;
  readonly task?: string;
  readonly limit: number;
  readonly after?: string;
}

export function queuesCommand(action: Action): Command {
  const command = new Command("queues")
    .description("what each queue holds, and which are paused")
    .action(action<[]>((cli) => list(cli)));
  command.addCommand(new Command("list").description("the same").action(action<[]>((cli) => list(cli))));
  command.addCommand(
    new Command("browse")
      .description("tasks that wait in a queue, or are at work, in the order in which they are taken")
      .argument("<name>", "name of the queue")
      .option("--state <state>", "ready, scheduled, leased, blocked or dead", "ready")
      .option("--task <name>", "only of this task")
      .option("--limit <n>", "at most n", wholeNumber("--limit", 1, 500), 20)
      .option("--after <text>", "where an earlier page ended")
      .action(action<[string, BrowseFlags]>((cli, name, flags) => browse(cli, name, flags))),
  );
  command.addCommand(
    new Command("pause")
      .description("take no more tasks from a queue; what runs goes on, what is sent waits")
      .argument("<name>", "name of the queue")
      .option("--for <time>", "go on by itself after this long, such as 2h (default: when it is resumed)")
      .option("--reason <text>", "for those who find it paused")
      .action(action<[string, PauseFlags]>((cli, name, flags) => pause(cli, name, flags))),
  );
  command.addCommand(
    new Command("resume")
      .description("take tasks from a paused queue again")
      .argument("<name>", "name of the queue")
      .action(action<[string]>((cli, name) => resume(cli, name))),
  );
  return command;
}

function list(cli: Cli): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const counts = await core.queues.list();
    if (terminal.json) {
      terminal.value(
        counts.map(({ queue, ready, scheduled, blocked, leased, dead, failed, oldestReadyAt, paused }) => ({
          ...{ queue, ready, scheduled, blocked, leased, dead, failed, oldestReadyAt },
          paused: paused ? pauseOf(paused) : null,
        })),
      );
    } else if (counts.length === 0) terminal.line("no queue holds a task, and none is paused");
    else {
      const timezone = cli.options.timezone ?? core.config.timezone;
      const local = (at: Date): string => formatLocal(at.getTime(), timezone, "seconds");
      const now = await (await core.store.get()).now();
      const rows = counts.map((count): Cell[] => [
        count.queue,
        String(count.ready),
        count.oldestReadyAt ? durationText(Math.max(0, now - count.oldestReadyAt.getTime())) : "-",
        ...[count.scheduled, count.blocked, count.leased].map(String),
        { text: String(count.dead), format: count.dead > 0 ? "yellow" : "dim" },
        { text: String(count.failed), format: count.failed > 0 ? "yellow" : "dim" },
        count.paused ? { text: pausedText(count.paused, local), format: "yellow", fit: "wrap" } : "",
      ]);
      const head = [
        ...["QUEUE", "READY", "OLDEST", "SCHEDULED", "BLOCKED", "LEASED", "DEAD", "FAILED"],
        `PAUSED (${timezone})`,
      ];
      for (const line of table(terminal, [head, ...rows])) terminal.line(line);
    }
    return 0;
  });
}

function pauseOf({ since, by, reason, until }: QueuePause): Omit<QueuePause, "queue"> {
  return { since, by, reason, until };
}

function browse(cli: Cli, name: string, { state, task, limit, after }: BrowseFlags): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const page = await core.queues.browse(name, {
      ...{ state: state as MessageState, limit },
      ...(task !== undefined && { task }),
      ...(after !== undefined && { after }),
    });
    const timezone = cli.options.timezone ?? core.config.timezone;
    const local = (at: number): string => formatLocal(at, timezone, "seconds");
    if (terminal.json) {
      for (const { enqueuedAt, eta, expires, ...message } of page.messages) {
        terminal.row({
          ...message,
          enqueuedAt: new Date(enqueuedAt),
          eta: date(eta),
          expires: date(expires),
        });
      }
    } else if (page.messages.length === 0) terminal.line(`no task of queue ${quote(name)} is ${state}`);
    else {
      const rows = page.messages.map((one): Cell[] => [
        ...[one.task, whole(one.id), String(one.priority), whole(local(one.enqueuedAt))],
        ...[
          one.eta === null ? "-" : whole(local(one.eta)),
          `${one.retries}`,
          `${one.deliveries}/${one.maxDeliveries}`,
        ],
        one.entry ?? "",
      ]);
      const head = [
        "TASK",
        "ID",
        "PRIORITY",
        `SENT (${timezone})`,
        "NOT BEFORE",
        "RETRIES",
        "DELIVERIES",
        "ENTRY",
      ];
      for (const line of table(terminal, [head, ...rows])) terminal.line(line);
    }
    if (page.next !== null) terminal.note(`there may be more: --after ${quote(page.next)}`);
    return 0;
  });
}

const date = (at: number | null): Date | null => (at === null ? null : new Date(at));

function pausedText({ since, until, by, reason }: QueuePause, local: (at: Date) => string): string {
  const end = until === null ? "" : `, until ${local(until)}`;
  return `since ${local(since)}${end}, by ${by}${reason === null ? "" : `: ${reason}`}`;
}

function pause(cli: Cli, name: string, flags: PauseFlags): Promise<number> {
  const forMs = flags.for === undefined ? undefined : readDuration("--for", flags.for);
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const { reason } = flags;
    const paused = await core.queues.pause(name, {
      ...(forMs !== undefined && { for: { milliseconds: forMs } }),
      ...(reason !== undefined && { reason }),
    });
    if (terminal.json) terminal.value(paused);
    else if (forMs === undefined) terminal.line(`paused ${name}, until sunbeat queues resume ${quote(name)}`);
    else terminal.line(`paused ${name} for ${formatDuration(forMs)}`);
    return 0;
  });
}

function resume(cli: Cli, name: string): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const was = await core.queues.resume(name);
    if (terminal.json) terminal.value({ queue: name, resumed: was });
    else terminal.line(was ? `resumed ${name}` : `${name} was not paused`);
    return 0;
  });
}
