/** The body of a message: what the store carries without looking into it. */
import type { EpochMs } from "../core/clock.js";
import { didYouMean } from "../core/nearest.js";
import { messageOf, TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Take } from "./part.js";
import { isTakeList } from "./take-form.js";
import { assertPayload, DEFAULT_PAYLOAD_LIMIT, encodePayload, HARD_PAYLOAD_LIMIT } from "./payload.js";

/**
 * The newest form that is read. A worker does not guess at bodies of a newer one: it leaves them to workers that read them.
 * 2 is that of parts of graphs: a worker of before must not run one, since it would follow no edges. All others are 1.
 */
export const FORM = 2;
/** What apps with keys make of 1 and 2, and open before anybody reads them: signing/envelope.ts. Others leave it to them. */
export const KEYED_FORM = 3;

/** The part of a message that only senders and workers read. */
export interface MessageBody {
  readonly args: readonly unknown[];
  /** Text that travels with the task. */
  readonly headers: Readonly<Record<string, string>>;
  /** The task that sent this one; null: none did. */
  readonly parentId: string | null;
  /** The first task of the tree this one belongs to; null: this one. */
  readonly rootId: string | null;
  readonly groupId: string | null;
  /** The due instant of the beat's tick; null: not sent by an entry. */
  readonly scheduledFor: EpochMs | null;
  /** What the sender decided; null: the task's own option holds. */
  readonly ignoreResult: boolean | null;
  /** What the sender decided; null: the task's own option holds. */
  readonly resultTtlMs: number | null;
  /** Absent: it is no part of a graph. */
  readonly part?: PartBody;
}

/** What only a part of a graph has. Its graph is `rootId`. */
export interface PartBody {
  readonly take: readonly Take[];
  /** Key of the list of the innermost group that it belongs to, which `self.add` adds to; null: of none. */
  readonly group: string | null;
  /** Which member of that group it is, or is part of. */
  readonly groupIndex: number | null;
  /** Those of its headers that go on to parts which grow from it. */
  readonly stamps: readonly string[];
}

const isText = (value: unknown): boolean => typeof value === "string";
const isAmount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isInstant = (value: unknown): boolean => Number.isSafeInteger(value);

type Fields = Readonly<
  Record<string, { readonly expected: string; readonly holds: (v: unknown) => boolean }>
>;

/** Every field but `v` and `args`: absent means null (headers: none). */
const OPTIONAL: Fields = {
  headers: { expected: "an object of texts", holds: isHeaders },
  parentId: { expected: "text", holds: isText },
  rootId: { expected: "text", holds: isText },
  groupId: { expected: "text", holds: isText },
  scheduledFor: { expected: "epoch milliseconds", holds: isInstant },
  ignoreResult: { expected: "true or false", holds: (value) => typeof value === "boolean" },
  resultTtlMs: { expected: "milliseconds", holds: isAmount },
};

/** Fields that form 2 has beside them. */
const OF_PARTS: Fields = {
  take: { expected: "a list of [position, source], by position", holds: isTakeList },
  group: { expected: "text", holds: isText },
  groupIndex: { expected: "a whole number", holds: isAmount },
  stamps: { expected: "a list of texts", holds: (value) => Array.isArray(value) && value.every(isText) },
};

const FIELDS: Readonly<Record<1 | 2, Fields>> = { 1: OPTIONAL, 2: { ...OPTIONAL, ...OF_PARTS } };

function isHeaders(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(value).every(([key, text]) => key !== "__proto__" && typeof text === "string")
  );
}

/**
 * Text for `NewMessage.body`. Codes: SUNBEAT_PAYLOAD_INVALID and SUNBEAT_PAYLOAD_TOO_LARGE, for `args` and `headers`.
 */
