import type { EpochMs } from "../../core/clock.js";
import type { AdmitReply, AdmitRequest } from "../contracts/consumer.js";
import { LEASED_BY } from "./consumer.js";
import { isBusy, requestForMessage } from "./waiters.js";
import { type Known, block } from "./messages.js";
import { forsake, lockOfMessage, usePermit } from "./permits.js";
import { type Step } from "./step.js";

interface Held extends Known {
  readonly task: string;
  readonly until: EpochMs;
}

/** Gives a delivery a permit, or has its message wait in line. */
export function admit(step: Step, { id, token, lock, busy }: AdmitRequest): AdmitReply {
  const message = step.get<Held>(
    `${LEASED_BY.replace(" FROM", ", task, lease_until AS until FROM")}`,
    ...[id, token],
  );
  if (!message) return { outcome: "lost" };
  const isSame = lockOfMessage(message)?.name === lock.name;
  const held = isSame ? usePermit(step, message, message.until) : null;
  if (held !== null) return { outcome: "admitted", fence: held };
  if (busy === "refuse" && isBusy(step, lock.name, lock.capacity)) return { outcome: "busy" };
  // The name follows from the task's code, which may be another one than before.
  if (!isSame) forsake(step, message);
  const spec = JSON.stringify(lock);
  step.run("UPDATE message SET lock = ? WHERE seq = ?", spec, message.seq);
  const lined = { ...message, lock: spec };
  requestForMessage(step, lined, lock);
  const fence = usePermit(step, lined, message.until);
  if (fence !== null) return { outcome: "admitted", fence };
  block(step, id, 1);
  return { outcome: "blocked" };
}
