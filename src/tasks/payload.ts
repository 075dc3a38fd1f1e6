/**
 * Arguments and results travel as JSON. What JSON would change without a word is refused here, with the path of
 * the value, so that a task receives what was sent. Three changes are let through because reading the value cannot
 * tell the difference: an object member that is `undefined` is left out, -0 arrives as 0, and an object that is
 * referred to twice arrives as two equal objects.
 */
import { SunbeatError, TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { assertOpen } from "./closed-text.js";

/** Default of the option `payloadLimit`: bytes of JSON that the arguments or the result of one task may take. */
export const DEFAULT_PAYLOAD_LIMIT = 1_048_576;
/** No `payloadLimit` may be higher, and no longer body is read. */
export const HARD_PAYLOAD_LIMIT = 16 * 1_048_576;
/** Levels of nesting, the array of arguments included. */
export const MAX_PAYLOAD_DEPTH = 100;

/** What is wrong with a value, and where: `path` is collected from the inside out. */
interface Problem {
  readonly code: "SUNBEAT_PAYLOAD_INVALID" | "SUNBEAT_PAYLOAD_TOO_LARGE";
  readonly text: string;
  readonly path: (string | number)[];
  /** Levels from the root down to a place above where it was found: that one is named. */
  readonly at?: number;
  /** The same for a second place, to which `text` leads. */
  readonly leadsTo?: number;
}

/** One walk: `budget` bounds its length, since shared references can make a small graph exponentially long. */
interface Walk {
  budget: number;
  readonly limit: number;
  /** The objects from the root to where the walk is: looked at only when the nesting is too deep. */
  readonly above: object[];
}

const invalid = (text: string): Problem => ({ code: "SUNBEAT_PAYLOAD_INVALID", text, path: [] });

function tooLarge(limit: number): string {
  return `is larger than ${limit} bytes of JSON; keep the data elsewhere and send a reference to it`;
}

function largeProblem({ limit }: Walk): Problem {
  return { code: "SUNBEAT_PAYLOAD_TOO_LARGE", text: tooLarge(limit), path: [] };
}

/** Why this value cannot travel, and what to send instead; undefined for one that can. */
function problemOf(value: unknown, walk: Walk): Problem | undefined {
  // One character and a comma is the least that a value takes.
  if ((walk.budget -= 2) < 0) return largeProblem(walk);
  switch (typeof value) {
    case "string":
      walk.budget -= value.length;
      // Here and not at the next value: the path is that of the text, and a hundred megabytes are not made JSON first.
      return walk.budget < 0 ? largeProblem(walk) : undefined;
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : invalid(`${value} would arrive as null`);
    case "object":
      return value === null ? undefined : objectProblem(value, walk);
    case "undefined":
      return invalid("undefined would arrive as null; send null, or leave it out");
    case "bigint":
      return invalid("a BigInt has no JSON form; send String(value)");
    case "function":
      return invalid("a function cannot be sent; send data, and name the task that works on it");
    case "symbol":
      return invalid("a symbol cannot be sent; send text");
  }
}

function objectProblem(value: object, walk: Walk): Problem | undefined {
  if (walk.above.length >= MAX_PAYLOAD_DEPTH) return depthProblem(walk.above);
  walk.above.push(value);
  const problem = Array.isArray(value) ? arrayProblem(value, walk) : membersProblem(value, walk);
  walk.above.pop();
  return problem;
}

/** Only a value nested too deeply can contain itself, so cycles are looked for here and cost nothing elsewhere. */
function depthProblem(above: readonly object[]): Problem {
  const levels = new Map<object, number>();
  for (const [at, value] of above.entries()) {
    const leadsTo = levels.get(value);
    if (leadsTo !== undefined) {
      const text = "again, so it has no JSON form; send a tree, or ids instead of links";
      return { ...invalid(text), at, leadsTo };
    }
    levels.set(value, at);
  }
  return invalid(`is nested deeper than ${MAX_PAYLOAD_DEPTH} levels; send something flatter`);
}

function arrayProblem(values: readonly unknown[], walk: Walk): Problem | undefined {
  // By index: an iterator would jump over nothing, but `forEach` would jump over holes, which arrive as null.
  for (let index = 0; index < values.length; index++) {
    const problem = problemOf(values[index], walk);
    if (problem !== undefined) {
      problem.path.push(index);
      return problem;
    }
  }
  return undefined;
}

function membersProblem(value: object, walk: Walk): Problem | undefined {
  if (!isPlain(value)) return invalid(instanceText(value));
  if (Object.getOwnPropertySymbols(value).length > 0) {
    return invalid("a member named by a symbol would be lost; name it by text");
  }
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    walk.budget -= key.length + 2;
    const problem =
      key === "__proto__"
        ? invalid("a member of this name is refused, since copying it would change a prototype")
        : problemOf(member, walk);
    if (problem !== undefined) {
      problem.path.push(key);
      return problem;
    }
  }
  return undefined;
}

