import type { EpochMs } from "../../core/clock.js";
import type { EnqueueOutcome } from "../contracts/sender.js";
import { requestForMessage } from "./waiters.js";
import { isKnown, block, post, notify } from "./messages.js";
import { keepOwnResult } from "./results.js";
import type { MemoryState, Sent } from "./state.js";

/** Puts a message into its queue or, when it needs a permit that is not free, into the line of its lock. */
export function send(state: MemoryState, sent: Sent, now: EpochMs): EnqueueOutcome {
  if (isKnown(state, sent.id, now)) return "duplicate";
  if (sent.expires !== null && sent.expires <= now) {
    keepOwnResult(state, sent, "REVOKED", "expired", now);
    return "expired";
  }
  const { message, queue } = post(state, sent, now);
  if (message.lock !== null && message.state === "ready") {
    if (requestForMessage(state, message, message.lock, now).status === "waiting") block(state, message);
  }
  if (message.state !== "blocked") notify(queue);
  return "queued";
}
