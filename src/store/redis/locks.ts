import type { Logger } from "../../core/logger.js";
import type { AcquireReply, LockStore } from "../contracts/locks.js";
import { noteCapacity } from "../rules/capacity.js";
import { type Caller, OutcomeUnknown } from "./caller.js";
import { hasEnded } from "./lock-history.js";
import { CODES, defineScript, isDone } from "./script.js";
import { fromWire, toWire, toWord } from "./text.js";

/** Locks of which it is known that somebody waits for them; and waiters of this process. */
const REMEMBERED = 10_000;

const takeScript = defineScript("lock-take", (raw: [at: string, token: string, fence: string] | []) => raw);
const returnScript = defineScript("lock-return", isDone);
const acquireScript = defineScript("lock-acquire", (raw: string[]) => raw);
const cancelScript = defineScript("lock-cancel", isDone);
const extendScript = defineScript("lock-extend", isDone);
export const releaseScript = defineScript("lock-release", isDone);

export function redisLocks(caller: Caller, logger: Logger): LockStore {
  /** Where the fast paths would lead nowhere. Only hints: what the scripts find decides. */
  const contended = new Hints();
  const waiting = new Hints();
  /** A process calls itself the same all the time. */
  let known = { label: "", who: toWord("") };
  const wordOf = (label: string): string => {
    if (label !== known.label) known = { label, who: toWord(label) };
    return known.who;
  };

  return {
    async acquire({
      lock: name,
      capacity,
      waiter: id,
      label,
      leaseMs: lease,
      waiterTtlMs,
    }): Promise<AcquireReply> {
      const lock = toWord(name);
      const waiter = toWord(id);
      const who = wordOf(label);
      if (waiting.has(id) || !contended.has(name)) {
        const args = { lock, capacity, waiter, label: who, lease };
        const [at, token, fence] = await caller.call(takeScript, args);
        if (at !== undefined) {
          waiting.delete(id);
          const permit = { lock: name, token: fromWire(token ?? ""), fence: Number(fence) };
          return { outcome: "granted", permit, now: Number(at) };
        }
      }
      const [at = "", outcome, before, detail = "", fence = ""] = await caller.call(acquireScript, {
        ...{ lock, capacity, waiter, label: who, lease },
        alive: waiterTtlMs ?? "",
      });
      noteCapacity(logger, name, Number(before) || null, capacity);
      const now = Number(at);
      if (outcome === CODES.acquired.granted) {
        // A newcomer gets it where nobody waits.
        if (!waiting.delete(id)) contended.delete(name);
        const permit = { lock: name, token: fromWire(detail), fence: Number(fence) };
        return { outcome: "granted", permit, now };
      }
      contended.add(name);
      if (outcome === CODES.acquired.busy) return { outcome: "busy", now };
      waiting.add(id);
      return { outcome: "waiting", nextLookAt: Number(detail), now };
    },

    async cancel(lock, waiter) {
      waiting.delete(waiter);
      const found = await caller.call(cancelScript, { lock: toWord(lock), waiter: toWord(waiter) });
      return found ? "cancelled" : "unknown";
    },

    async extend({ lock, token }, leaseMs) {
      const args = { lock: toWord(lock), token: toWire(token), lease: leaseMs };
      return (await caller.call(extendScript, args)) ? "extended" : "lost";
    },

    async release({ lock, token }) {
      const permit = { lock: toWord(lock), token: toWire(token) };
      const unknown = new OutcomeUnknown();
      if (!contended.has(lock)) {
        if (await caller.call(returnScript, permit, [], unknown)) return "released";
        contended.add(lock);
      }
      if (await caller.call(releaseScript, { ...permit, forced: 0 }, [], unknown)) return "released";
      return unknown.raised && (await hasEnded(caller, { lock, token }, "released")) ? "released" : "lost";
    },
  };
}

/** A set that forgets all when it grows large. */
class Hints extends Set<string> {
  override add(hint: string): this {
    if (this.size >= REMEMBERED) this.clear();
    return super.add(hint);
  }
}
