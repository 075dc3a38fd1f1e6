/** One handing of a message to one worker. */
import type { EpochMs } from "../../core/clock.js";
import type { ErrorCode } from "../../core/errors.js";
import type { MessageLock, MessageRate } from "../../tasks/message.js";
import type { DeliveredPart } from "./graphs.js";

/** The right to settle one delivery. */
export interface DeliveryRef {
  readonly id: string;
  /** Unique for every delivery. */
  readonly token: string;
}

/** The lock of a message, and the permit that came with its delivery. */
export interface DeliveryLock extends MessageLock {
  /** Null: it came without one, so it must not run before `consumer.admit` gave it one. */
  readonly fence: number | null;
}

/** One handing of a message to one worker. */
export interface Delivery extends DeliveryRef {
  readonly task: string;
  readonly queue: string;
  readonly priority: number;
  /** As sent; after a retry, the instant it came back. */
  readonly eta: EpochMs | null;
  readonly expires: EpochMs | null;
  readonly maxDeliveries: number;
  readonly resultTtlMs: number;
  /** 0: its id does not stay known. */
  readonly idTtlMs: number;
  readonly entry: string | null;
  readonly body: string;
  /** Times it was settled as "retry". 0 at first. */
  readonly retries: number;
  /** Deliveries since it was sent or last retried, this one included: 1 at first. */
  readonly deliveries: number;
  readonly enqueuedAt: EpochMs;
  /** The lock with which the message was sent, or to which it was admitted before; absent: none. */
  readonly lock?: DeliveryLock;
  /** What its message carries: where its task has a limit, tokens of it were taken. Absent: nothing. */
  readonly rate?: MessageRate;
  /** Of a part of a graph, and of a run that has replaced itself before; absent: it is none. */
  readonly part?: DeliveredPart;
  /** Why its body is not to be run, whatever it says: of an app with keys, which no store knows of. Absent: it may be. */
  readonly refused?: { readonly code: ErrorCode; readonly message: string };
}
