import type { Clock } from "../../core/clock.js";
import { isSunbeatError, type StoreError } from "../../core/errors.js";
import { Latch } from "../../core/latch.js";
import { isFinal } from "../../tasks/states.js";
import type { ResultRecord, Results, StoredResult } from "../contracts/results.js";
import type { Caller } from "./caller.js";
import { closedError } from "./errors.js";
import { FALLBACK_POLL_MS, type Hub } from "./hub.js";
import { doneChannel } from "./keys.js";
import { parts, wireIds } from "./messages.js";
import { CODES, defineScript, meanings } from "./script.js";
import { fromWire, fromWord, fromWordOrNull, toWire, toWord, toWordOrNull, words } from "./text.js";

const STEP = 1_000;

const getScript = defineScript("results-get", ([now, ...found]: string[]) => ({ now: Number(now), found }));

/** What the store tells of an id, and how long a message that waits has until it ends by itself. */
interface Told {
  readonly record: StoredResult | null;
  /** The record is final, or there will be none: a mark tells that the task has ended. */
  readonly isOver: boolean;
  readonly leftMs: number;
}
const putScript = defineScript("results-put", (letter: string) => letter === CODES.updated.updated);
const forgetScript = defineScript("results-forget", () => undefined);

const TOLD = meanings(CODES.told);

/** Stands for a result where a task leaves none and its id stays known: scripts/lib/records.lua. */
export const MARK = "+ + + +";

/** A record as the scripts keep it, from its state on. */
export function recordText({ state, payload, reason, worker }: ResultRecord): string {
  const shown = payload === null ? "+" : `=${toWire(payload)}`;
  return `${toWord(state)} ${toWordOrNull(reason)} ${toWordOrNull(worker)} ${shown}`;
}

/** "<until> <at> <final> <state> <reason> <worker> <payload>"; null for one that nobody of us wrote. */
export function readStored(id: string, text: string): StoredResult | null {
  const found = words(text, 6);
  if (!found) return null;
  const [, at, , state = "", reasonText = "", workerText = ""] = found.head;
  const payload = found.rest.startsWith("=") ? fromWire(found.rest.slice(1)) : null;
  const reason = fromWordOrNull(reasonText);
  const worker = fromWordOrNull(workerText);
  return {
    ...{ id, state: fromWord(state), payload, at: Number(at) },
    ...(reason !== null && { reason }),
    ...(worker !== null && { worker }),
  };
}

export function redisResults(caller: Caller, hub: Hub, clock: Clock): Results {
  const put = (id: string, token: string, record: ResultRecord, ttl: number): Promise<boolean> => {
    const final = isFinal(record.state) ? 1 : 0;
    return caller.call(putScript, { id: toWire(id), token, final, ttl, result: recordText(record) });
  };
  return {
    async get(ids) {
      return (await look(caller, ids)).map(({ record }) => record);
    },

    wait: (id, signal) => wait({ caller, hub, clock }, id, signal),

    async update({ id, token }, record, ttlMs) {
      // An empty token is nobody's, and would be taken for a result without a delivery.
      if (token === "") {
        caller.assertOpen();
        return "lost";
      }
      return (await put(id, token, record, ttlMs)) ? "updated" : "lost";
    },

    async put(id, record, ttlMs) {
      await put(id, "", record, ttlMs);
    },

    async forget(ids) {
      caller.assertOpen();
      for (const part of parts(ids, STEP)) await caller.call(forgetScript, {}, wireIds(part));
    },
  };
}

async function look(caller: Caller, ids: readonly string[]): Promise<Told[]> {
  caller.assertOpen();
  const told: Told[] = [];
  while (told.length < ids.length) {
    const part = ids.slice(told.length, told.length + STEP);
    const { now, found } = await caller.call(getScript, {}, wireIds(part));
    // A call looks at as many as it may read.
    for (let at = 0; at < found.length; at += 2) {
      const [answer = "", expires = ""] = found.slice(at, at + 2);
      const until = expires === "" ? null : Number(expires);
      const record = readAnswer(part[at / 2] ?? "", answer, until, now);
      const isOver = answer === CODES.told.mark || isFinal(record?.state ?? "");
      told.push({ record, isOver, leftMs: (until ?? Infinity) - now });
    }
  }
  return told;
}

interface WaitParts {
  readonly caller: Caller;
  readonly hub: Hub;
  readonly clock: Clock;
}

async function wait(
  { caller, hub, clock }: WaitParts,
  id: string,
  signal: AbortSignal,
): Promise<StoredResult | null> {
  const lookAt = async (): Promise<Told> => (await look(caller, [id]))[0]!;
  const there = await lookAt();
  if (there.isOver) return there.record;
  if (signal.aborted) return null;
  const latch = new Latch(clock);
  let pushed: StoredResult | null = null;
  let isClosed = false;
  const end = await hub.listen([doneChannel(caller.space, toWire(id))], {
    heard(payload) {
      pushed = readStored(id, payload);
      latch.notify();
    },
    missed: () => latch.notify(),
    closed() {
      isClosed = true;
      latch.notify();
    },
  });
  try {
    for (;;) {
      const told = pushed ? null : await patiently(lookAt);
      if (pushed) return pushed;
      if (told?.isOver) return told.record;
      if (isClosed) throw closedError(caller.label);
      if (signal.aborted) return null;
      const leftMs = told?.leftMs ?? Infinity;
      const notified = await latch.wait(Math.min(leftMs, FALLBACK_POLL_MS), signal);
      if (!notified && !signal.aborted && leftMs >= FALLBACK_POLL_MS) void hub.check();
    }
  } finally {
    end();
  }
}

/** A server that is away does not end a wait: it is read again at the next notice or fallback poll. */
async function patiently<T>(read: () => Promise<T | null>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (isSunbeatError(error) && (error as StoreError).retryable) return null;
    throw error;
  }
}

function readAnswer(id: string, answer: string, expires: number | null, now: number): StoredResult | null {
  switch (answer === "" ? "dead" : TOLD.get(answer)) {
    case "dead":
    case "mark":
      return null;
    case "queued":
      return { id, state: "PENDING", payload: null, at: now };
    case "leased":
      return { id, state: "RECEIVED", payload: null, at: now };
    case "expired":
      return { id, state: "REVOKED", payload: null, reason: "expired", at: expires ?? now };
    case "revoked":
      return { id, state: "REVOKED", payload: null, reason: "revoked", at: now };
    case undefined:
      return readStored(id, answer);
  }
}
