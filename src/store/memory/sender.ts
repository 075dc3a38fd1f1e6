import type { Sender } from "../contracts/sender.js";
import { boundsOf } from "../rules/full.js";
import { fixInstants } from "../rules/messages.js";
import { revoke, tellRevoked } from "../rules/revoke.js";
import { release } from "../rules/release.js";
import { send } from "../rules/send.js";
import type { MemoryRecords } from "./records.js";

export function memorySender(records: MemoryRecords): Sender {
  return {
    async enqueue(messages, options = {}) {
      const { now } = records.enter();
      const bounds = boundsOf(options.bounds);
      const outcomes = messages.map((message) =>
        send(records, fixInstants(message, message.entry ?? null, now), bounds),
      );
      release(records);
      return outcomes;
    },

    async revoke(ids, revocation) {
      records.enter();
      const dropped = ids.flatMap((id) => revoke(records, id, revocation));
      tellRevoked(records, ids, revocation);
      return dropped;
    },
  };
}
