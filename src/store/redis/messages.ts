/** Messages as the scripts take and give them. */
import type { Delivery, DeliveryLock } from "../contracts/delivery.js";
import type { MessageLock } from "../contracts/locks.js";
import type { MessageLane, MessageRate, MessageUnique } from "../../tasks/message.js";
import type { NewMessage, When } from "../contracts/sender.js";
import { CODES } from "./script.js";
import {
  fromWire,
  fromWord,
  fromWordOrNull,
  numberOrNull,
  orNull,
  toWire,
  toWord,
  toWordOrNull,
  words,
} from "./text.js";

/** Messages of one call in the words of scripts/lib/send.lua: what many have in common is said once. */
export class Templates {
  readonly templates: string[] = [];
  readonly #numbers = new Map<string, number>();

  /**
   * The number of the message's template, from 1 on. A run's entry is told apart from it, as null, so that the entries of
   * one task share a template. `most`: the bound of its queue.
   */
  numberOf(message: NewMessage, entry = message.entry ?? null, most?: number): string {
    const template =
      templateOf(message, entry) + (most === undefined ? "" : ` ${CODES.attribute.bound}${most}`);
    let number = this.#numbers.get(template);
    if (number === undefined) {
      number = this.templates.push(template);
      this.#numbers.set(template, number);
    }
    return String(number);
  }
}

export function templateOf(message: NewMessage, entry: string | null): string {
  const { queue, priority, maxDeliveries, resultTtlMs, idTtlMs, task, eta, expires, lock } = message;
  const ttl = idTtlMs ? `${resultTtlMs},${idTtlMs}` : resultTtlMs;
  return (
    `${toWord(queue)} ${priority} ${maxDeliveries} ${ttl} ${toWordOrNull(entry)} ${toWord(task)} ` +
    `${instant(eta)} ${instant(expires)} ${lock ? lockWord(lock) : "+"}${attributesOf(message)}`
  );
}

function attributesOf({ rate, lane, unique }: NewMessage): string {
  let text = "";
  if (rate) text += ` ${CODES.attribute.rate}${rateWord(rate)}`;
  if (lane) text += ` ${CODES.attribute.lane}${laneWord(lane)}`;
  if (unique) text += ` ${CODES.attribute.unique}${uniqueWord(unique)}`;
  return text;
}

function instant(when: When | undefined): string {
  if (when === undefined) return "+";
  return "at" in when ? `@${when.at}` : `~${when.inMs}`;
}

/** A lock in the words of scripts/lib/records.lua: commas are escaped in names. */
export function lockWord({ name, capacity, waitTimeoutMs, reserveMs }: MessageLock): string {
  return `${toWord(name)},${capacity},${orNull(waitTimeoutMs)},${reserveMs}`;
}

/** A rate in the words of scripts/lib/records.lua. */
export function rateWord({ key, weight }: MessageRate): string {
  return `${weight},${key === null ? "" : toWord(key)}`;
}

export function readRateWord(word: string): MessageRate {
  const comma = word.indexOf(",");
  const key = word.slice(comma + 1);
  return { key: key === "" ? null : fromWord(key), weight: Number(word.slice(0, comma)) };
}

/** A unique key in the words of scripts/lib/records.lua. */
function uniqueWord({ key, ttlMs, until, onConflict, maxWaitMs }: MessageUnique): string {
  const frees = until === null ? "+" : CODES.until[until];
  return `${toWord(key)},${orNull(ttlMs)},${frees},${CODES.conflict[onConflict]},${orNull(maxWaitMs)}`;
}

/** A lane in the words of scripts/lib/lanes.lua. */
function laneWord({ name, weight }: MessageLane): string {
  return `${toWord(name)},${weight}`;
}

export function readLaneWord(word: string): MessageLane {
  const comma = word.indexOf(",");
  return { name: fromWord(word.slice(0, comma)), weight: Number(word.slice(comma + 1)) };
}

