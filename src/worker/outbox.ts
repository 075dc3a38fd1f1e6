import type { AdmitRequest, DeliveryRef, Settlement } from "../store/contracts/consumer.js";
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
  settlements: Ending[] = [];
  returns: Return[] = [];
  admissions: Admission[] = [];

  get size(): number {
    return this.settlements.length + this.returns.length + this.admissions.length;
  }
}

export function refOf({ delivery: { id, token } }: Reservation): DeliveryRef {
  return { id, token };
}
