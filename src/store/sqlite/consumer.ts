import type { Logger } from "../../core/logger.js";
import type { Random } from "../../core/random.js";
import type { Consumer, HeartbeatOutcome, Settlement, SettleOutcome } from "../contracts/consumer.js";
import { noteCapacity } from "../rules/capacity.js";
import { admit } from "./admission.js";
import { claim, type Claimant } from "./claim.js";
import { type Connection } from "./connection.js";
import { followUp } from "./follow-up.js";
import type { Hub } from "./hub.js";
import { capacityOf } from "./waiters.js";
import { deadLetter, defer, end, KNOWN, type Known, putBack, retry } from "./messages.js";
import { extendPermit, reservePermit } from "./permits.js";
import { keepResult, remember } from "./results.js";
import { TO_DROP, TO_STOP } from "./schema.js";
import { type Step } from "./step.js";

export const LEASED_BY = `SELECT ${KNOWN}, revoked FROM message WHERE id = ? AND token = ?`;

export function sqliteConsumer(connection: Connection, hub: Hub, random: Random, logger: Logger): Consumer {
  const claimant: Claimant = { token: tokens(random), turns: new Map(), turn: 0 };

  return {
    claim: (request) => connection.write((step) => claim(step, request, claimant)),

    heartbeat: (refs, leaseMs) =>
      connection.write((step) =>
        refs.map((ref): HeartbeatOutcome => {
          const message = step.get<Known & { revoked: number }>(LEASED_BY, ref.id, ref.token);
          if (!message) return "lost";
          step.run("UPDATE message SET lease_until = ? WHERE seq = ?", step.now + leaseMs, message.seq);
          const locked = extendPermit(step, message, step.now + leaseMs);
          if (message.revoked === TO_STOP) return "revoked";
          if (!locked) return "unlocked";
          return message.revoked === TO_DROP ? "cancelled" : "extended";
        }),
      ),

    settle: (settlements, request) =>
      connection.write((step) => {
        const outcomes = settlements.map((settlement) => settleOne(step, settlement));
        followUp(step);
        return { outcomes, claimed: request && claim(step, request, claimant) };
      }),

    giveBack: (refs) =>
      connection.write((step) => {
        const outcomes = refs.map((ref): SettleOutcome => {
          const message = step.get<Known>(LEASED_BY, ref.id, ref.token);
          if (!message) return "lost";
          reservePermit(step, message);
          putBack(step, message, 1);
          step.queues.add(message.queue);
          return "settled";
        });
        followUp(step);
        return outcomes;
      }),

    admit: (requests) =>
      connection.writeEach(requests, (step, request) => {
        noteCapacity(logger, request.lock.name, capacityOf(step, request.lock.name), request.lock.capacity);
        const reply = admit(step, request);
        followUp(step);
        return reply;
      }),

    async listen(queues) {
      connection.now();
      return hub.listen(queues);
    },
  };
}

/** Unique over processes by the prefix, within this one by the number. */
function tokens(random: Random): () => string {
  const prefix = random.uuid();
  let given = 0;
  return () => `${prefix}:${(given++).toString(36)}`;
}

function settleOne(step: Step, settlement: Settlement): SettleOutcome {
  const message = step.get<Known>(LEASED_BY, settlement.id, settlement.token);
  if (!message) return "lost";
  if (settlement.result) keepResult(step, message.id, settlement.result, settlement.resultTtlMs);
  switch (settlement.kind) {
    case "done":
      end(step, message);
      if (!settlement.result) remember(step, message.id, settlement.idTtlMs ?? 0);
      break;
    case "retry":
      retry(step, message, settlement.delayMs);
      break;
    case "defer":
      defer(step, message, settlement.delayMs);
      break;
    case "dead":
      deadLetter(step, message, settlement.reason);
      break;
  }
  return "settled";
}
