import { Command } from "commander";
import { breakPermit } from "../../app/index.js";
import { quote } from "../../core/quote.js";
import { withSharedStore } from "../app.js";
import type { LockHistoryRow } from "../../index.js";
import type { Action, Cli } from "../cli.js";
import { formatLocal } from "../local-time.js";
import { durationText, spanText } from "../run-text.js";
import { type Cell, table, whole } from "../table.js";
import { wholeNumber } from "../usage.js";

/** Locks listed in one go. */
const LISTED = 1_000;
/** Shown in one go; of more holders or waiters the foremost ones, with the number of all. */
const SHOWN = 100;

export function locksCommand(action: Action): Command {
  const command = new Command("locks").description("look at the locks of tasks, entries and programs");
  command.addCommand(
    new Command("list")
      .description("locks that are held or waited for, by name")
      .option("--after <name>", "only those after this name")
      .action(action<[{ readonly after?: string }]>((cli, { after }) => list(cli, after))),
  );
  command.addCommand(
    new Command("inspect")
      .description("who holds a lock and who waits for it, foremost first")
      .argument("<name>", "name of the lock")
      .action(action<[string]>((cli, name) => inspect(cli, name))),
  );
  command.addCommand(
    new Command("history")
      .description("who waited for a lock, held it, gave it back or lost it, newest first")
      .argument("[name]", "name of the lock; all when it is left out")
      .option("--limit <n>", "the newest n rows", wholeNumber("--limit", 1, 10_000), 50)
      .action(
        action<[string | undefined, { readonly limit: number }]>((cli, name, { limit }) =>
          history(cli, name, limit),
        ),
      ),
  );
  command.addCommand(
    new Command("break")
      .description("end one permit by force; the next in line gets it, and its holder may still be at work")
      .argument("<name>", "name of the lock")
      .argument("<token>", "the permit, as inspect shows it")
      .action(action<[string, string]>((cli, name, token) => breakOne(cli, name, token))),
  );
  return command;
}

function list(cli: Cli, after: string | undefined): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const locks = await core.locks.list({ after, limit: LISTED });
    if (terminal.json) terminal.value(locks);
    else if (locks.length === 0) terminal.line("no lock is held or waited for");
    else {
      const rows = locks.map(({ name, capacity, held, waiting }) => [
        name,
        `${held} of ${capacity}`,
        String(waiting),
      ]);
      for (const line of table(terminal, [["LOCK", "HELD", "WAITING"], ...rows])) terminal.line(line);
    }
    if (locks.length === LISTED) terminal.note(`there may be more: --after ${quote(locks.at(-1)!.name)}`);
    return 0;
  });
}

function inspect(cli: Cli, name: string): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const found = await core.locks.inspect(name);
    if (terminal.json) {
      terminal.value(found);
      return 0;
    }
    if (found === null) {
      terminal.line(`${name}: nobody holds it or waits for it`);
      return 0;
    }
    const now = await (await core.store.get()).now();
    const age = (since: Date): string => durationText(Math.max(0, now - since.getTime()));
    terminal.line(`${found.name}: ${found.held} of ${found.capacity} held, ${found.waiting} waiting`);
    const holders = found.holders
      .slice(0, SHOWN)
      .map(({ kind, label, id, since, until, fence, token }) => [
        ...["holds", kind, label, id, age(since)],
        ...[`ends in ${durationText(Math.max(0, until.getTime() - now))}`, String(fence ?? "-"), token],
      ]);
    const waiters = found.waiters
      .slice(0, SHOWN)
      .map(({ kind, label, id, since }) => ["waits", kind, label, id, age(since)]);
    const head = ["", "KIND", "WHO", "ID", "SINCE", "LEASE", "FENCE", "TOKEN"];
    for (const line of table(terminal, [head, ...holders, ...waiters])) terminal.line(line);
    const moreHold = found.held - holders.length;
    const moreWait = found.waiting - waiters.length;
    if (moreHold > 0) terminal.line(`and ${moreHold} more hold it`);
    if (moreWait > 0) terminal.line(`and ${moreWait} more wait`);
    return 0;
  });
}

function history(cli: Cli, name: string | undefined, limit: number): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const rows = await (name === undefined
      ? core.locks.history({ limit })
      : core.locks.history(name, { limit }));
    if (terminal.json) for (const row of rows) terminal.row(row);
    else if (rows.length === 0) terminal.line("nothing has happened yet");
    else {
      const timezone = cli.options.timezone ?? core.config.timezone;
      const lines = rows.map((row): Cell[] => [
        whole(formatLocal(row.at.getTime(), timezone, "milliseconds")),
        row.lock,
        UNWANTED.has(row.event) ? { text: row.event, format: "yellow" } : row.event,
        tookOf(row),
        ...[row.kind, row.label, row.id, String(row.fence ?? "-")],
      ]);
      const head = [`AT (${timezone})`, "LOCK", "EVENT", "", "KIND", "WHO", "ID", "FENCE"];
      for (const line of table(terminal, [head, ...lines])) terminal.line(line);
    }
    return 0;
  });
}

/** What nobody plans for. */
const UNWANTED: ReadonlySet<LockHistoryRow["event"]> = new Set(["lost", "broken", "gave-up"]);

function tookOf({ waitedMs, heldMs }: LockHistoryRow): string {
  if (heldMs !== null) return `held ${spanText(heldMs)}`;
  return waitedMs ? `after ${spanText(waitedMs)}` : "";
}

function breakOne(cli: Cli, name: string, token: string): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    await breakPermit(core, name, token);
    if (cli.terminal.json) cli.terminal.value({ lock: name, token, broken: true });
    else
      cli.terminal.line(
        `broke permit ${token} of lock ${name}; its holder's signal aborts when it learns of it`,
      );
    return 0;
  });
}
