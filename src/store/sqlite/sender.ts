import type { Sender } from "../contracts/sender.js";
import { type Connection } from "./connection.js";
import { endOf, PERISHABLE, type Perishable } from "./ends.js";
import { followUp } from "./follow-up.js";
import { dropRevoked, fixInstants, KNOWN, type Known } from "./messages.js";
import { dropBufferedRun, heldRunOfId } from "./runs.js";
import { DEAD, LEASED, TO_DROP, TO_STOP } from "./schema.js";
import { send } from "./send.js";
import { LIMIT, type Step } from "./step.js";

export function sqliteSender(connection: Connection): Sender {
  return {
    enqueue: (messages) =>
      connection.writeEach(messages, (step, message) => send(step, fixInstants(message, step.now))),

    async revoke(ids, { terminate, keepMs }) {
      await connection.writeEach(
        ids,
        (step, id) => revokeOne(step, id, terminate, keepMs),
        (step, part) => {
          followUp(step);
          step.publish(terminate ? "revoke" : "cancel", JSON.stringify(part));
        },
      );
    },
  };
}

function revokeOne(step: Step, id: string, terminate: boolean, keepMs: number): void {
  const run = heldRunOfId(step, id);
  if (run) return dropBufferedRun(step, run, "revoked");
  const message = step.get<Known & Perishable>(
    `SELECT ${KNOWN}, ${PERISHABLE} FROM message WHERE id = ?`,
    id,
  );
  if (!message) return rememberRevoked(step, id, keepMs);
  if (message.state === LEASED) {
    step.run(
      "UPDATE message SET revoked = max(revoked, ?) WHERE seq = ?",
      ...[terminate ? TO_STOP : TO_DROP, message.seq],
    );
  } else if (message.state !== DEAD) {
    dropRevoked(step, message, endOf(message, step.now) ?? "revoked");
  }
}

function rememberRevoked(step: Step, id: string, keepMs: number): void {
  if (keepMs <= 0) return;
  step.run(
    `INSERT INTO revocation (id, until) VALUES (?, ?)
       ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)`,
    ...[id, step.now + keepMs],
  );
}

/** Drops at most `limit` revocations whose time is over. */
export function sweepRevocations(step: Step, limit: number): number {
  return step.run(
    `DELETE FROM revocation WHERE id IN (SELECT id FROM revocation WHERE until <= ? ORDER BY until ${LIMIT})`,
    ...[step.now, limit],
  );
}
