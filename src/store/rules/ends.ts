/** Whether a message that waits will ever run: asked by claims, by those who read results, and by ticks. */
import type { EpochMs } from "../../core/clock.js";
import type { Perishable } from "./records.js";
import { NOT_REVOKED } from "./states.js";

export function isExpired({ expires }: Pick<Perishable, "expires">, now: EpochMs): boolean {
  return expires !== null && expires <= now;
}

/**
 * Why no worker will run the message any more, in the word of the result that it leaves; null: one may, or has it. It
 * stays so: what is told before the message is dropped is what its drop writes.
 */
export function endOf(message: Perishable, now: EpochMs): "expired" | "revoked" | null {
  return message.state === "leased" || message.state === "dead" ? null : endOfWaiting(message, now);
}

/** The same of one that waits. */
export function endOfWaiting(message: Omit<Perishable, "state">, now: EpochMs): "expired" | "revoked" | null {
  if (message.revoked !== NOT_REVOKED) return "revoked";
  return isExpired(message, now) ? "expired" : null;
}
