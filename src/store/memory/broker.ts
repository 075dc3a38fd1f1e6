import type { EpochMs } from "../../core/clock.js";
import type { Broker, HeartbeatOutcome, Settlement, SettleOutcome } from "../broker.js";
import { openArrivals } from "./arrivals.js";
import { publish } from "./channel.js";
import { claim } from "./claim.js";
import { endOf } from "./ends.js";
import { followUp } from "./follow-up.js";
import {
  deadLetter,
  delay,
  dropRevoked,
  end,
  extend,
  fixInstants,
  heldBy,
  putBack,
  retry,
  redrive,
  ring,
} from "./messages.js";
import { reservePermit } from "./permits.js";
import { dropResult, keepResult, remember } from "./results.js";
import { dropBufferedRun } from "./runs.js";
import { send } from "./send.js";
import { enter, type MemoryState, type Message } from "./state.js";

export function memoryBroker(state: MemoryState): Broker {
  return {
    async enqueue(messages) {
      const now = enter(state);
      return messages.map((message) => send(state, fixInstants(message, message.entry ?? null, now), now));
    },

    async claim(request) {
      return claim(state, request, enter(state));
    },

    async heartbeat(refs, leaseMs) {
      const now = enter(state);
      return refs.map((ref): HeartbeatOutcome => {
        const message = heldBy(state, ref);
        if (!message) return "lost";
        extend(state, message, now + leaseMs);
        if (message.terminate) return "revoked";
        if (message.lock !== null && message.contender?.standing !== "holding") return "unlocked";
        return message.revoked ? "cancelled" : "extended";
      });
    },

    async settle(settlements, request) {
      const now = enter(state);
      const outcomes = settlements.map((settlement) => settleOne(state, settlement, now));
      followUp(state, now);
      return { outcomes, claimed: request && claim(state, request, now) };
    },

    async giveBack(refs) {
      const now = enter(state);
      const outcomes = refs.map((ref): SettleOutcome => {
        const message = heldBy(state, ref);
        if (!message) return "lost";
        message.deliveries--;
        reservePermit(state, message, now);
        ring(putBack(state, message, now));
        return "settled";
      });
      followUp(state, now);
      return outcomes;
    },

    async revoke(ids, { terminate, keepMs }) {
      const now = enter(state);
      for (const id of ids) revokeOne(state, id, terminate, now + keepMs, now);
      followUp(state, now);
      publish(state, terminate ? "revoke" : "cancel", JSON.stringify(ids));
    },

    async purge(names) {
      const now = enter(state);
      const wanted = new Set(names);
      // Only this verb looks through all that is scheduled or blocked: an operator's step, not a worker's.
      const waiting = [...wanted].flatMap((name) => state.queues.get(name)?.ready.first(Infinity) ?? []);
      for (const message of state.scheduled.first(Infinity))
        if (wanted.has(message.queue)) waiting.push(message);
      for (const { line } of state.locks.values())
        for (const { message } of line.first(Infinity))
          if (message && wanted.has(message.queue)) waiting.push(message);
      for (const message of waiting) {
        end(state, message);
        dropResult(state, message.id);
      }
      followUp(state, now);
      return waiting.length;
    },

    async counts() {
      enter(state);
      return [...state.queues.values()]
        .filter(
          ({ ready, scheduled, leased, blocked, dead }) =>
            ready.size + scheduled + leased + blocked + dead > 0,
        )
        .map(({ name, ready, scheduled, leased, blocked, dead }) => ({
          queue: name,
          ready: ready.size,
          scheduled,
          leased,
          dead,
          ...(blocked > 0 && { blocked }),
        }))
        .sort((a, b) => (a.queue < b.queue ? -1 : 1));
    },

    async deadLetters({ limit, queue }) {
      enter(state);
      return [...state.dead]
        .filter((message) => queue === undefined || message.queue === queue)
        .reverse()
        .slice(0, limit)
        .map(({ id, task, queue: name, deadReason, deadAt, body }) => {
          return { id, task, queue: name, reason: deadReason, at: deadAt, body };
        });
    },

    async redrive(ids) {
      const now = enter(state);
      return countDead(state, ids, (message) => redrive(state, message, now));
    },

    async deleteDead(ids) {
      enter(state);
      return countDead(state, ids, (message) => end(state, message));
    },

    async listen(queues) {
      enter(state);
      return openArrivals(state, queues);
    },
  };
}

function settleOne(state: MemoryState, settlement: Settlement, now: EpochMs): SettleOutcome {
  const message = heldBy(state, settlement);
  if (!message) return "lost";
  if (settlement.result) keepResult(state, message.id, settlement.result, settlement.resultTtlMs, now);
  switch (settlement.kind) {
    case "done":
      end(state, message);
      if (!settlement.result) remember(state, message.id, settlement.idTtlMs ?? 0, now);
      break;
    case "retry":
      retry(state, message, settlement.delayMs, now);
      break;
    case "defer":
      message.deliveries--;
      delay(state, message, settlement.delayMs, now);
      break;
    case "dead":
      deadLetter(state, message, settlement.reason, now);
      break;
  }
  return "settled";
}

function revokeOne(state: MemoryState, id: string, terminate: boolean, until: EpochMs, now: EpochMs): void {
  const held = state.bufferedRuns.get(id);
  if (held) return dropBufferedRun(state, held, "revoked", now);
  const message = state.messages.get(id);
  if (!message) return rememberRevoked(state, id, until, now);
  if (message.place === "leased") {
    message.revoked = true;
    message.terminate ||= terminate;
  } else if (message.place !== "dead") {
    dropRevoked(state, message, endOf(message, now) ?? "revoked", now);
  }
}

function rememberRevoked(state: MemoryState, id: string, until: EpochMs, now: EpochMs): void {
  const before = state.revocations.get(id);
  if (until <= (before?.until ?? now)) return;
  if (before) state.revocationEnds.remove(before);
  const revocation = { id, until, slot: -1 };
  state.revocations.set(id, revocation);
  state.revocationEnds.push(revocation, until, 0);
}

/** Drops at most `limit` revocations whose time is over. */
export function sweepRevocations(state: MemoryState, limit: number, now: EpochMs): number {
  let dropped = 0;
  for (; dropped < limit; dropped++) {
    const revocation = state.revocationEnds.peek();
    if (!revocation || revocation.until > now) break;
    state.revocationEnds.remove(revocation);
    state.revocations.delete(revocation.id);
  }
  return dropped;
}

function countDead(state: MemoryState, ids: readonly string[], act: (message: Message) => void): number {
  let found = 0;
  for (const id of ids) {
    const message = state.messages.get(id);
    if (message?.place !== "dead") continue;
    act(message);
    found++;
  }
  return found;
}