export function encodeBody(body: MessageBody, limit = DEFAULT_PAYLOAD_LIMIT): string {
  let text = `{"v":${body.part === undefined ? 1 : 2},"args":${encodePayload(body.args, "args", limit)}`;
  for (const key in body.headers) {
    if (Object.hasOwn(body.headers, key)) {
      text += `,"headers":${encodePayload(body.headers, "headers", limit)}`;
      break;
    }
  }
  if (body.parentId !== null) text += `,"parentId":${JSON.stringify(body.parentId)}`;
  if (body.rootId !== null) text += `,"rootId":${JSON.stringify(body.rootId)}`;
  if (body.groupId !== null) text += `,"groupId":${JSON.stringify(body.groupId)}`;
  if (body.scheduledFor !== null) text += `,"scheduledFor":${body.scheduledFor}`;
  if (body.ignoreResult !== null) text += `,"ignoreResult":${body.ignoreResult}`;
  if (body.resultTtlMs !== null) text += `,"resultTtlMs":${body.resultTtlMs}`;
  if (body.part !== undefined) text += partText(body.part);
  return text + "}";
}

function partText({ take, group, groupIndex, stamps }: PartBody): string {
  let text = "";
  if (take.length > 0) text += `,"take":${JSON.stringify(take)}`;
  if (group !== null) text += `,"group":${JSON.stringify(group)}`;
  if (groupIndex !== null) text += `,"groupIndex":${groupIndex}`;
  if (stamps.length > 0) text += `,"stamps":${JSON.stringify(stamps)}`;
  return text;
}

function invalid(what: string, cause?: unknown): TaskError {
  return new TaskError(
    "SUNBEAT_MESSAGE_INVALID",
    `message body: ${what}`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * The body of a text that may come from anywhere. Total: it answers or throws SUNBEAT_MESSAGE_INVALID, for a newer form
 * SUNBEAT_MESSAGE_NEWER, and it refuses what it does not know rather than leave it out.
 */
export function decodeBody(text: string): MessageBody {
  const fields = parse(text);
  const form = fields["v"];
  if (Number.isSafeInteger(form) && (form as number) > FORM) {
    throw new TaskError(
      "SUNBEAT_MESSAGE_NEWER",
      form === KEYED_FORM
        ? `message body: form ${KEYED_FORM} is signed or sealed, and this app has neither signing nor encryption`
        : `message body: form ${form as number} is newer than ${FORM}`,
    );
  }
  if (form !== 1 && form !== 2) throw invalid(`expected form 1 or 2, got ${quote(form)}`);
  const args = fields["args"];
  if (!Array.isArray(args)) throw invalid(`args: expected an array, got ${quote(args)}`);
  const known = FIELDS[form];
  for (const key of Object.keys(fields)) {
    if (key === "v" || key === "args") continue;
    const value = fields[key];
    const field = Object.hasOwn(known, key) ? known[key] : undefined;
    if (field === undefined) {
      throw invalid(`unknown field ${quote(key)}${didYouMean(key, Object.keys(known))}`);
    }
    if (!field.holds(value)) throw invalid(`${key}: expected ${field.expected}, got ${quote(value)}`);
  }
  if (form === 2 && fields["rootId"] === undefined) throw invalid("rootId: expected text, got undefined");
  try {
    assertPayload(args, "args", HARD_PAYLOAD_LIMIT);
  } catch (error) {
    throw invalid(messageOf(error), error);
  }
  const optional = fields as Partial<MessageBody & PartBody>;
  const body = {
    args,
    headers: optional.headers ?? {},
    parentId: optional.parentId ?? null,
    rootId: optional.rootId ?? null,
    groupId: optional.groupId ?? null,
    scheduledFor: optional.scheduledFor ?? null,
    ignoreResult: optional.ignoreResult ?? null,
    resultTtlMs: optional.resultTtlMs ?? null,
  };
  if (form === 1) return body;
  const { take = [], group = null, groupIndex = null, stamps = [] } = optional;
  return { ...body, part: { take, group, groupIndex, stamps } };
}

function parse(text: unknown): Record<string, unknown> {
  if (typeof text !== "string") throw invalid(`expected text, got ${quote(text)}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(`expected JSON, got ${quote(text)}`, cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`expected an object, got ${quote(value)}`);
  }
  return value as Record<string, unknown>;
}

/** How long the result of this run is kept, in ms; 0: it is not stored. The sender's word goes before the task's. */
export function resultTtlOf(
  body: Pick<MessageBody, "ignoreResult" | "resultTtlMs">,
  task: { readonly ignoreResult: boolean; readonly resultTtlMs: number },
): number {
  if (body.ignoreResult ?? task.ignoreResult) return 0;
  return body.resultTtlMs ?? task.resultTtlMs;
}
