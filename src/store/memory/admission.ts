import type { EpochMs } from "../../core/clock.js";
import type { AdmitReply, AdmitRequest } from "../contracts/consumer.js";
import { isBusy, requestForMessage } from "./waiters.js";
import { leasedBy, block } from "./messages.js";
import { forsake, usePermit } from "./permits.js";
import { type MemoryState } from "./state.js";

/** Gives a delivery a permit, or has its message wait in line. */
export function admit(state: MemoryState, request: AdmitRequest, now: EpochMs): AdmitReply {
  const message = leasedBy(state, request);
  if (!message) return { outcome: "lost" };
  const { lock, busy } = request;
  const held = message.lock?.name === lock.name ? usePermit(state, message, now) : null;
  if (held !== null) return { outcome: "admitted", fence: held };
  if (busy === "refuse" && isBusy(state, lock.name, lock.capacity, now)) return { outcome: "busy" };
  // The name follows from the task's code, which may be another one than before.
  if (message.lock?.name !== lock.name) forsake(state, message);
  message.lock = lock;
  requestForMessage(state, message, lock, now);
  const fence = usePermit(state, message, now);
  if (fence !== null) return { outcome: "admitted", fence };
  message.deliveries--;
  block(state, message);
  return { outcome: "blocked" };
}
