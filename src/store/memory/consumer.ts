import type { Consumer } from "../contracts/consumer.js";
import { admit } from "../rules/admit.js";
import { noteCapacity } from "../rules/capacity.js";
import { claim, newClaimant } from "../rules/claim.js";
import { chargeDelivery } from "../rules/rate.js";
import { giveBack, heartbeat, settleAndClaim } from "../rules/settle.js";
import { openArrivals } from "./arrivals.js";
import type { MemoryRecords } from "./records.js";

export function memoryConsumer(records: MemoryRecords): Consumer {
  const { state } = records;
  const claimant = newClaimant(() => (++state.sequence).toString(36));

  return {
    async claim(request) {
      return claim(records.enter(), request, claimant);
    },

    async heartbeat(refs, leaseMs) {
      records.enter();
      return refs.map((ref) => heartbeat(records, ref, leaseMs));
    },

    async settle(settlements, request) {
      return settleAndClaim(records.enter(), settlements, request, claimant);
    },

    async giveBack(refs) {
      return giveBack(records.enter(), refs);
    },

    async admit(requests) {
      records.enter();
      return requests.map((request) => {
        const { name, capacity } = request.lock;
        noteCapacity(state.logger, name, records.locks.capacity(name), capacity);
        return admit(records, request);
      });
    },

    async charge(requests) {
      records.enter();
      return requests.map((request) => chargeDelivery(records, request));
    },

    async listen(queues) {
      records.enter();
      return openArrivals(state, queues);
    },
  };
}
