import type { Logger } from "../../core/logger.js";
import { quote } from "../../core/quote.js";
import type {
  AcquireReply,
  AdmitReply,
  LockDetails,
  LockEvent,
  LockHolder,
  LockRecord,
  Locks,
  LockSummary,
  LockWaiter,
  PermitRef,
} from "../locks.js";
import { type Caller, Doubt } from "./caller.js";
import { lockWord, parts } from "./messages.js";
import { defineScript, isDone, type WireNumber } from "./script.js";
import { fromWire, fromWord, numberOrNull, toWire, toWord, words } from "./text.js";

/** Deliveries that one script admits at most. */
const STEP = 20;

type ListStep = [after: string, scan: string, found: WireNumber[]];
type Page = [capacity: string, held: WireNumber, waiting: WireNumber, after: string, found: string[]];

/** As many as a lock may have, and some that wait for a lowered capacity to take effect. */
const MOST_HOLDERS = 20_000;

/** Rows of the history of a lock in which the end of a permit is looked for. */
const LOOKED_BACK = 1_000;

/** Locks of which it is known that somebody stands in line; and waiters in line. */
const REMEMBERED = 10_000;

const takeScript = defineScript("lock-take", (raw: [at: string, token: string, fence: string] | []) => raw);
const returnScript = defineScript("lock-return", isDone);
const acquireScript = defineScript("lock-acquire", (raw: string[]) => raw);
const admitScript = defineScript("lock-admit", (raw: string[]) => raw);
const cancelScript = defineScript("lock-cancel", isDone);
const extendScript = defineScript("lock-extend", isDone);
const releaseScript = defineScript("lock-release", isDone);
const listScript = defineScript("lock-list", (raw: ListStep) => raw);
const historyScript = defineScript("lock-history", ([before, found]: [string, string[]]) => ({
  before,
  found,
}));
const inspectScript = defineScript("lock-inspect", (raw: Page | []) => raw);

export function redisLocks(caller: Caller, logger: Logger): Locks {
  /** Two programs that do not agree are a mistake that only shows here. */
  const noteCapacity = (lock: string, before: string | undefined, capacity: number): void => {
    if (!before) return;
    logger.warn(`lock ${quote(lock)}: its capacity is now ${capacity} and was ${before}`);
  };

  /** Where the short ways would lead nowhere. Only hints: what the scripts find decides. */
  const lined = new Hints();
  const inLine = new Hints();
  /** A process calls itself the same all the time. */
  let known = { label: "", who: toWord("") };
  const wordOf = (label: string): string => {
    if (label !== known.label) known = { label, who: toWord(label) };
    return known.who;
  };
  /** The last name of the last page of a listing. */
  let listedTo: string | undefined;

  const history: Locks["history"] = async ({ lock, before, limit }) => {
    caller.assertOpen();
    const records: LockRecord[] = [];
    const word = lock === undefined ? "" : toWord(lock);
    let from = before ?? "";
    do {
      const args = { lock: word, before: from, limit: limit - records.length };
      const step = await caller.call(historyScript, args);
      for (const [row = "", text = ""] of parts(step.found, 2)) records.push(...readRecord(row, text));
      from = step.before;
    } while (from !== "" && records.length < limit);
    return records;
  };
  /** One side of a lock, each of at most `most` as its fields; null when nobody holds it or waits for it. */
  const sideOf = async (lock: string, side: "h" | "w", most: number, fields: number) => {
    let counts: Pick<LockSummary, "capacity" | "held" | "waiting"> | null = null;
    const found: (readonly string[])[] = [];
    let after = "";
    do {
      const step = await caller.call(inspectScript, { lock, side, after });
      const [capacity, held, waiting, next = "", page = []] = step;
      // It may have ended between two looks.
      if (capacity === undefined) break;
      counts ??= { capacity: Number(capacity), held: Number(held), waiting: Number(waiting) };
      found.push(...parts(page, fields));
      after = next;
    } while (after !== "" && found.length < most);
    return counts && { counts, found: found.slice(0, most) };
  };
  /** Whether the permit of a process has ended like this a moment ago. */
  const hasEnded = async ({ lock, token }: PermitRef, how: LockEvent): Promise<boolean> => {
    const fence = fenceOf(token);
    const rows = fence === null ? [] : await history({ lock, limit: LOOKED_BACK });
    return rows.some((row) => row.event === how && row.fence === fence);
  };

  return {
    async acquire({
      lock: name,
      capacity,
      waiter: id,
      label,
      leaseMs: lease,
      aliveMs,
    }): Promise<AcquireReply> {
      const lock = toWord(name);
      const waiter = toWord(id);
      const who = wordOf(label);
      if (inLine.has(id) || !lined.has(name)) {
        const args = { lock, capacity, waiter, label: who, lease };
        const [at, token, fence] = await caller.call(takeScript, args);
        if (at !== undefined) {
          inLine.delete(id);
          const permit = { lock: name, token: fromWire(token ?? ""), fence: Number(fence) };
          return { outcome: "granted", permit, now: Number(at) };
        }
      }
      const [at = "", outcome, before, detail = "", fence = ""] = await caller.call(acquireScript, {
        ...{ lock, capacity, waiter, label: who, lease },
        alive: aliveMs ?? "",
      });
      noteCapacity(name, before, capacity);
      const now = Number(at);
      if (outcome === "g") {
        // A newcomer gets it where nobody is in line.
        if (!inLine.delete(id)) lined.delete(name);
        const permit = { lock: name, token: fromWire(detail), fence: Number(fence) };
        return { outcome: "granted", permit, now };
      }
      lined.add(name);
      if (outcome === "b") return { outcome: "busy", now };
      inLine.add(id);
      return { outcome: "waiting", nextLookAt: Number(detail), now };
    },

    async cancel(lock, waiter) {
      inLine.delete(waiter);
      const found = await caller.call(cancelScript, { lock: toWord(lock), waiter: toWord(waiter) });
      return found ? "cancelled" : "unknown";
    },

    async extend({ lock, token }, leaseMs) {
      const args = { lock: toWord(lock), token: toWire(token), lease: leaseMs };
      return (await caller.call(extendScript, args)) ? "extended" : "lost";
    },

    async release({ lock, token }) {
      const permit = { lock: toWord(lock), token: toWire(token) };
      const doubt = new Doubt();
      if (!lined.has(lock)) {
        if (await caller.call(returnScript, permit, [], doubt)) return "released";
        lined.add(lock);
      }
      if (await caller.call(releaseScript, { ...permit, forced: 0 }, [], doubt)) return "released";
      return doubt.raised && (await hasEnded({ lock, token }, "released")) ? "released" : "lost";
    },

    async admit(requests) {
      caller.assertOpen();
      const replies: AdmitReply[] = [];
      for (const part of parts(requests, STEP)) {
        const rest = part.flatMap(({ id, token, lock, busy }) => [
          ...[toWire(id), token, lockWord(lock)],
          busy === "block" ? "p" : "r",
        ]);
        const raw = await caller.call(admitScript, {}, rest);
        part.forEach(({ lock }, index) => {
          noteCapacity(lock.name, raw[index * 2], lock.capacity);
          replies.push(readAdmitReply(raw[index * 2 + 1] ?? ""));
        });
      }
      return replies;
    },

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
      const holding = await sideOf(lock, "h", MOST_HOLDERS, 7);
      if (holding === null) return null;
      const { counts, found } = holding;
      const waiting = counts.waiting === 0 ? null : await sideOf(lock, "w", limit, 4);
      return {
        ...{ name, ...counts },
        holders: found.map(readHolder).sort(inOrder).slice(0, limit),
        waiters: waiting?.found.map(readWaiter) ?? [],
      };
    },

    async break({ lock, token }) {
      const args = { lock: toWord(lock), token: toWire(token), forced: 1 };
      const doubt = new Doubt();
      if (await caller.call(releaseScript, args, [], doubt)) return "broken";
      return doubt.raised && (await hasEnded({ lock, token }, "broken")) ? "broken" : "unknown";
    },

    history,
  };
}