export function readLockWord(word: string): MessageLock {
  const [name = "", capacity, wait = "+", reserve] = word.split(",");
  return {
    ...{ name: fromWord(name), capacity: Number(capacity), waitTimeoutMs: numberOrNull(wait) },
    reserveMs: Number(reserve),
  };
}

function readLock(word: string, fence: string): DeliveryLock {
  const [name = "", capacity, wait = "+", reserve] = word.split(",");
  return {
    ...{ name: fromWord(name), capacity: Number(capacity), waitTimeoutMs: numberOrNull(wait) },
    ...{ reserveMs: Number(reserve), fence: numberOrNull(fence) },
  };
}

/** What a record of scripts/lib/records.lua says; null for one that nobody of us wrote. */
export function readRecord(record: string) {
  const parts = words(record, 9);
  if (!parts) return null;
  const [queue = "", rank = "", at, eta = "", max, entry = "", expires = "", ttl = "", task = ""] =
    parts.head;
  const comma = ttl.indexOf(",");
  return {
    task: fromWord(task),
    queue: fromWord(queue),
    priority: 9 - Number(rank[0]),
    eta: numberOrNull(eta),
    expires: numberOrNull(expires),
    maxDeliveries: Number(max),
    resultTtlMs: Number(comma < 0 ? ttl : ttl.slice(0, comma)),
    idTtlMs: comma < 0 ? 0 : Number(ttl.slice(comma + 1)),
    entry: fromWordOrNull(entry),
    body: fromWire(parts.rest),
    enqueuedAt: Number(at),
  };
}

export type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A delivery from the three parts of a claim's reply. Null for a record that cannot be read. */
export function readDelivery(
  wireId: string,
  record: string,
  changed: string,
  token: string,
): Delivery | null {
  // One object and no spread: this runs for every task.
  const delivery = readRecord(record) as Writable<Delivery> | null;
  if (!delivery) return null;
  delivery.id = fromWire(wireId);
  delivery.token = token;
  const [retries = "0", deliveries = "1", eta = "+", at, lock = "+", fence = "+", rate] =
    changed === "" ? [] : changed.split(" ");
  delivery.retries = Number(retries);
  delivery.deliveries = Number(deliveries);
  if (at !== undefined) {
    delivery.eta = numberOrNull(eta);
    delivery.enqueuedAt = Number(at);
  }
  if (lock !== "+") delivery.lock = readLock(lock, fence);
  if (rate !== undefined) delivery.rate = readRateWord(rate);
  return delivery;
}

/** The ids, or the pairs of id and token, of a call. */
export function wireIds(ids: readonly string[]): string[] {
  return ids.map(toWire);
}

export function wireRefs(refs: readonly { readonly id: string; readonly token: string }[]): string[] {
  return refs.flatMap(({ id, token }) => [toWire(id), token]);
}

/** Parts of at most `size`: a step of the server is bounded. */
export function parts<T>(items: readonly T[], size: number): (readonly T[])[] {
  const found: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += size) found.push(items.slice(from, from + size));
  return found;
}

/** The work that one call of the server may do, in the microseconds that scripts/lib/clock.lua counts. */
export const LABOUR = 4_000;
/** So many characters, copied on their way through a script, cost one of those. */
const CHARACTERS = 110;

/** Parts of which the costs of the items and their texts come to no more than one call may do, or of one item. */
export function* partsByCost<T>(
  items: readonly T[],
  costOf: (item: T) => { readonly cost: number; readonly characters: number },
): Iterable<readonly T[]> {
  let part: T[] = [];
  let sum = 0;
  for (const item of items) {
    const { cost, characters } = costOf(item);
    const price = cost + characters / CHARACTERS;
    if (part.length > 0 && sum + price > LABOUR) {
      yield part;
      [part, sum] = [[], 0];
    }
    part.push(item);
    sum += price;
  }
  if (part.length > 0) yield part;
}
