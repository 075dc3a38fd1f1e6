/** `sunbeat control VERB ARGS...`. */
import { CONTROL_VERBS, type ControlVerb, INSPECT_VERBS, verbOf } from "../control/index.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import { type OpenApp, withSharedStore } from "./app.js";
import { type AskFlags, askOptions } from "./ask-flags.js";
import type { Cli } from "./cli.js";
import { readDuration } from "./local-time.js";
import { printReplies } from "./replies.js";
import { usageError } from "./usage.js";

export interface ControlFlags extends AskFlags {
  readonly terminate?: true;
  readonly reason?: string;
  readonly for?: string;
  readonly grace?: string;
}

export function steer(
  cli: Cli,
  given: string | undefined,
  args: readonly string[],
  flags: ControlFlags,
): Promise<number> {
  const verb = readVerb(given);
  const { params } = CONTROL_VERBS[verb];
  checkCount(verb, params, args);
  if (isOfStore(verb)) return withSharedStore(cli, (open) => inStore(cli, open, verb, args, flags));
  const options = askOptions(flags);
  const wanted = argsOf(verb, params, args, flags);
  return withSharedStore(cli, async (open) => {
    const { control, lazyStore } = open.core;
    const replies =
      verb === "trigger"
        ? await control.trigger(String(wanted["name"]), options)
        : await control.broadcast(verb, wanted, options);
    return printReplies(cli, open, replies, await lazyStore.now());
  });
}

function readVerb(given: string | undefined): ControlVerb {
  const verb = given === undefined ? "" : verbOf(given);
  if (Object.hasOwn(CONTROL_VERBS, verb)) return verb as ControlVerb;
  const known = Object.keys(CONTROL_VERBS);
  const hint = Object.hasOwn(INSPECT_VERBS, verb) ? `; sunbeat inspect ${given} is` : didYouMean(verb, known);
  throw usageError(
    `control: expected a verb, one of rateLimit, ${known.join(", ")}` +
      (given === undefined ? "" : `, got ${quote(given)}${hint}`),
  );
}

/** Slots may be left out: one is meant. */
const OPTIONAL: ReadonlySet<string> = new Set(["n", "min", "soft", "hard"]);

function checkCount(verb: string, params: readonly string[], args: readonly string[]): void {
  const isList = params.at(-1)?.endsWith("...") === true;
  const least = params.filter((param) => !OPTIONAL.has(param)).length;
  if (args.length >= least && (isList || args.length <= params.length)) return;
  const expected = params.length === 0 ? "no arguments" : params.join(", ").toUpperCase();
  throw usageError(
    `control ${verb}: expected ${expected}, got ${args.length === 0 ? "nothing" : args.map(quote).join(", ")}`,
  );
}

const NUMBERS: ReadonlySet<string> = new Set(["n", "max", "min", "soft", "hard"]);

function argsOf(
  verb: string,
  params: readonly string[],
  args: readonly string[],
  { grace }: ControlFlags,
): Record<string, unknown> {
  const named: [string, unknown][] = args.map((text, index) => {
    const param = params[index]!;
    return [param, NUMBERS.has(param) ? numberOf(verb, param, text) : text];
  });
  if (grace !== undefined) named.push(["grace", numberOf(verb, "grace", grace)]);
  return Object.fromEntries(named);
}

function numberOf(verb: string, param: string, text: string): number | string {
  if (text === "none" && (param === "soft" || param === "hard")) return text;
  if (/^\d{1,9}(?:\.\d{1,3})?$/.test(text)) return Number(text);
  throw usageError(`control ${verb}: ${param}: expected a number, got ${quote(text)}`);
}

type StoreVerb = {
  [V in ControlVerb]: (typeof CONTROL_VERBS)[V]["of"] extends "store" ? V : never;
}[ControlVerb];

const isOfStore = (verb: ControlVerb): verb is StoreVerb => CONTROL_VERBS[verb].of === "store";

/** Steps of the store: no node is needed. */
async function inStore(
  { terminal }: Cli,
  { core }: OpenApp,
  verb: StoreVerb,
  args: readonly string[],
  flags: ControlFlags,
): Promise<number> {
  const { control } = core;
  const { reason } = flags;
  const forMs = flags.for === undefined ? undefined : { milliseconds: readDuration("--for", flags.for) };
  const why = reason === undefined ? {} : { reason };
  const tell = (value: object, line: string): number => {
    if (terminal.json) terminal.row({ node: "store", ok: value });
    else terminal.line(line);
    return 0;
  };
  const tasks = `${args.length} task${args.length === 1 ? "" : "s"}`;
  switch (verb) {
    case "revoke":
      await control.revoke(args, { ...why, terminate: flags.terminate === true });
      return tell(
        { revoked: args, terminate: flags.terminate === true },
        flags.terminate === true
          ? `revoked ${tasks}; running ones are to end`
          : `revoked ${tasks}; what runs goes on`,
      );
    case "terminate":
      await control.terminate(args, why);
      return tell({ revoked: args, terminate: true }, `revoked ${tasks}; running ones are to end`);
    case "revokeByHeaders": {
      const headers = headersOf(args);
      await control.revokeByHeaders(headers, forMs === undefined ? {} : { for: forMs });
      return tell(
        { headers },
        `what carries ${args.join(" and ")} does not begin, ${flags.for === undefined ? "for a day" : `for ${flags.for}`}`,
      );
    }
    case "pauseQueue": {
      const paused = await control.pauseQueue(args[0]!, {
        ...why,
        ...(forMs !== undefined && { for: forMs }),
      });
      return tell(paused, `paused ${args[0]}`);
    }
    case "resumeQueue": {
      const resumed = await control.resumeQueue(args[0]!);
      return tell({ queue: args[0], resumed }, resumed ? `resumed ${args[0]}` : `${args[0]} was not paused`);
    }
    case "election": {
      const { ok } = await control.election();
      return tell(ok as object, "nothing is elected among nodes: the store leads");
    }
  }
}

function headersOf(args: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    args.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw usageError(`control revokeByHeaders: expected name=value, got ${quote(text)}`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
