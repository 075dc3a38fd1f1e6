import { Command } from "commander";
import type { DeadPage, DeadView } from "../../app/index.js";
import { type OpenApp, withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { mayDrop, placesOf, sumOf, tasks } from "../drop.js";
import { formatLocal } from "../local-time.js";
import { table, whole } from "../table.js";
import { Steps } from "../steps.js";
import { usageError, wholeNumber } from "../usage.js";

interface ListFlags {
  readonly limit: number;
  readonly after?: string;
  readonly queue?: string;
  readonly reason?: string;
}

interface Choice {
  readonly all?: true;
  readonly queue?: string;
}

/** The reason under which tasks that failed are shown. */
const FAILED = "failed";
/** Looked through in one go. */
const STEP = 500;

export function deadCommand(action: Action): Command {
  const command = new Command("dead").description(
    "tasks that were given up and kept: no worker has them, they cannot be read, or each worker that took them was lost",
  );
  command.addCommand(
    new Command("list")
      .description("the newest first, and why; with --json also what was sent, an object a line")
      .option("-Q, --queue <name>", "only of this queue")
      .option("--limit <n>", "the newest n", wholeNumber("--limit", 1, 10_000), 50)
      .option("--after <text>", "where an earlier page ended")
      .option(
        "--reason <reason>",
        "only for this reason; failed: those kept since their tasks failed, which are no dead letters",
      )
      .action(action<[ListFlags]>((cli, options) => list(cli, options))),
  );
  command.addCommand(
    choosing(new Command("retry").description("put them back into their queues, as if just sent")).action(
      action<[string[], Choice]>((cli, ids, choice) => retry(cli, ids, choice)),
    ),
  );
  command.addCommand(
    choosing(new Command("delete").description("drop them for good; their results stay until they expire"))
      .option("-f, --force", "do not ask")
      .action(
        action<[string[], Choice & { readonly force?: true }]>((cli, ids, choice) => drop(cli, ids, choice)),
      ),
  );
  return command;
}

function choosing(command: Command): Command {
  return command
    .argument("[ids...]", "ids of the tasks, as list shows them")
    .option("--all", "all that are there now")
    .option("-Q, --queue <name>", "with --all: only of this queue");
}

function list(cli: Cli, flags: ListFlags) {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const { letters, next } = await read(core, flags);
    if (terminal.json) {
      for (const { body, ...letter } of letters) terminal.row({ ...letter, body: parsed(body) });
    } else if (letters.length === 0) terminal.line(noneOf(flags));
    else {
      const timezone = cli.options.timezone ?? core.config.timezone;
      const rows = letters.map((letter) => [
        whole(formatLocal(letter.at.getTime(), timezone, "seconds")),
        ...[letter.queue, letter.task, whole(letter.id), letter.reason],
      ]);
      const head = [`AT (${timezone})`, "QUEUE", "TASK", "ID", "WHY"];
      for (const line of table(terminal, [head, ...rows])) terminal.line(line);
    }
    if (next !== null) terminal.note(`there are more: --after ${next}`);
    return 0;
  });
}

/** As many as are asked for, though they are far between. */
async function read(
  { dead }: OpenApp["core"],
  { limit, after, queue, reason }: ListFlags,
): Promise<DeadPage> {
  const query = { queue, failed: reason === FAILED, ...(reason !== FAILED && { reason }) };
  const letters: DeadView[] = [];
  for (let from = after; ;) {
    const page = await dead.list({ ...query, limit: limit - letters.length, after: from });
    letters.push(...page.letters);
    if (page.next === null || letters.length === limit) return { letters, next: page.next };
    from = page.next;
  }
}

function noneOf({ after, queue, reason }: ListFlags): string {
  if (after !== undefined) return "there are no more";
  if (reason === FAILED) return "no task that failed is kept";
  return queue === undefined && reason === undefined
    ? "there are no dead letters"
    : "there are no dead letters of this queue and reason";
}

/** What was sent, as far as it can be read: that it cannot may be why it is here. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function retry(cli: Cli, ids: readonly string[], choice: Choice): Promise<number> {
  assertChosen(ids, choice);
  return withSharedStore(cli, async ({ core }) => {
    let retried = 0;
    return Steps.during(cli, async (steps) => {
      for await (const part of chosen(core, ids, choice)) {
        retried += await core.dead.retry(part);
        if (!steps.goesOn(`put back ${tasks(retried)}`)) break;
      }
      return tell(cli, ids, { retried }, `put back ${tasks(retried)}`, steps.isInterrupted);
    });
  });
}

function drop(cli: Cli, ids: readonly string[], choice: Choice & { readonly force?: true }): Promise<number> {
  assertChosen(ids, choice);
  return withSharedStore(cli, async ({ core }) => {
    const { queues } = await core.store.get();
    if (choice.all && !choice.force) {
      const counts = (await queues.counts())
        .map(({ queue, dead }) => ({ queue, count: dead }))
        .filter(({ queue, count }) => count > 0 && queue === (choice.queue ?? queue));
      const question = `Drop ${tasks(sumOf(counts))} for good from ${placesOf(counts)}?`;
      if (counts.length > 0 && !(await mayDrop(cli.terminal, question))) return 1;
    }
    let deleted = 0;
    return Steps.during(cli, async (steps) => {
      for await (const part of chosen(core, ids, choice)) {
        deleted += await core.dead.delete(part);
        if (!steps.goesOn(`dropped ${tasks(deleted)}`)) break;
      }
      return tell(cli, ids, { deleted }, `dropped ${tasks(deleted)}`, steps.isInterrupted);
    });
  });
}

function assertChosen(ids: readonly string[], { all, queue }: Choice): void {
  if (all ? ids.length > 0 : ids.length === 0) throw usageError("expected the ids of dead letters, or --all");
  if (queue !== undefined && !all) throw usageError("--queue goes with --all; ids need none");
}

/** The ids in parts. Of all: those that were there at the start, since one that is put back may be here again at once. */
async function* chosen(
  core: OpenApp["core"],
  ids: readonly string[],
  { all, queue }: Choice,
): AsyncGenerator<string[]> {
  if (!all) {
    yield [...new Set(ids)];
    return;
  }
  const store = await core.store.get();
  const startedAt = await store.now();
  for (let after: string | undefined; ;) {
    const { letters, next } = await core.dead.list({ queue, after, limit: STEP });
    const part = letters.filter(({ at }) => at.getTime() <= startedAt).map(({ id }) => id);
    if (part.length > 0) yield part;
    if (next === null) return;
    after = next;
  }
}

/** Gives the exit code: 1 when some of the named ones were not found, or it was interrupted. */
function tell(
  { terminal }: Cli,
  ids: readonly string[],
  found: Readonly<Record<string, number>>,
  text: string,
  isInterrupted: boolean,
): number {
  const [number = 0] = Object.values(found);
  const missing = ids.length === 0 ? 0 : new Set(ids).size - number;
  if (terminal.json) terminal.value({ ...found, ...(ids.length > 0 && { missing }) });
  else if (number > 0) terminal.line(text);
  else if (ids.length === 0) terminal.line("there are no dead letters");
  if (missing > 0)
    terminal.problem(`${missing} of them ${missing === 1 ? "is" : "are"} not among the dead letters`);
  return missing > 0 || isInterrupted ? 1 : 0;
}
