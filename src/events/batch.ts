/**
 * What travels on the channel topic "events": a batch of what one process tells, as JSON text. The events of a batch have
 * the numbers `from`, `from` + 1, ... of their boot and the times `clock`, `clock` + 1, ...; what is true of all stands once.
 */
import type { EpochMs } from "../core/clock.js";
import type { EventBase } from "./event-map.js";

export const EVENTS_TOPIC = "events";
/** The form of batches that this version tells and reads. */
const VERSION = 1;

export interface BatchHead {
  readonly node: string;
  readonly pid: number;
  readonly boot: string;
  readonly app: string;
  /** Number of the first event. */
  readonly from: number;
  /** Time of the first event. */
  readonly clock: number;
  /** By type, what was dropped since the batch before. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** `events`: each as `eventText` made it. */
export function batchText(head: BatchHead, events: readonly string[]): string {
  const text = JSON.stringify({ v: VERSION, ...head });
  return `${text.slice(0, -1)},"events":[${events.join(",")}]}`;
}

/** Throws for fields that JSON cannot hold. */
export function eventText(type: string, timestamp: EpochMs, fields: object): string {
  return JSON.stringify([type, timestamp, fields]);
}

/** One event of a batch, whose type and fields nobody has checked. */
export type ReadEvent = EventBase & { readonly type: string; readonly [field: string]: unknown };

export interface Batch extends BatchHead {
  readonly events: readonly ReadEvent[];
}

/** Null for what is no batch of this version: anybody may write to the channel. */
export function readBatch(payload: string): Batch | null {
  let given: unknown;
  try {
    given = JSON.parse(payload);
  } catch {
    return null;
  }
  if (!isObject(given) || given["v"] !== VERSION || !Array.isArray(given["events"])) return null;
  const { node, pid, boot, app, from, clock, dropped, events } = given;
  if (typeof node !== "string" || typeof boot !== "string" || !isCount(from) || !isCount(clock)) return null;
  const head: BatchHead = {
    ...{ node, boot, from, clock },
    pid: isCount(pid) ? pid : 0,
    app: typeof app === "string" ? app : "",
    dropped: countsOf(dropped),
  };
  return { ...head, events: (events as unknown[]).map((event, index) => readEvent(event, index, head)) };
}

/** One that cannot be read keeps its place, so that the numbers of the others stay right: its type is empty. */
function readEvent(given: unknown, index: number, head: BatchHead): ReadEvent {
  const base = {
    type: "",
    hostname: head.node,
    pid: head.pid,
    timestamp: 0,
    clock: head.clock + index,
    boot: head.boot,
    seq: head.from + index,
  };
  if (!Array.isArray(given)) return base;
  const [type, timestamp, fields] = given as [unknown, unknown, unknown];
  if (typeof type !== "string" || typeof timestamp !== "number" || !isObject(fields)) {
    return base;
  }
  const hostname = typeof fields["hostname"] === "string" ? fields["hostname"] : base.hostname;
  const told = { ...base, type, hostname, timestamp };
  // Twice, so that it stands in front and no field hides it.
  return { ...told, ...fields, ...told };
}

function countsOf(given: unknown): Record<string, number> {
  if (!isObject(given)) return {};
  return Object.fromEntries(
    Object.entries(given).filter((pair): pair is [string, number] => isCount(pair[1])),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