/** An object literal, of this realm or another one, or an object without prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return (
    typeof prototype === "object" &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, "isPrototypeOf")
  );
}

function instanceText(value: object): string {
  if (value instanceof Date) return "a Date would arrive as text; send date.toISOString()";
  if (value instanceof Map) return "a Map would arrive as {}; send [...map]";
  if (value instanceof Set) return "a Set would arrive as {}; send [...set]";
  if (value instanceof Promise) return "a Promise would arrive as {}; await it first";
  if (value instanceof Error) return "an Error would arrive as {}; send error.message";
  if (value instanceof RegExp) return "a RegExp would arrive as {}; send regexp.source";
  if (value instanceof URL) return "a URL would arrive as text; send url.href";
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return 'bytes would arrive as an object; send Buffer.from(bytes).toString("base64")';
  }
  const name = quote((value.constructor as { name?: unknown } | undefined)?.name ?? "a class");
  return typeof (value as { toJSON?: unknown }).toJSON === "function"
    ? `an instance of ${name} would arrive as what its toJSON() gives; send value.toJSON()`
    : `an instance of ${name} would arrive as a plain object; send { ...value }`;
}

/** The place `levels` below the root, by the path that was collected from the inside out. */
function pathText(root: string, path: readonly (string | number)[], levels = path.length): string {
  let text = root;
  for (const part of path.toReversed().slice(0, Math.min(levels, 20))) {
    if (typeof part === "number") text += `[${part}]`;
    else text += /^[A-Za-z_$][\w$]{0,63}$/.test(part) ? `.${part}` : `[${quote(part)}]`;
  }
  return levels > 20 ? `${text}...` : text;
}

function refuse(root: string, { code, text, path, at, leadsTo }: Problem): never {
  const where = pathText(root, path, at);
  const joint =
    leadsTo === undefined ? (text.startsWith("is ") ? " " : ": ") : ` is ${pathText(root, path, leadsTo)} `;
  throw new TaskError(code, `${where}${joint}${text}`, { details: { path: where } });
}

/**
 * Throws when `value` would not arrive as it is. `root` names it in the error: `args`, `result`, `meta`.
 * Codes: SUNBEAT_PAYLOAD_INVALID, SUNBEAT_PAYLOAD_TOO_LARGE (only a lower bound of the size is known here).
 */
export function assertPayload(value: unknown, root: string, limit = DEFAULT_PAYLOAD_LIMIT): void {
  let problem: Problem | undefined;
  try {
    problem = problemOf(value, { budget: limit + 2, limit, above: [] });
  } catch (error) {
    if (error instanceof SunbeatError) throw error;
    throw new TaskError(
      "SUNBEAT_PAYLOAD_INVALID",
      `${root}: a getter or proxy in it threw while it was read`,
      {
        cause: error,
      },
    );
  }
  if (problem !== undefined) refuse(root, problem);
}

/**
 * The JSON text of `value`, which decodes to an equal value.
 * Codes: SUNBEAT_PAYLOAD_INVALID with the path of the value, SUNBEAT_PAYLOAD_TOO_LARGE above `limit` bytes.
 */
export function encodePayload(value: unknown, root: string, limit = DEFAULT_PAYLOAD_LIMIT): string {
  assertPayload(value, root, limit);
  const text = JSON.stringify(value);
  // A character is at most three bytes of UTF-8, so short texts need not be measured.
  if (text.length * 3 > limit && Buffer.byteLength(text) > limit) {
    refuse(root, { code: "SUNBEAT_PAYLOAD_TOO_LARGE", text: tooLarge(limit), path: [] });
  }
  return text;
}

/** What a SUCCESS record keeps: null for a task that returned nothing. Codes as `encodePayload`. */
export function encodeResult(value: unknown, limit = DEFAULT_PAYLOAD_LIMIT): string | null {
  return value === undefined ? null : encodePayload(value, "result", limit);
}

/**
 * The value of a SUCCESS record or of custom state data. Codes: SUNBEAT_MESSAGE_INVALID for what is not JSON; SUNBEAT_SIGNATURE_INVALID and
 * SUNBEAT_KEY_UNKNOWN for what is not to be used, or cannot be read, with the keys that this app has.
 */
export function decodeResult(payload: string | null): unknown {
  if (payload === null) return undefined;
  assertOpen(payload, "stored result");
  try {
    return JSON.parse(payload) as unknown;
  } catch (cause) {
    throw new TaskError("SUNBEAT_MESSAGE_INVALID", `stored result: expected JSON, got ${quote(payload)}`, {
      cause,
    });
  }
}
