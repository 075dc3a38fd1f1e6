/** What must not run any more: revoked by whoever sent it, or purged by an operator. */
import type { Dropped } from "../contracts/consumer.js";
import { endOf } from "./ends.js";
import { recordEnd } from "./history.js";
import { end } from "./messages.js";
import { partOf, revokeOwnGraph, revokePart } from "./parts.js";
import type { Records } from "./records.js";
import { drop, leaveChanges, release } from "./release.js";
import { TO_DROP, TO_STOP } from "./states.js";

export interface Revocation {
  readonly terminate: boolean;
  readonly keepMs: number;
}

/** Gives what it has dropped. Whoever has revoked some tells of them by `tellRevoked` in the same step. */
export function revoke(records: Records, id: string, { terminate, keepMs }: Revocation): Dropped[] {
  const { messages, now } = records;
  const message = messages.find(id);
  if (!message) {
    if (keepMs > 0) messages.rememberRevoked(id, now + keepMs);
  } else if (message.state === "leased") {
    const how = terminate ? TO_STOP : TO_DROP;
    if (how > message.revoked) messages.markRevoked(message, how);
  } else if (message.state !== "dead") {
    if (terminate && message.blocker === "part") revokeOwnGraph(records, id, true);
    drop(records, message, endOf(message, now) ?? "revoked");
  }
  return records.dropped.splice(0);
}

export function tellRevoked(records: Records, ids: readonly string[], { terminate }: Revocation): void {
  release(records);
  leaveChanges(records);
  records.publish(terminate ? "revoke" : "cancel", JSON.stringify(ids));
}

/** Ends at most `limit` messages that wait in the queue, without results but for parts of graphs; gives their number. */
export function purge(records: Records, queue: string, limit: number): number {
  const waiting = records.messages.waitingIn(queue, limit);
  for (const message of waiting) {
    const part = partOf(records, message.id);
    if (part) {
      revokePart(records, part, message);
    } else {
      recordEnd(records, message, "revoked", "purged");
      end(records, message);
      records.results.drop(message.id);
    }
  }
  release(records);
  leaveChanges(records);
  return waiting.length;
}
