import type { EpochMs } from "../../core/clock.js";
import type { Consumer, HeartbeatOutcome, Settlement, SettleOutcome } from "../contracts/consumer.js";
import { noteCapacity } from "../rules/capacity.js";
import { admit } from "./admission.js";
import { openArrivals } from "./arrivals.js";
import { claim } from "./claim.js";
import { followUp } from "./follow-up.js";
import { deadLetter, delay, end, extend, leasedBy, putBack, retry, notify } from "./messages.js";
import { reservePermit } from "./permits.js";
import { keepResult, remember } from "./results.js";
import { enter, type MemoryState } from "./state.js";

export function memoryConsumer(state: MemoryState): Consumer {
  return {
    async claim(request) {
      return claim(state, request, enter(state));
    },

    async heartbeat(refs, leaseMs) {
      const now = enter(state);
      return refs.map((ref): HeartbeatOutcome => {
        const message = leasedBy(state, ref);
        if (!message) return "lost";
        extend(state, message, now + leaseMs);
        if (message.terminate) return "revoked";
        if (message.lock !== null && message.lockRequest?.status !== "holding") return "unlocked";
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
        const message = leasedBy(state, ref);
        if (!message) return "lost";
        message.deliveries--;
        reservePermit(state, message, now);
        notify(putBack(state, message, now));
        return "settled";
      });
      followUp(state, now);
      return outcomes;
    },

    async admit(requests) {
      const now = enter(state);
      return requests.map((request) => {
        const { name, capacity } = request.lock;
        noteCapacity(state.logger, name, state.locks.get(name)?.capacity ?? null, capacity);
        const reply = admit(state, request, now);
        followUp(state, now);
        return reply;
      });
    },

    async listen(queues) {
      enter(state);
      return openArrivals(state, queues);
    },
  };
}

function settleOne(state: MemoryState, settlement: Settlement, now: EpochMs): SettleOutcome {
  const message = leasedBy(state, settlement);
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
