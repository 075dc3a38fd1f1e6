import type { QueueCounts, Queues } from "../contracts/queues.js";
import type { Caller } from "./caller.js";
import { CODES, defineScript, meanings, type WireNumber } from "./script.js";
import { fromWord, toWord } from "./text.js";

type Flat = readonly WireNumber[];
const purgeScript = defineScript("purge", ([dropped, bound, after]: [WireNumber, string, string]) => ({
  dropped: Number(dropped),
  bound,
  after,
}));
const countsScript = defineScript("counts", ([from, scan, ready, others]: [string, string, Flat, Flat]) => {
  return { from, scan, ready, others };
});

/** As of the contract, for those who only look. */
export async function queueCounts(caller: Caller): Promise<QueueCounts[]> {
  const ready: WireNumber[] = [];
  const others: WireNumber[] = [];
  let [from, scan] = ["-", "0"];
  do {
    const step = await caller.call(countsScript, { from, scan });
    ready.push(...step.ready);
    others.push(...step.others);
    ({ from, scan } = step);
  } while (from !== "" || scan !== "");
  return readCounts({ ready, others });
}

export function redisQueues(caller: Caller): Queues {
  return {
    counts: () => queueCounts(caller),

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
  };
}

const STATES = meanings(CODES.state);

type Counts = { ready: number; scheduled: number; leased: number; dead: number; blocked?: number };

function readCounts({ ready, others }: { readonly ready: Flat; readonly others: Flat }): QueueCounts[] {
  const found = new Map<string, Counts>();
  const of = (queue: string): Counts => {
    const counts = found.get(queue) ?? { ready: 0, scheduled: 0, leased: 0, dead: 0 };
    found.set(queue, counts);
    return counts;
  };
  for (let at = 0; at < ready.length; at += 2) of(String(ready[at])).ready = Number(ready[at + 1]);
  for (let at = 0; at < others.length; at += 2) {
    const field = String(others[at]);
    const state = STATES.get(field[0] ?? "");
    if (state && state !== "queued") of(field.slice(1))[state] = Number(others[at + 1]);
  }
  return [...found]
    .map(([queue, counts]) => ({ queue: fromWord(queue), ...counts }))
    .sort((a, b) => (a.queue < b.queue ? -1 : 1));
}
