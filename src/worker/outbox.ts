import type { AdmitRequest, Settlement } from "../store/contracts/consumer.js";
import type { DeliveryRef } from "../store/contracts/delivery.js";
import type { Assignment } from "./assignment.js";
import type { Outcome } from "./outcome.js";
import type { Reservation } from "./reservation.js";

/** A run's end on its way to the store. Kept until the store has answered, whatever happens to the store. */
export interface Ending {
  readonly reservation: Reservation;
  readonly outcome: Outcome;
  readonly runtimeMs: number;
  readonly settlement: Settlement;
  /** Sent before without an answer, so that "lost" may mean that the first try was stored. */
  resent: boolean;
}

/** The acknowledgement of a task with acks "early"; the run starts when the store has it. */
export interface EarlyAck {
  readonly assignment: Assignment;
  readonly settlement: Settlement;
  resent: boolean;
}

/** The end of a run that was acknowledged before: there is no token to settle with. */
export interface EarlyEnding {
  readonly assignment: Assignment;
  readonly outcome: Outcome;
  readonly runtimeMs: number;
  /** The store has dropped its earlier records, so that its message can be sent anew. */
  forgotten: boolean;
}

/** A delivery on its way back; with an outcome when it was run, null when it was not even started. */
export interface Return {
  readonly reservation: Reservation;
  readonly outcome: Outcome | null;
}

/** A delivery that asks for its lock; it waits for a slot when the store has given it. */
export interface Admission {
  readonly assignment: Assignment;
  readonly request: AdmitRequest;
}

/** What the store is to be told. What could not be told is put back in front. */
export class Outbox {
  settlements: (Ending | EarlyAck)[] = [];
  returns: Return[] = [];
  early: EarlyEnding[] = [];
  admissions: Admission[] = [];

  get size(): number {
    return this.settlements.length + this.returns.length + this.early.length + this.admissions.length;
  }
}

export function isEarlyAck(item: Ending | EarlyAck): item is EarlyAck {
  return "assignment" in item;
}

export function refOf({ delivery: { id, token } }: Reservation): DeliveryRef {
  return { id, token };
}
