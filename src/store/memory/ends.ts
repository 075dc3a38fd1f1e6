/** Whether a message that waits will ever run: asked by claims, by those who read results, and by ticks. */
import type { EpochMs } from "../../core/clock.js";
import type { Message, Sent } from "./state.js";

export function isExpired({ expires }: Pick<Sent, "expires">, now: EpochMs): boolean {
  return expires !== null && expires <= now;
}

/**
 * Why no worker will run the message any more, in the word of the result that it leaves; null: one may, or has it. It
 * stays so: what is told before the message is dropped is what its drop writes.
 */
export function endOf(message: Message, now: EpochMs): "expired" | "revoked" | null {
  if (message.state === "leased" || message.state === "dead") return null;
  if (message.revoked) return "revoked";
  return isExpired(message, now) ? "expired" : null;
}
