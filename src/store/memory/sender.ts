import type { EpochMs } from "../../core/clock.js";
import type { Sender } from "../contracts/sender.js";
import { publish } from "./channel.js";
import { endOf } from "./ends.js";
import { followUp } from "./follow-up.js";
import { dropRevoked, fixInstants } from "./messages.js";
import { dropBufferedRun } from "./runs.js";
import { send } from "./send.js";
import { enter, type MemoryState } from "./state.js";

export function memorySender(state: MemoryState): Sender {
  return {
    async enqueue(messages) {
      const now = enter(state);
      return messages.map((message) => send(state, fixInstants(message, message.entry ?? null, now), now));
    },

    async revoke(ids, { terminate, keepMs }) {
      const now = enter(state);
      for (const id of ids) revokeOne(state, id, terminate, now + keepMs, now);
      followUp(state, now);
      publish(state, terminate ? "revoke" : "cancel", JSON.stringify(ids));
    },
  };
}

function revokeOne(state: MemoryState, id: string, terminate: boolean, until: EpochMs, now: EpochMs): void {
  const held = state.bufferedRuns.get(id);
  if (held) return dropBufferedRun(state, held, "revoked", now);
  const message = state.messages.get(id);
  if (!message) return rememberRevoked(state, id, until, now);
  if (message.state === "leased") {
    message.revoked = true;
    message.terminate ||= terminate;
  } else if (message.state !== "dead") {
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
