import type {
  LockDetails,
  LockHolder,
  LockInspection,
  LockSummary,
  LockWaiter,
} from "../contracts/lock-inspection.js";
import { type Caller, OutcomeUnknown } from "./caller.js";
import { hasEnded, readHistory, readWho } from "./lock-history.js";
import { releaseScript } from "./locks.js";
import { parts } from "./messages.js";
import { CODES, defineScript, type WireNumber } from "./script.js";
import { fromWire, fromWord, numberOrNull, toWire, toWord } from "./text.js";

type ListStep = [after: string, scan: string, found: WireNumber[]];
type Page = [capacity: string, held: WireNumber, waiting: WireNumber, after: string, found: string[]];

/** As many as a lock may have, and some that wait for a lowered capacity to take effect. */
const MOST_HOLDERS = 20_000;

const listScript = defineScript("lock-list", (raw: ListStep) => raw);
const inspectScript = defineScript("lock-inspect", (raw: Page | []) => raw);

export function redisLockInspection(caller: Caller): LockInspection {
  /** The last name of the last page of a listing. */
  let listedTo: string | undefined;

  /** One side of a lock, each of at most `most` as its fields; null when nobody holds it or waits for it. */
  const sideOf = async (lock: string, side: keyof typeof CODES.side, most: number, fields: number) => {
    let counts: Pick<LockSummary, "capacity" | "held" | "waiting"> | null = null;
    const found: (readonly string[])[] = [];
    let after = "";
    do {
      const step = await caller.call(inspectScript, { lock, side: CODES.side[side], after });
      const [capacity, held, waiting, next = "", page = []] = step;
      // It may have ended between two looks.
      if (capacity === undefined) break;
      counts ??= { capacity: Number(capacity), held: Number(held), waiting: Number(waiting) };
      found.push(...parts(page, fields));
      after = next;
    } while (after !== "" && found.length < most);
    return counts && { counts, found: found.slice(0, most) };
  };

  return {
    async list({ after, limit }) {
      caller.assertOpen();
      const locks: LockSummary[] = [];
      let from = after === undefined ? "" : toWord(after);
      // What is held alone when a listing begins, its first page gives a place in the order.
      let scan = after !== undefined && after === listedTo ? "" : "0";
      do {
        const step = await caller.call(listScript, { after: from, limit: limit - locks.length, scan });
        const found = step[2];
        for (let at = 0; at < found.length; at += 4) {
          const [name, capacity, held, waiting] = found.slice(at, at + 4);
          locks.push({
            ...{ name: fromWord(String(name)), capacity: Number(capacity) },
            ...{ held: Number(held), waiting: Number(waiting) },
          });
        }
        [from, scan] = step;
      } while (scan !== "" || (from !== "" && locks.length < limit));
      listedTo = locks.at(-1)?.name;
      return locks;
    },

    async inspect(name, limit): Promise<LockDetails | null> {
      const lock = toWord(name);
      const holding = await sideOf(lock, "holders", MOST_HOLDERS, 7);
      if (holding === null) return null;
      const { counts, found } = holding;
      const waiting = counts.waiting === 0 ? null : await sideOf(lock, "waiters", limit, 4);
      return {
        ...{ name, ...counts },
        holders: found.map(readHolder).sort(inOrder).slice(0, limit),
        waiters: waiting?.found.map(readWaiter) ?? [],
      };
    },

    async break({ lock, token }) {
      const args = { lock: toWord(lock), token: toWire(token), forced: 1 };
      const unknown = new OutcomeUnknown();
      if (await caller.call(releaseScript, args, [], unknown)) return "broken";
      return unknown.raised && (await hasEnded(caller, { lock, token }, "broken")) ? "broken" : "unknown";
    },

    history: (query) => readHistory(caller, query),
  };
}

function readHolder(fields: readonly string[]): LockHolder {
  const [token = "", letter = "", id = "", label = "", fence = "+", since, until] = fields;
  return {
    ...{ token: fromWire(token), ...readWho(letter, id), label: fromWord(label), fence: numberOrNull(fence) },
    ...{ since: Number(since), until: Number(until) },
  };
}

/** By when they got it; permits of one instant by number, those without one first. */
function inOrder(a: LockHolder, b: LockHolder): number {
  return a.since - b.since || (a.fence ?? 0) - (b.fence ?? 0);
}

function readWaiter([letter = "", id = "", label = "", since]: readonly string[]): LockWaiter {
  return { ...readWho(letter, id), label: fromWord(label), since: Number(since) };
}
