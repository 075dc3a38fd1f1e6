/** Messages of failed tasks, in the words of scripts/lib/failed.lua. */
import type { NewMessage } from "../../tasks/message.js";
import { type DeadLetter, FAILED } from "../contracts/dead-letters.js";
import type { Caller } from "./caller.js";
import { letterStep } from "./letter-page.js";
import { parts, readLaneWord, readLockWord, readRateWord, readRecord } from "./messages.js";
import { defineScript, isDone, type WireNumber } from "./script.js";
import { fromWire, fromWord, toWire, words } from "./text.js";

export const failedListScript = defineScript("failed-list", letterStep);
const getScript = defineScript("failed-get", (text: string) => text);
const dropScript = defineScript("failed-drop", (found: WireNumber[]) => found.map(isDone));
const sweepScript = defineScript("failed-sweep", (dropped: WireNumber) => Number(dropped));
const countsScript = defineScript("failed-counts", (flat: WireNumber[]) => flat.map(String));

const DROP_STEP = 100;

function readFailed(text: string) {
  const [at = 0, lock = "+", rate = "+", lane = "+"] = (words(text, 6)?.head ?? []).slice(2);
  const record = words(text, 6)?.rest ?? "";
  return { at: Number(at), lock, rate, lane, sent: readRecord(record) };
}

/** Null: nothing is kept, or nobody of us wrote it. */
export function readFailedLetter(id: string, text: string): DeadLetter | null {
  const { at, sent } = readFailed(text);
  if (!sent) return null;
  const { task, queue, body } = sent;
  return { id: fromWire(id), task, queue, reason: FAILED, at, body };
}

export async function failedMessage(caller: Caller, id: string): Promise<NewMessage | null> {
  const text = await caller.call(getScript, { id: toWire(id) });
  const { lock, rate, lane, sent } = readFailed(text);
  if (!sent) return null;
  const { task, queue, priority, maxDeliveries, resultTtlMs, idTtlMs, entry, body } = sent;
  return {
    ...{ id, task, queue, priority, maxDeliveries, resultTtlMs, idTtlMs, body },
    ...(entry !== null && { entry }),
    ...(lock !== "+" && { lock: readLockWord(lock) }),
    ...(rate !== "+" && { rate: readRateWord(rate) }),
    ...(lane !== "+" && { lane: readLaneWord(lane) }),
  };
}

/** Whether each was there. */
export async function dropFailed(caller: Caller, ids: readonly string[]): Promise<boolean[]> {
  const found: boolean[] = [];
  for (const some of parts(ids, DROP_STEP)) {
    found.push(...(await caller.call(dropScript, {}, some.map(toWire))));
  }
  return found;
}

export function sweepFailed(caller: Caller, limit: number): Promise<number> {
  return caller.call(sweepScript, { limit });
}

/** Numbers by queue. */
export async function countFailed(caller: Caller): Promise<Map<string, number>> {
  const flat = await caller.call(countsScript, {});
  const counts = parts(flat, 2).flatMap(([field = "", count]): [string, number][] =>
    field.startsWith("count ") ? [[fromWord(field.slice("count ".length)), Number(count)]] : [],
  );
  return new Map(counts);
}
