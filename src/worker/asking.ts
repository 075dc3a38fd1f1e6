/** What a delivery asks the store for before it waits for a slot: the lease of its task, its lock, its tokens. */
import type { InTime } from "../core/patience.js";
import type {
  AdmitReply,
  AdmitRequest,
  ChargeOutcome,
  ChargeRequest,
  Consumer,
} from "../store/contracts/consumer.js";
import type { Assignment } from "./assignment.js";
import type { Heartbeat } from "./heartbeat.js";
import type { Reservation } from "./reservation.js";

/** Null for what it needs not. */
export interface Asking {
  readonly assignment: Assignment;
  readonly request: AdmitRequest | null;
  readonly charge: ChargeRequest | null;
}

/** Null where nothing was asked. */
export interface Answer {
  readonly reply: AdmitReply | null;
  readonly charge: ChargeOutcome | null;
}

export interface AskingParts {
  readonly consumer: Pick<Consumer, "admit" | "charge">;
  readonly heartbeat: Pick<Heartbeat, "change">;
  readonly inTime: InTime;
}

/**
 * Answers in order. The lock goes first, since a token is not given back: who has no lock is charged none. Rejects with what the
 * store threw; it may be asked again, and gives the same.
 */
export async function askStore(
  batch: readonly Asking[],
  { consumer, heartbeat, inTime }: AskingParts,
): Promise<Answer[]> {
  await changeLeases(batch, { heartbeat, inTime });
  const requests = batch.map(({ request }) => request);
  const replies = await askFor(requests, (wanted) => inTime("admit", consumer.admit(wanted)));
  const charges = batch.map(({ charge }, index) => {
    const reply = replies[index] ?? null;
    return reply === null || reply.outcome === "admitted" ? charge : null;
  });
  const outcomes = await askFor(charges, (wanted) => inTime("charge", consumer.charge(wanted)));
  return batch.map((_, index) => ({ reply: replies[index] ?? null, charge: outcomes[index] ?? null }));
}

/** The answers to those that are no null, in one call, each in the place of its request. */
async function askFor<Request, Reply>(
  requests: readonly (Request | null)[],
  call: (wanted: Request[]) => Promise<Reply[]>,
): Promise<(Reply | null)[]> {
  const wanted = requests.filter((request): request is Request => request !== null);
  const replies = wanted.length > 0 ? await call(wanted) : [];
  let next = 0;
  return requests.map((request) => (request === null ? null : replies[next++]!));
}

/** Before the run: a function that keeps the event loop busy must have its lease by then. */
async function changeLeases(
  batch: readonly Asking[],
  { heartbeat, inTime }: Pick<AskingParts, "heartbeat" | "inTime">,
): Promise<void> {
  const byLength = new Map<number, Reservation[]>();
  for (const { assignment } of batch) {
    const { leaseMs } = assignment.definition;
    if (leaseMs === null) continue;
    const same = byLength.get(leaseMs);
    if (same === undefined) byLength.set(leaseMs, [assignment.reservation]);
    else same.push(assignment.reservation);
  }
  for (const [leaseMs, same] of byLength) await inTime("heartbeat", heartbeat.change(same, leaseMs));
}
