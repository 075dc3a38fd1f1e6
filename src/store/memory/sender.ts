import type { Sender } from "../contracts/sender.js";
import { fixInstants } from "../rules/messages.js";
import { revoke, tellRevoked } from "../rules/revoke.js";
import { send } from "../rules/send.js";
import type { MemoryRecords } from "./records.js";

export function memorySender(records: MemoryRecords): Sender {
  return {
    async enqueue(messages) {
      const { now } = records.enter();
      return messages.map((message) => send(records, fixInstants(message, message.entry ?? null, now)));
    },

    async revoke(ids, revocation) {
      records.enter();
      for (const id of ids) revoke(records, id, revocation);
      tellRevoked(records, ids, revocation);
    },
  };
}
