import type { Logger } from "../../core/logger.js";
import type { Random } from "../../core/random.js";
import type { Consumer } from "../contracts/consumer.js";
import { admit } from "../rules/admit.js";
import { noteCapacity } from "../rules/capacity.js";
import { claim, newClaimant } from "../rules/claim.js";
import { chargeDelivery } from "../rules/rate.js";
import { giveBack, heartbeat, settleAndClaim } from "../rules/settle.js";
import { type Connection } from "./connection.js";
import type { Hub } from "./hub.js";

export function sqliteConsumer(connection: Connection, hub: Hub, random: Random, logger: Logger): Consumer {
  const claimant = newClaimant(tokens(random));

  return {
    claim: (request) => connection.write((step) => claim(step, request, claimant)),

    heartbeat: (refs, leaseMs) =>
      connection.write((step) => refs.map((ref) => heartbeat(step, ref, leaseMs))),

    settle: (settlements, request) =>
      connection.write((step) => settleAndClaim(step, settlements, request, claimant)),

    giveBack: (refs) => connection.write((step) => giveBack(step, refs)),

    admit: (requests) =>
      connection.writeEach(requests, (step, request) => {
        const { name, capacity } = request.lock;
        noteCapacity(logger, name, step.locks.capacity(name), capacity);
        return admit(step, request);
      }),

    charge: (requests) => connection.writeEach(requests, chargeDelivery),

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
