import type { EpochMs } from "../../core/clock.js";
import type { Sent } from "../rules/records.js";
import { NOT_REVOKED } from "../rules/states.js";
import type { Message } from "./state.js";

/** A message as it is sent, in no place yet. `sequence`: its age. */
export function newMessage(sent: Sent, sequence: number, now: EpochMs): Message {
  return {
    // Field by field: one spread of this many costs as much as all the rest of sending.
    id: sent.id,
    task: sent.task,
    queue: sent.queue,
    priority: sent.priority,
    eta: sent.eta,
    expires: sent.expires,
    maxDeliveries: sent.maxDeliveries,
    resultTtlMs: sent.resultTtlMs,
    idTtlMs: sent.idTtlMs,
    entry: sent.entry,
    body: sent.body,
    lock: sent.lock,
    rate: sent.rate,
    unique: sent.unique,
    lane: sent.lane,
    turn: null,
    slot: -1,
    state: "ready",
    blocker: null,
    sequence,
    retries: 0,
    deliveries: 0,
    enqueuedAt: now,
    token: null,
    until: 0,
    revoked: NOT_REVOKED,
    deadReason: "",
    deadAt: 0,
    deadNumber: 0,
    runSlot: -1,
    lockRequest: null,
    backlog: null,
  };
}
