import {
  type PausedQueue,
  type QueueCounts,
  type Queues,
  withFailed,
  withPauses,
} from "../contracts/queues.js";
import type { Caller } from "./caller.js";
import { redisBrowse } from "./browse.js";
import { countFailed } from "./failed.js";
import { parts } from "./messages.js";
import { CODES, defineScript, isDone, meanings, type WireNumber } from "./script.js";
import { fromWord, fromWordOrNull, numberOrNull, orNull, toWord, toWordOrNull } from "./text.js";

type Flat = readonly WireNumber[];
const purgeScript = defineScript("purge", ([dropped, bound, after]: [WireNumber, string, string]) => ({
  dropped: Number(dropped),
  bound,
  after,
}));
const countsScript = defineScript("counts", ([from, scan, ready, others]: [string, string, Flat, Flat]) => {
  return { from, scan, ready, others };
});
/** What a step of the count is, and what it is with the ages of what is ready. */
const [WITHOUT_AGES, WITH_AGES] = [0, 1];

const pauseScript = defineScript("queue-pause", (raw: string) => raw);
const resumeScript = defineScript("queue-resume", isDone);
const pausedScript = defineScript("queues-paused", (raw: [string, string[]]) => raw);

/** As of the contract, for those who only look. */
export async function queueCounts(caller: Caller, withAges = false): Promise<QueueCounts[]> {
  // On their way at once: three answers for one round trip.
  const [counts, failed, paused] = await Promise.all([
    countAll(caller, withAges),
    countFailed(caller),
    pausedQueues(caller),
  ]);
  return withPauses(withFailed(counts, failed), paused);
}

async function countAll(caller: Caller, withAges: boolean): Promise<QueueCounts[]> {
  const ready: WireNumber[] = [];
  const others: WireNumber[] = [];
  let [from, scan] = ["-", "0"];
  do {
    const step = await caller.call(countsScript, { from, scan, ages: withAges ? WITH_AGES : WITHOUT_AGES });
    ready.push(...step.ready);
    others.push(...step.others);
    ({ from, scan } = step);
  } while (from !== "" || scan !== "");
  return readCounts({ ready, others });
}

export function redisQueues(caller: Caller): Queues {
  return {
    counts: ({ withAges = false } = {}) => queueCounts(caller, withAges),

    async purge(queues) {
      caller.assertOpen();
      let dropped = 0;
      for (const queue of new Set(queues)) {
        let [bound, after] = ["", ""];
        do {
          const step = await caller.call(purgeScript, { queue: toWord(queue), bound, after });
          ({ bound, after } = step);
          dropped += step.dropped;
        } while (after !== "");
      }
      return dropped;
    },

    async pause(queue, { by, reason, forMs }) {
      const asked = { by: toWord(by), reason: toWordOrNull(reason), for: orNull(forMs) };
      return readPause(toWord(queue), await caller.call(pauseScript, { queue: toWord(queue), ...asked }));
    },

    resume: (queue) => caller.call(resumeScript, { queue: toWord(queue) }),

    paused: () => pausedQueues(caller),

    ...redisBrowse(caller),
  };
}

async function pausedQueues(caller: Caller): Promise<PausedQueue[]> {
  const found: string[] = [];
  let scan = "0";
  do {
    const [next, some] = await caller.call(pausedScript, { scan });
    found.push(...some);
    scan = next;
  } while (scan !== "0");
  return readPauses(found).sort((a, b) => (a.queue < b.queue ? -1 : 1));
}

/** Queue and pause of each, one after another, in the words of scripts/lib/pause.lua. */
export function readPauses(flat: readonly string[]): PausedQueue[] {
  return parts(flat, 2).map(([queue = "", text = ""]) => readPause(queue, text));
}

function readPause(queue: string, text: string): PausedQueue {
  const [since, until = "+", by = "", reason = "+"] = text.split(" ");
  return {
    ...{ queue: fromWord(queue), since: Number(since), by: fromWord(by) },
    ...{ reason: fromWordOrNull(reason), until: numberOrNull(until) },
  };
}

const STATES = meanings(CODES.state);

type Counts = {
  ready: number;
  scheduled: number;
  leased: number;
  dead: number;
  blocked?: number;
  oldestReadyAt?: number;
};

function readCounts({ ready, others }: { readonly ready: Flat; readonly others: Flat }): QueueCounts[] {
  const found = new Map<string, Counts>();
  const of = (queue: string): Counts => {
    const counts = found.get(queue) ?? { ready: 0, scheduled: 0, leased: 0, dead: 0 };
    found.set(queue, counts);
    return counts;
  };
  for (const [queue = "", number = 0, oldest = ""] of parts(ready, 3)) {
    const counts = of(String(queue));
    counts.ready = Number(number);
    if (oldest !== "") counts.oldestReadyAt = Number(oldest);
  }
  for (let at = 0; at < others.length; at += 2) {
    const field = String(others[at]);
    const state = STATES.get(field[0] ?? "");
    if (state && state !== "queued") of(field.slice(1))[state] = Number(others[at + 1]);
  }
  return [...found].map(([queue, counts]) => ({ queue: fromWord(queue), ...counts }));
}
