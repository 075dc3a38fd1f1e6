import type { EpochMs } from "../core/clock.js";
import { ConfigurationError } from "../core/errors.js";
import { instantMs } from "../core/instant.js";
import {
  assertKnownKeys,
  booleanOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import { quote } from "../core/quote.js";
import type { Random } from "../core/random.js";
import { runningTask } from "./context.js";
import type { TaskDefinition, TaskRequest } from "./definition.js";
import { type DestinationDefaults, destinationOf } from "./destination.js";
import { encodeBody, type MessageBody } from "./envelope.js";
import { laneOption, WITHOUT_LANE } from "./lane.js";
import type {
  MessageLane,
  MessageLock,
  MessageRate,
  MessageUnique,
  NewMessage,
  SendOptions,
  When,
} from "./message.js";
import type { Take } from "./part.js";
import type { SendTrace } from "./tracing.js";
import { isRatedByMessage, rateFor } from "./rate-limit.js";
import type { TaskRegistry } from "./registry.js";
import { isSignature, type SignatureType } from "./signature.js";
import { resolveUnique, type Unique, uniqueOf } from "./unique-options.js";

/** What holds for a task that this process does not have, and for options that a task leaves open. */
export interface SendDefaults extends DestinationDefaults {
  readonly priority: number;
  readonly ignoreResult: boolean;
  readonly resultTtlMs: number;
  readonly maxDeliveries: number;
  /** Whether a queue shares its turns among lanes. */
  readonly isFair: (queue: string) => boolean;
  /** Bytes of JSON that the arguments may take. */
  readonly payloadLimit: number;
}

/** What makes a message a part of a graph. */
export interface PartPlace {
  readonly graph: string;
  readonly take: readonly Take[];
  /** The part that it follows first; null: it begins with the graph. */
  readonly parentId: string | null;
  /** The innermost group: the key of its list, and which of its members this belongs to. */
  readonly group: { readonly key: string; readonly index: number } | null;
  /** Headers of its options that go on to parts which grow from it. */
  readonly stamps: readonly string[];
}

export interface MessageRequest {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly options?: SendOptions | undefined;
  /** Goes before `options.taskId`: the id of an occurrence. */
  readonly id?: string;
  /** The id stays known as one that the sender chose does. An occurrence needs that not: its cursor has moved on. */
  readonly once?: boolean;
  /** The beat entry this is a run of. */
  readonly entry?: string;
  /** The due instant of that run. */
  readonly scheduledFor?: EpochMs;
  /** The lock of that entry. */
  readonly lock?: MessageLock | undefined;
  /** Of a part of a graph, together with `id`. */
  readonly part?: PartPlace;
}

/**
 * A message ready for the store. Inside a running task it becomes that task's child. Codes: SUNBEAT_OPTION_UNKNOWN,
 * SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID, SUNBEAT_PAYLOAD_INVALID, SUNBEAT_PAYLOAD_TOO_LARGE. `trace`: adds headers.
 */
export type CreateMessage = (request: MessageRequest, trace?: Pick<SendTrace, "carry">) => NewMessage;

const SEND_OPTIONS = [
  "countdown",
  "eta",
  "expires",
  "taskId",
  "queue",
  "priority",
  "headers",
  "ignoreResult",
  "resultExpires",
  "maxDeliveries",
  "lane",
  "link",
  "linkError",
  "unique",
] as const satisfies readonly (keyof SendOptions)[];

/** The highest `maxDeliveries`. */
export const MOST_DELIVERIES = 1_000;

function etaOf(options: SendOptions): When | undefined {
  if (options.countdown !== undefined && options.eta !== undefined) {
    throw invalidOption("countdown and eta", "one of the two", [options.countdown, options.eta]);
  }
  if (options.eta !== undefined) return { at: instantMs(options.eta, "eta") };
  if (options.countdown === undefined) return undefined;
  const inMs = durationOption(options.countdown, "countdown", 0);
  return inMs === 0 ? undefined : { inMs };
}

function expiresOf(expires: SendOptions["expires"]): When | undefined {
  if (expires === undefined) return undefined;
  if (expires instanceof Date) return { at: instantMs(expires, "expires") };
  return { inMs: durationOption(expires, "expires", 1) };
}

function headersOf(headers: unknown): Readonly<Record<string, string>> {
  if (headers === undefined) return LEFT_TO_TASK.headers;
  const valid =
    typeof headers === "object" &&
    headers !== null &&
    !Array.isArray(headers) &&
    Object.values(headers).every((text) => typeof text === "string");
  if (!valid) throw invalidOption("headers", "an object of texts", headers);
  return headers as Record<string, string>;
}

/** How ids of parts end: ":3", ":3/0", ":~0123456789abcdef/0". Nothing else may, so that no send takes the id of a part. */
const PART_END = /:(\d+|~[0-9a-f]{16})(\/\d+)*$/;

function taskIdOf(taskId: unknown): string {
  const id = nameOption(taskId, "taskId");
  if (!PART_END.test(id)) return id;
  throw invalidOption("taskId", 'text that does not end as the id of a part does (":3", ":3/0")', id);
}

/** The signatures of `link` or `linkError`: one, or a list. Code: SUNBEAT_OPTION_INVALID. */
export function signaturesOption(value: unknown, what: string): readonly SignatureType[] {
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const one of list) {
    if (!isSignature(one)) throw invalidOption(what, "a signature, or a list of them", one);
  }
  return list as readonly SignatureType[];
}

