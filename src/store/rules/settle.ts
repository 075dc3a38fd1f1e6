/** What a worker does with its deliveries. */
import type { DeliveryRef } from "../contracts/delivery.js";
import type { HeartbeatOutcome, Settlement, SettleOutcome } from "../contracts/consumer.js";
import { deadLetter, end, postpone } from "./messages.js";
import { reservePermit } from "./permits.js";
import type { Records } from "./records.js";
import { release } from "./release.js";
import { remember } from "./results.js";
import { TO_DROP, TO_STOP } from "./states.js";

export function settle(records: Records, settlements: readonly Settlement[]): SettleOutcome[] {
  const outcomes = settlements.map((settlement) => settleOne(records, settlement));
  release(records);
  return outcomes;
}

function settleOne(records: Records, settlement: Settlement): SettleOutcome {
  const message = records.messages.leased(settlement);
  if (!message) return "lost";
  const { result } = settlement;
  if (result) records.results.keep(message.id, result, settlement.resultTtlMs);
  switch (settlement.kind) {
    case "done":
      end(records, message);
      if (!result) remember(records, message.id, settlement.idTtlMs ?? 0);
      break;
    case "retry":
    case "defer":
      postpone(records, message, settlement.delayMs, settlement.kind);
      break;
    case "dead":
      deadLetter(records, message, settlement.reason);
      break;
  }
  return "settled";
}

export function giveBack(records: Records, refs: readonly DeliveryRef[]): SettleOutcome[] {
  const outcomes = refs.map((ref): SettleOutcome => {
    const message = records.messages.leased(ref);
    if (!message) return "lost";
    reservePermit(records, message);
    records.messages.requeue(message, { isCounted: false });
    records.notify(message.queue);
    return "settled";
  });
  release(records);
  return outcomes;
}

export function heartbeat(records: Records, ref: DeliveryRef, leaseMs: number): HeartbeatOutcome {
  const { messages, locks } = records;
  const message = messages.leased(ref);
  if (!message) return "lost";
  const until = records.now + leaseMs;
  messages.extendLease(message, until);
  const isLocked = locks.extendPermitOf(message, until);
  if (message.revoked === TO_STOP) return "revoked";
  if (!isLocked) return "unlocked";
  return message.revoked === TO_DROP ? "cancelled" : "extended";
}
