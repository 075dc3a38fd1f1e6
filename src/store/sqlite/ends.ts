/** Whether a message that waits will ever run: asked by claims, by those who read results, and by ticks. */
import type { EpochMs } from "../../core/clock.js";
import { DEAD, LEASED, NOT_REVOKED } from "./schema.js";

/** What of a message tells how long it may wait. */
export interface Perishable {
  readonly state: number;
  readonly revoked: number;
  readonly expires: EpochMs | null;
}

export const PERISHABLE = "place AS state, revoked, expires";

/** SQL with the store's now as `?`: whether a row of message is of those that `endOf` gives a reason for. */
export const HAS_ENDED = `(place NOT IN (${LEASED}, ${DEAD}) AND (revoked <> ${NOT_REVOKED} OR coalesce(expires <= ?, 0)))`;

export function isExpired({ expires }: Pick<Perishable, "expires">, now: EpochMs): boolean {
  return expires !== null && expires <= now;
}

/**
 * Why no worker will run the message any more, in the word of the result that it leaves; null: one may, or has it. It
 * stays so: what is told before the message is dropped is what its drop writes.
 */
export function endOf(message: Perishable, now: EpochMs): "expired" | "revoked" | null {
  return message.state === LEASED || message.state === DEAD ? null : endOfWaiting(message, now);
}

/** The same of one that waits. */
export function endOfWaiting(message: Omit<Perishable, "place">, now: EpochMs): "expired" | "revoked" | null {
  if (message.revoked !== NOT_REVOKED) return "revoked";
  return isExpired(message, now) ? "expired" : null;
}
