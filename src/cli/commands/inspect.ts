import { Command } from "commander";
import { INSPECT_VERBS, type InspectVerb, verbInfo, verbOf } from "../../control/index.js";
import { didYouMean } from "../../core/nearest.js";
import { quote } from "../../core/quote.js";
import type { StorePageOptions } from "../../index.js";
import { type OpenApp, withSharedStore } from "../app.js";
import { addAskFlags, type AskFlags, askOptions } from "../ask-flags.js";
import type { Action, Cli } from "../cli.js";
import { printPage, printReplies } from "../replies.js";
import { usageError, wholeNumber } from "../usage.js";
import { snake, verbHelp } from "../verb-help.js";

interface InspectFlags extends AskFlags {
  readonly queue?: string;
  readonly task?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export function inspectCommand(action: Action): Command {
  const command = new Command("inspect")
    .description("ask nodes what they do; exit code 1 when one does not answer")
    .argument("[verb]", "what to ask, in Celery's spelling, too")
    .argument("[args...]", "ids of tasks, for query_task")
    .option("--queue <name>", "with scheduled: of this queue alone")
    .option("--task <name>", "with scheduled: of this task alone")
    .option("--limit <n>", "with scheduled, revoked: the first n (50)", wholeNumber("--limit", 1, 500))
    .option("--cursor <text>", "with scheduled, revoked: where an earlier page ended");
  addAskFlags(command).addHelpText("after", verbHelp(INSPECT_VERBS, ["hello"]));
  return command.action(
    action<[string | undefined, readonly string[], InspectFlags]>((cli, verb, args, flags) =>
      inspect(cli, verb, args, flags),
    ),
  );
}

function inspect(
  cli: Cli,
  given: string | undefined,
  args: readonly string[],
  flags: InspectFlags,
): Promise<number> {
  const verb = readVerb(given);
  if (verb === "queryTask" && args.length === 0)
    throw usageError("inspect query_task: expected ids of tasks");
  if (verb !== "queryTask" && args.length > 0) {
    throw usageError(`inspect ${given}: expected no arguments, got ${args.map(quote).join(", ")}`);
  }
  checkFlags(verb, flags);
  const options = askOptions(flags);
  return withSharedStore(cli, async (open) => {
    const { core } = open;
    if (isOfStore(verb)) return inStore(cli, open, verb, flags);
    const wanted = verb === "queryTask" ? { ids: args } : {};
    const replies = await core.control.broadcast(verb, wanted, options);
    return printReplies(cli, open, replies, await core.lazyStore.now());
  });
}

function readVerb(given: string | undefined): InspectVerb {
  const known = Object.keys(INSPECT_VERBS);
  const verb = given === undefined ? undefined : verbOf(given);
  if (verb !== undefined && known.includes(verb)) return verb as InspectVerb;
  const isControl = verb !== undefined && verbInfo(verb) !== undefined;
  const hint =
    verb === undefined ? "" : isControl ? `; sunbeat control ${given} is` : didYouMean(verb, known);
  throw usageError(
    `inspect: expected a verb, one of ${known.filter((name) => name !== "hello").join(", ")}` +
      (given === undefined ? "" : `, got ${quote(given)}${hint}`),
  );
}

type StoreVerb = {
  [V in InspectVerb]: (typeof INSPECT_VERBS)[V]["of"] extends "store" ? V : never;
}[InspectVerb];

const isOfStore = (verb: InspectVerb): verb is StoreVerb => INSPECT_VERBS[verb].of === "store";

/** What is for nodes says nothing to the store, and the other way round. */
function checkFlags(verb: InspectVerb, flags: InspectFlags): void {
  const ofNodes = ["destination", "timeout", "kind"] as const;
  const ofStore = ["queue", "task", "limit", "cursor"] as const;
  const wrong = !isOfStore(verb)
    ? ofStore
    : verb === "revoked"
      ? ([...ofNodes, "queue", "task"] as const)
      : ofNodes;
  const given = wrong.find((flag) => flags[flag] !== undefined);
  if (given === undefined) return;
  const why = isOfStore(verb) ? "the store answers it, no node does" : "nodes answer it, not the store";
  throw usageError(`inspect ${snake(verb)}: expected no --${given}: ${why}`);
}

async function inStore(
  cli: Cli,
  open: OpenApp,
  verb: StoreVerb,
  { queue, task, limit, cursor }: InspectFlags,
): Promise<number> {
  const page: StorePageOptions = { limit, cursor };
  const { inspect } = open.core;
  printPage(
    cli,
    open,
    verb === "revoked" ? await inspect.revoked(page) : await inspect.scheduled({ ...page, queue, task }),
  );
  return 0;
}
