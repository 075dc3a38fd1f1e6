/** The `unique` option of tasks and sends: its check, and the key of one message. Pure. */
import { createHash } from "node:crypto";
import { canonicalJSON } from "../core/canonical-json.js";
import { ConfigurationError, messageOf } from "../core/errors.js";
import { assertKnownKeys, choiceOption, durationOption, invalidOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import { type MessageUnique, UNIQUE_POLICIES, type UniqueOptions, type UniquePolicy } from "./message.js";

/** `unique` of a task: its key may be made of the arguments. */
export interface TaskUniqueOptions extends Omit<UniqueOptions, "key"> {
  /** Text, or a function of the task's arguments that gives it. Default: all arguments. */
  // `any`, so that the parameters of such a function need not be repeated as type arguments.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly key?: string | ((...args: any[]) => string) | undefined;
}

/** Options after their check. */
export interface Unique extends Omit<MessageUnique, "key"> {
  /** Null: all arguments. */
  readonly key: TaskUniqueOptions["key"] | null;
}

const OPTIONS = [
  "key",
  "ttl",
  "until",
  "onConflict",
  "maxWait",
] as const satisfies readonly (keyof UniqueOptions)[];

/** A key that is longer is kept as its hash. */
const LONGEST_KEY = 200;

function keyText(key: unknown, what: string): string {
  if (typeof key === "string" && key !== "") return key;
  throw invalidOption(what, "text that is not empty", key);
}

/** Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID. `of`: "task" allows a function as key. */
export function resolveUnique(options: TaskUniqueOptions, what: string, of: "task" | "send"): Unique {
  assertKnownKeys(options, OPTIONS, what);
  const { key, ttl, until, maxWait } = options;
  if (key !== undefined && !(of === "task" && typeof key === "function")) keyText(key, `${what}.key`);
  const onConflict = choiceOption(options.onConflict ?? "join", `${what}.onConflict`, UNIQUE_POLICIES);
  if (maxWait !== undefined && onConflict !== "replace" && onConflict !== "queue-one") {
    throw invalidOption(`${what}.maxWait`, 'nothing unless onConflict is "replace" or "queue-one"', maxWait);
  }
  const ttlMs = ttl === undefined ? null : durationOption(ttl, `${what}.ttl`, 1);
  return {
    key: key ?? null,
    ttlMs,
    until:
      until === undefined
        ? untilOf(ttlMs, onConflict)
        : choiceOption(until, `${what}.until`, ["started", "finished"] as const),
    onConflict,
    maxWaitMs: maxWait === undefined ? null : durationOption(maxWait, `${what}.maxWait`, 1),
  };
}

/** Those who wait for another wait for its end; others are kept away for the time that was said. */
function untilOf(ttlMs: number | null, onConflict: UniquePolicy): MessageUnique["until"] {
  const isTimed = ttlMs !== null && (onConflict === "join" || onConflict === "refuse");
  return isTimed ? null : "finished";
}

/** Of one message. Codes: SUNBEAT_OPTION_INVALID where the key's function fails, SUNBEAT_PAYLOAD_INVALID. */
export function uniqueOf(unique: Unique, task: string, args: readonly unknown[]): MessageUnique {
  const { key, ...rest } = unique;
  const own = typeof key === "function" ? givenKey(key, task, args) : (key ?? canonicalJSON(args));
  // Of its task: a message of another one must never stand in for it.
  return { key: `${task} ${own.length > LONGEST_KEY ? hashOf(own) : own}`, ...rest };
}

function givenKey(
  key: (...args: readonly unknown[]) => unknown,
  task: string,
  args: readonly unknown[],
): string {
  const what = `task ${task}: unique.key`;
  let given: unknown;
  try {
    given = key(...args);
  } catch (cause) {
    throw new ConfigurationError(
      "SUNBEAT_OPTION_INVALID",
      `${what}: its function threw for ${args.length} arguments: ${messageOf(cause)}`,
      { details: { option: what, task: quote(task) }, cause },
    );
  }
  return keyText(given, what);
}

function hashOf(text: string): string {
  return `~${createHash("sha256").update(text).digest("hex")}`;
}
