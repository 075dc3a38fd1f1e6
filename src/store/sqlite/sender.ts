import type { Sender } from "../contracts/sender.js";
import { boundsOf } from "../rules/full.js";
import { fixInstants } from "../rules/messages.js";
import { revoke, tellRevoked } from "../rules/revoke.js";
import { release } from "../rules/release.js";
import { send } from "../rules/send.js";
import { type Connection } from "./connection.js";

export function sqliteSender(connection: Connection): Sender {
  return {
    enqueue(messages, options = {}) {
      const bounds = boundsOf(options.bounds);
      return connection.writeEach(
        messages,
        (step, message) => send(step, fixInstants(message, message.entry ?? null, step.now), bounds),
        release,
      );
    },

    async revoke(ids, revocation) {
      const dropped = await connection.writeEach(
        ids,
        (step, id) => revoke(step, id, revocation),
        (step, part) => tellRevoked(step, part, revocation),
      );
      return dropped.flat();
    },
  };
}
