/** Events of tasks' own: `self.sendEvent`. */
import { TaskError } from "../core/errors.js";
import { assertObject, invalidOption } from "../core/options.js";
import { quote } from "../core/quote.js";

/** Characters of JSON. */
const MOST_FIELDS = 4_096;
const MOST_META = 1_024;

/** Types of tasks that are ours: no task may tell them by itself. */
const TASK_TYPES: ReadonlySet<string> = new Set([
  "task-sent",
  "task-received",
  "task-started",
  "task-progress",
  "task-succeeded",
  "task-failed",
  "task-retried",
  "task-rejected",
  "task-revoked",
  "task-ignored",
  "task-skipped",
  "task-lost",
  "task-cooldown",
  "task-replaced",
]);

/** Whether a task may tell it: "task-" and a name that is none of ours. */
export function isCustomType(type: string): type is `task-${string}` {
  return CUSTOM.test(type) && !TASK_TYPES.has(type);
}

const CUSTOM = /^task-[\w.:-]{1,95}$/;

/** Fields as JSON holds them: what the run changes later is not told. Code: SUNBEAT_OPTION_INVALID. */
export function customEvent(
  type: string,
  fields: Readonly<Record<string, unknown>>,
): { readonly type: `task-${string}`; readonly fields: object } {
  if (typeof type !== "string" || !isCustomType(type)) {
    const expected = '"task-" and a name of letters, digits and "_.:-" that is none of sunbeat\'s own';
    throw invalidOption("sendEvent: type", expected, type);
  }
  assertObject(fields, "sendEvent: fields");
  const text = jsonOf(fields);
  if (text !== null && text.length <= MOST_FIELDS) return { type, fields: JSON.parse(text) as object };
  throw new TaskError(
    "SUNBEAT_OPTION_INVALID",
    text === null
      ? `sendEvent: the fields of ${quote(type)} have no JSON form; give plain data`
      : `sendEvent: the fields of ${quote(type)} take ${text.length} characters of JSON, and ${MOST_FIELDS} is the most: store what is large, and tell its name`,
  );
}

/** `meta` of a state as an event tells it: left out where it is large. */
export function metaFields(meta: unknown): { readonly meta?: unknown } {
  const text = meta === undefined ? null : jsonOf(meta);
  if (text === null) return {};
  return { meta: text.length <= MOST_META ? meta : `${text.slice(0, MOST_META - 3)}...` };
}

function jsonOf(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    return null;
  }
}
