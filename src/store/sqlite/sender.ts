import type { Sender } from "../contracts/sender.js";
import { fixInstants } from "../rules/messages.js";
import { revoke, tellRevoked } from "../rules/revoke.js";
import { send } from "../rules/send.js";
import { type Connection } from "./connection.js";

export function sqliteSender(connection: Connection): Sender {
  return {
    enqueue: (messages) =>
      connection.writeEach(messages, (step, message) =>
        send(step, fixInstants(message, message.entry ?? null, step.now)),
      ),

    async revoke(ids, revocation) {
      await connection.writeEach(
        ids,
        (step, id) => revoke(step, id, revocation),
        (step, part) => tellRevoked(step, part, revocation),
      );
    },
  };
}