/** The number of a permit of a process, by its token: lib/permits.lua. Null for that of a task. */
function fenceOf(token: string): number | null {
  const [, fence] = /^(\d+)\.p/.exec(token) ?? [];
  return fence === undefined ? null : Number(fence);
}

/** A set that forgets all when it grows large. */
class Hints extends Set<string> {
  override add(hint: string): this {
    if (this.size >= REMEMBERED) this.clear();
    return super.add(hint);
  }
}

const REFUSED: Readonly<Record<string, "blocked" | "busy" | "lost">> = { p: "blocked", b: "busy", l: "lost" };

function readAdmitReply(raw: string): AdmitReply {
  const outcome = REFUSED[raw];
  return outcome ? { outcome } : { outcome: "admitted", fence: Number(raw.slice(1)) };
}

/** Ids of tasks travel as they are, names of waiters escaped. */
function readWho(letter: string, id: string): Pick<LockWaiter, "kind" | "id"> {
  return letter === "t" ? { kind: "task", id: fromWire(id) } : { kind: "process", id: fromWord(id) };
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

const EVENTS: Readonly<Record<string, LockEvent>> = {
  ...{ w: "waiting", a: "acquired", r: "released", l: "lost", b: "broken", g: "gave-up" },
};
const WAITED: ReadonlySet<LockEvent> = new Set(["acquired", "gave-up"]);
const HELD: ReadonlySet<LockEvent> = new Set(["released", "lost", "broken"]);

/** None for what nobody of us wrote. */
function readRecord(row: string, text: string): LockRecord[] {
  const { head = [], rest: id = "" } = words(text, 7) ?? {};
  const [letter = "", kind = "", fence = "+", at, took, lock = "", label = ""] = head;
  const event = EVENTS[letter];
  if (event === undefined) return [];
  return [
    {
      ...{ row, lock: fromWord(lock), event, ...readWho(kind, id), label: fromWord(label) },
      ...{ fence: numberOrNull(fence), at: Number(at) },
      waitedMs: WAITED.has(event) ? Number(took) : null,
      heldMs: HELD.has(event) ? Number(took) : null,
    },
  ];
}
