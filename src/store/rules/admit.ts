import type { AdmitReply, AdmitRequest } from "../contracts/consumer.js";
import { releaseTicket, usePermit } from "./permits.js";
import type { Records } from "./records.js";
import { release } from "./release.js";
import { isBusy, requestForMessage } from "./waiters.js";

/** Gives a delivery a permit, or has its message wait for its lock. */
export function admit(records: Records, request: AdmitRequest): AdmitReply {
  const reply = admitOne(records, request);
  release(records);
  return reply;
}

function admitOne(records: Records, request: AdmitRequest): AdmitReply {
  const { messages } = records;
  const { lock, busy } = request;
  const message = messages.delivered(request);
  if (!message) return { outcome: "lost" };
  const isSame = messages.lockOf(message)?.name === lock.name;
  const held = isSame ? usePermit(records, message, message.until) : null;
  if (held !== null) return { outcome: "admitted", fence: held };
  if (busy === "refuse" && isBusy(records, lock.name, lock.capacity)) return { outcome: "busy" };
  // The name follows from the task's code, which may be another one than before.
  if (!isSame) releaseTicket(records, message);
  const locked = messages.setLock(message, lock);
  requestForMessage(records, locked, message.task, lock);
  const fence = usePermit(records, locked, message.until);
  if (fence !== null) return { outcome: "admitted", fence };
  messages.block(locked, "lock");
  return { outcome: "blocked" };
}
