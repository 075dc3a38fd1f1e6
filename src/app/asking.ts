/** How programs and the command line ask nodes. */
import { ask, type Ask, MOST_TIMEOUT_MS, type Replies, verbInfo, verbOf } from "../control/index.js";
import { CONTROL_VERBS, INSPECT_VERBS } from "../control/index.js";
import type { Duration } from "../core/duration.js";
import { SunbeatError } from "../core/errors.js";
import {
  assertKnownKeys,
  assertObject,
  booleanOption,
  choiceOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
  textsOption,
} from "../core/options.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import type { ControlContext } from "./control-context.js";

export interface AskOptions {
  /** Names of nodes. Default: all that fit the rest. */
  readonly destination?: string | readonly string[] | undefined;
  /** Nodes whose names fit: `*` stands for any text, `?` for one character. */
  readonly pattern?: string | undefined;
  /** Nodes with a worker, or with a beat. */
  readonly kind?: "worker" | "beat" | undefined;
  /** How long replies are waited for; each that is there is given at once. Default 1 s, of SQLite 2 s. */
  readonly timeout?: Duration | undefined;
  /** So many replies are enough. Default: those of all. */
  readonly limit?: number | undefined;
}

export interface BroadcastOptions extends AskOptions {
  /** Whether replies are waited for. Default true. */
  readonly reply?: boolean | undefined;
}

const KEYS = ["destination", "pattern", "kind", "timeout", "limit", "reply"] as const;
const [TIMEOUT_MS, SQLITE_TIMEOUT_MS] = [1_000, 2_000] as const;

/** What is asked, checked. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID. */
export function askOf(
  core: ControlContext,
  given: string,
  args: unknown,
  options: BroadcastOptions,
  what: string,
): Ask {
  assertKnownKeys(options, KEYS, what);
  const { destination, pattern, kind, timeout, limit, reply } = options;
  const verb = verbOf(nameOption(given, `${what}: verb`));
  if (verbInfo(verb) === undefined) {
    const known = [...Object.keys(INSPECT_VERBS), ...Object.keys(CONTROL_VERBS)];
    throw invalidOption(`${what}: verb`, `a verb of remote control${didYouMean(verb, known)}`, given);
  }
  if (args !== undefined) assertObject(args, `${what}: args`);
  if (!isJson(args)) throw invalidOption(`${what}: args`, "what JSON can hold", args);
  const nodes =
    destination === undefined
      ? undefined
      : textsOption(typeof destination === "string" ? [destination] : destination, `${what}: destination`);
  const timeoutMs =
    timeout === undefined
      ? core.brokerLabel.startsWith("sqlite:")
        ? SQLITE_TIMEOUT_MS
        : TIMEOUT_MS
      : durationOption(timeout, `${what}: timeout`, 1);
  if (timeoutMs > MOST_TIMEOUT_MS) throw invalidOption(`${what}: timeout`, "at most 5 minutes", timeout);
  return {
    ...{ verb, args: args ?? {}, timeoutMs },
    to: {
      ...(nodes !== undefined && { nodes }),
      ...(pattern !== undefined && { pattern: nameOption(pattern, `${what}: pattern`) }),
      ...(kind !== undefined && { kind: choiceOption(kind, `${what}: kind`, ["worker", "beat"] as const) }),
    },
    reply: reply === undefined ? true : booleanOption(reply, `${what}: reply`),
    limit: limit === undefined ? Infinity : integerOption(limit, `${what}: limit`, 1, 1_000_000),
  };
}

/** Whether it can travel: a bigint, or an object that contains itself, cannot. */
function isJson(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

/** Asks them. Code: SUNBEAT_CONTROL_REFUSED, where this process has keys and none to sign with. */
export async function askNodes(core: ControlContext, wanted: Ask): Promise<Replies> {
  return ask(core.nodes.askDeps, wanted);
}

/** Whom a request is for, for the audit. */
export function addressText({ nodes, pattern, kind }: Ask["to"]): string {
  const parts = [
    ...(nodes === undefined ? [] : [nodes.join(",")]),
    ...(pattern === undefined ? [] : [pattern]),
    ...(kind === undefined ? [] : [`every ${kind}`]),
  ];
  return parts.length === 0 ? "all nodes" : parts.join(", ");
}

/** The first error among replies, as one that is thrown. */
export function refusalIn({ replies }: Replies): SunbeatError | null {
  const failed = replies.find(({ error }) => error !== undefined);
  if (failed?.error === undefined) return null;
  return new SunbeatError("SUNBEAT_CONTROL_REFUSED", `node ${quote(failed.node)}: ${failed.error.message}`);
}
