import type { Logger } from "../../core/logger.js";
import type { AcquireReply, LockStore, Permit, PermitRef } from "../contracts/locks.js";
import { noteCapacity } from "../rules/capacity.js";
import { type Caller, OutcomeUnknown } from "./caller.js";
import { hasEnded } from "./lock-history.js";
import { CODES, defineScript, isDone, type ScriptArgs } from "./script.js";
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
    async acquire(request) {
      const { lock, capacity, waiter, leaseMs: lease } = request;
      const args = {
        lock: toWord(lock),
        capacity,
        waiter: toWord(waiter),
        label: wordOf(request.label),
        lease,
      };
      const isWorthTaking = waiting.has(waiter) || !contended.has(lock);
      const taken = isWorthTaking ? await take(caller, lock, args) : null;
      if (taken !== null) {
        waiting.delete(waiter);
        return taken;
      }
      const alive = request.waiterTtlMs ?? "";
      const [at = "", outcome, before, detail = "", fence = ""] = await caller.call(acquireScript, {
        ...args,
        alive,
      });
      noteCapacity(logger, lock, Number(before) || null, capacity);
      const now = Number(at);
      if (outcome === CODES.acquired.granted) {
        // A newcomer gets it where nobody waits.
        if (!waiting.delete(waiter)) contended.delete(lock);
        return { outcome: "granted", permit: permitOf(lock, detail, fence), now };
      }
      contended.add(lock);
      if (outcome === CODES.acquired.busy) return { outcome: "busy", now };
      waiting.add(waiter);
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

    release: (permit) => release(caller, contended, permit),
  };
}

/** The fast path; null where it leads nowhere. */
async function take(
  caller: Caller,
  lock: string,
  args: ScriptArgs<"lock-take">,
): Promise<AcquireReply | null> {
  const [at, token = "", fence = ""] = await caller.call(takeScript, args);
  if (at === undefined) return null;
  return { outcome: "granted", permit: permitOf(lock, token, fence), now: Number(at) };
}

function permitOf(lock: string, token: string, fence: string): Permit {
  return { lock, token: fromWire(token), fence: Number(fence) };
}

async function release(
  caller: Caller,
  contended: Hints,
  { lock, token }: PermitRef,
): Promise<"released" | "lost"> {
  const permit = { lock: toWord(lock), token: toWire(token) };
  const unknown = new OutcomeUnknown();
  if (!contended.has(lock)) {
    if (await caller.call(returnScript, permit, [], unknown)) return "released";
    contended.add(lock);
  }
  if (await caller.call(releaseScript, { ...permit, forced: 0 }, [], unknown)) return "released";
  return unknown.raised && (await hasEnded(caller, { lock, token }, "released")) ? "released" : "lost";
}

/** A set that forgets all when it grows large. */
class Hints extends Set<string> {
  override add(hint: string): this {
    if (this.size >= REMEMBERED) this.clear();
    return super.add(hint);
  }
}