/** The options of one send after their check; null where the sender left the choice to the task. */
export interface ResolvedSend {
  readonly eta: When | undefined;
  readonly expires: When | undefined;
  readonly taskId: string | null;
  readonly queue: string | null;
  readonly priority: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly ignoreResult: boolean | null;
  readonly resultTtlMs: number | null;
  readonly maxDeliveries: number | null;
  readonly lane: MessageLane | null;
  readonly link: readonly SignatureType[];
  readonly linkError: readonly SignatureType[];
  readonly unique: Unique | null;
}

const LEFT_TO_TASK: ResolvedSend = {
  eta: undefined,
  expires: undefined,
  taskId: null,
  queue: null,
  priority: null,
  headers: {},
  ignoreResult: null,
  resultTtlMs: null,
  maxDeliveries: null,
  lane: null,
  link: [],
  linkError: [],
  unique: null,
};

/**
 * Checks the options of a send; a beat entry does so at start with options it will use later. `what` begins the
 * message of an unknown key. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID.
 */
export function resolveSendOptions(options: SendOptions | undefined, what = "options"): ResolvedSend {
  if (options === undefined) return LEFT_TO_TASK;
  assertKnownKeys(options, SEND_OPTIONS, what);
  const { taskId, queue, priority, ignoreResult, resultExpires, maxDeliveries } = options;
  return {
    eta: etaOf(options),
    expires: expiresOf(options.expires),
    taskId: taskId === undefined ? null : taskIdOf(taskId),
    queue: queue === undefined ? null : nameOption(queue, "queue"),
    priority: priority === undefined ? null : integerOption(priority, "priority", 0, 9),
    headers: headersOf(options.headers),
    ignoreResult: ignoreResult === undefined ? null : booleanOption(ignoreResult, "ignoreResult"),
    resultTtlMs: resultExpires === undefined ? null : durationOption(resultExpires, "resultExpires", 1),
    maxDeliveries:
      maxDeliveries === undefined ? null : integerOption(maxDeliveries, "maxDeliveries", 1, MOST_DELIVERIES),
    lane: options.lane === undefined ? null : laneOption(options.lane, "lane"),
    link: signaturesOption(options.link, "link"),
    linkError: signaturesOption(options.linkError, "linkError"),
    unique: options.unique === undefined ? null : resolveUnique(options.unique, "unique", "send"),
  };
}

/** A message goes to the store by itself: who sends it makes a graph of it before. */
function hasCallbacks({ link, linkError }: ResolvedSend): Error {
  const what = link.length > 0 ? "link" : "linkError";
  return invalidOption(what, "none in delayMany, in options of an entry and in those of a part", [
    ...link,
    ...linkError,
  ]);
}

/** Null: it shares no key. A part of a graph has none: nothing may run, or not run, in its place. */
function uniqueFor(
  unique: Unique | null,
  task: string,
  args: readonly unknown[],
  part: string | null,
): MessageUnique | null {
  if (unique === null) return null;
  if (part === null) return uniqueOf(unique, task, args);
  throw new ConfigurationError(
    "SUNBEAT_OPTION_INVALID",
    `unique: expected none for part ${part}, task ${quote(task)}, which has it as an option; give it to the whole form, or send the task alone`,
    { details: { option: "unique", task, part } },
  );
}

