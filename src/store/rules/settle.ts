/** What a worker does with its deliveries. */
import type { DeliveryRef } from "../contracts/delivery.js";
import type {
  ClaimRequest,
  HeartbeatOutcome,
  Settlement,
  SettleOutcome,
  SettleReply,
} from "../contracts/consumer.js";
import { claim, type Claimant } from "./claim.js";
import { becomeGraph, growGraph } from "./graph-open.js";
import type { FoundPart } from "./graph-records.js";
import { isStopped } from "./graph-told.js";
import { deadLetter, deliverAgain, dropUnrun, end, postpone } from "./messages.js";
import { endByRecord, endPartOf, isOpen, partEnded, partOf } from "./parts.js";
import { releaseTicket, reservePermit } from "./permits.js";
import { coolDown } from "./rate.js";
import type { Leased, Records } from "./records.js";
import { goOn, release, takeChanges } from "./release.js";
import { remember } from "./results.js";
import { NOT_REVOKED, TO_DROP, TO_STOP } from "./states.js";

/** Settles, then claims where that is asked for: one step. */
export function settleAndClaim(
  records: Records,
  settlements: readonly Settlement[],
  request: ClaimRequest | null,
  claimant: Claimant,
): SettleReply {
  const outcomes = settle(records, settlements);
  const changes = takeChanges(records);
  return { outcomes, claimed: request && claim(records, request, claimant), ...changes };
}

export function settle(records: Records, settlements: readonly Settlement[]): SettleOutcome[] {
  const outcomes = settlements.map((settlement) => settleOne(records, settlement));
  goOn(records);
  return outcomes;
}

function settleOne(records: Records, settlement: Settlement): SettleOutcome {
  const message = records.messages.leased(settlement);
  if (!message) return "lost";
  if (settlement.kind === "lost" && comesAgain(records, settlement)) return "settled";
  const { result, resultTtlMs } = settlement;
  const part = partOf(records, message.id);
  if (settlement.note) records.history.add(message.id, message.entry, settlement.note);
  if (settlement.kind === "done" && settlement.succeeded && message.entry !== null) {
    records.entries.noteSuccess(message.entry);
  }
  if (part && settlePart(records, message, part, settlement)) return "settled";
  if (result) records.results.keep(message.id, result, resultTtlMs);
  switch (settlement.kind) {
    case "done":
      if (settlement.keepMs) records.failed.keep(message, records.now + settlement.keepMs);
      end(records, message);
      if (!result) remember(records, message.id, settlement.idTtlMs ?? 0);
      break;
    case "retry":
    case "defer":
      postpone(records, message, settlement.delayMs, settlement.kind);
      break;
    case "cooldown":
      coolOff(records, message, settlement.delayMs);
      break;
    case "replaced":
      replace(records, message, null, settlement);
      break;
    case "dead":
    case "lost":
      deadLetter(records, message, settlement.reason);
      break;
  }
  return "settled";
}

/** Of one whose run was lost. */
function comesAgain(records: Records, ref: DeliveryRef): boolean {
  const message = records.messages.delivered(ref);
  if (!message || !deliverAgain(records, message)) return false;
  records.notify(message.queue);
  return true;
}

const NO_VALUE = { state: "SUCCESS", payload: null };

/** False: it goes on as any message. */
function settlePart(records: Records, message: Leased, part: FoundPart, settlement: Settlement): boolean {
  const { kind, result, resultTtlMs: ttlMs, grow } = settlement;
  if (kind === "retry" || kind === "defer" || kind === "cooldown") return false;
  if (kind === "replaced") {
    replace(records, message, part, settlement);
  } else if (kind === "dead" || kind === "lost") {
    deadLetter(records, message, settlement.reason);
    const record = result ?? { state: "FAILURE", payload: null, reason: settlement.reason };
    return partEnded(records, part, "failed", { record, ttlMs });
  } else {
    const record = result ?? NO_VALUE;
    if (grow && endByRecord(record) === "succeeded" && isOpen(part) && !isStopped(records, part)) {
      growGraph(records, part, grow);
    }
    endPartOf(records, message, part, record, ttlMs);
  }
  return true;
}

/** One that was to stop ends. */
function coolOff(records: Records, message: Leased, delayMs: number): void {
  const found = records.messages.find(message.id);
  if (!found || message.revoked !== NOT_REVOKED) dropUnrun(records, message, "revoked");
  else coolDown(records, found, delayMs);
}

/** The message waits until the part in its place has ended; one that was to stop ends, and nothing grows. */
function replace(records: Records, message: Leased, known: FoundPart | null, settlement: Settlement): void {
  const { messages, graphs } = records;
  const { grow, resultTtlMs: ttlMs } = settlement;
  const isRevoked = message.revoked !== NOT_REVOKED || (known && isStopped(records, known));
  if (isRevoked || !grow || (known && !isOpen(known))) return dropUnrun(records, message, "revoked");
  releaseTicket(records, message);
  messages.clearExpires(message);
  messages.block(message, "part");
  const part = known ?? becomeGraph(records, message.id, messages.find(message.id)?.task ?? "", ttlMs);
  graphs.setPinned(part, false, ttlMs);
  growGraph(records, part, grow);
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