/** Where it stands among the tasks that sent one another, and in its graph. */
function placeOf(
  part: PartPlace | undefined,
  sender: TaskRequest | undefined,
): Pick<MessageBody, "parentId" | "rootId" | "groupId" | "part"> {
  if (part === undefined) {
    return { parentId: sender?.id ?? null, rootId: sender?.rootId ?? null, groupId: null };
  }
  const { graph, group, take, stamps } = part;
  return {
    parentId: part.parentId ?? sender?.id ?? null,
    rootId: graph,
    groupId: group === null ? null : `${graph}#${group.key}`,
    part: { take, group: group?.key ?? null, groupIndex: group?.index ?? null, stamps },
  };
}

/** What the run takes of its limit. Arguments that come from other parts are known to its worker alone. */
function rateOf(
  definition: TaskDefinition | undefined,
  args: readonly unknown[],
  part: PartPlace | undefined,
): MessageRate | null {
  if (!definition?.rateLimit || !isRatedByMessage(definition.rateLimit)) return null;
  return (part?.take.length ?? 0) > 0 ? null : rateFor(definition.rateLimit, args, definition.name);
}

/** The lane of a message for a fair queue. What a part takes from others is not there yet: then no function is asked. */
function laneOf(
  chosen: MessageLane | null,
  definition: TaskDefinition | undefined,
  { args, part }: MessageRequest,
): MessageLane {
  const lane = chosen ?? definition?.lane ?? WITHOUT_LANE;
  if (typeof lane !== "function") return lane;
  if (part !== undefined && part.take.length > 0) return WITHOUT_LANE;
  return laneOption(lane(...(args as never[])), `lane of ${quote(definition?.name)}`);
}

/** The one place where options of a send, of its task and of the app become a message. */
export function messageFactory(deps: {
  readonly registry: Pick<TaskRegistry, "get">;
  readonly defaults: SendDefaults;
  readonly random: Random;
}): CreateMessage {
  const { registry, defaults, random } = deps;
  return (request, trace) => {
    const { task, args, options, id: given, once, entry, scheduledFor, lock, part } = request;
    const chosen = resolveSendOptions(options);
    if (chosen.link.length + chosen.linkError.length > 0) throw hasCallbacks(chosen);
    if (!Array.isArray(args)) throw invalidOption(`args of ${quote(task)}`, "an array", args);
    const definition = registry.get(task);
    const { ignoreResult, resultTtlMs, maxDeliveries } = definition ?? defaults;
    const name = definition?.name ?? nameOption(task, "task");
    const send = { task: name, args, options: options ?? {} };
    const { queue, priority } = destinationOf(chosen.queue, definition, defaults, send);
    const parent = runningTask()?.request;
    const { eta, expires } = chosen;
    const keptMs = chosen.resultTtlMs ?? resultTtlMs;
    const rate = rateOf(definition, args, part);
    const staysKnown = once === true || (given === undefined && chosen.taskId !== null);
    const partId = part === undefined ? null : (given ?? "");
    const unique = uniqueFor(chosen.unique ?? definition?.unique ?? null, name, args, partId);
    const id = given ?? chosen.taskId ?? random.uuid();
    const place = placeOf(part, parent);
    const due = scheduledFor ?? null;
    return {
      id,
      task: name,
      queue,
      priority: chosen.priority ?? definition?.priority ?? priority ?? defaults.priority,
      ...(eta && { eta }),
      ...(expires && { expires }),
      maxDeliveries: definition?.acks === "early" ? 1 : (chosen.maxDeliveries ?? maxDeliveries),
      resultTtlMs: (chosen.ignoreResult ?? ignoreResult) ? 0 : keptMs,
      ...(staysKnown && { idTtlMs: keptMs }),
      ...(entry !== undefined && { entry }),
      ...(lock !== undefined && { lock }),
      ...(rate && { rate }),
      ...(defaults.isFair(queue) && { lane: laneOf(chosen.lane, definition, request) }),
      ...(unique && { unique }),
      body: encodeBody(
        {
          args,
          headers:
            trace === undefined
              ? chosen.headers
              : trace.carry(
                  { id, task: name, queue, rootId: place.rootId ?? id, entry: entry ?? null, due },
                  chosen.headers,
                ),
          ...place,
          scheduledFor: due,
          ignoreResult: chosen.ignoreResult,
          resultTtlMs: chosen.resultTtlMs,
        },
        defaults.payloadLimit,
      ),
    };
  };
}
