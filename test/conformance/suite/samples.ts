/** Values and short calls that the cases share. */
import assert from "node:assert/strict";
import { systemClock } from "../../../src/core/clock.js";
import type { ClaimReply, ClaimRequest } from "../../../src/store/contracts/consumer.js";
import type { Delivery, DeliveryRef } from "../../../src/store/contracts/delivery.js";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import type { ResultRecord } from "../../../src/store/contracts/results.js";
import type { Store } from "../../../src/store/contracts/store.js";
import type { Harness } from "./harness.js";

export const LEASE_MS = 30_000;
export const HOUR_MS = 3_600_000;

/** A message of queue "q" that may be delivered three times and whose results are kept for an hour. */
export function message(id: string, changes: Partial<NewMessage> = {}): NewMessage {
  return {
    id,
    task: "tasks.t",
    queue: "q",
    priority: 0,
    maxDeliveries: 3,
    resultTtlMs: HOUR_MS,
    body: `body of ${id}`,
    ...changes,
  };
}

/** Claims from queue "q" as worker "w", at most ten. */
export function claim(store: Store, changes: Partial<ClaimRequest> = {}): Promise<ClaimReply> {
  return store.consumer.claim({ queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 10, ...changes });
}

/** The ids a claim gives, in order. */
export async function claimIds(store: Store, changes: Partial<ClaimRequest> = {}): Promise<string[]> {
  return (await claim(store, changes)).deliveries.map((delivery) => delivery.id);
}

/** The ids of all that can be claimed now, in order: one claim may do only so much, and says that it left something. */
export async function claimAllIds(store: Store): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const { deliveries, nextWakeAt, now } = await claim(store, { max: 2_000 });
    ids.push(...deliveries.map((delivery) => delivery.id));
    if (nextWakeAt === null || nextWakeAt > now) return ids;
  }
}

/** Claims one message, which must be there. */
export async function claimOne(store: Store, changes: Partial<ClaimRequest> = {}): Promise<Delivery> {
  const [delivery] = (await claim(store, { max: 1, ...changes })).deliveries;
  assert(delivery, "a message was expected to be claimable");
  return delivery;
}

/** Sends one message and claims it. */
export async function sendAndClaim(
  store: Store,
  id: string,
  changes: Partial<NewMessage> = {},
): Promise<Delivery> {
  assert.deepEqual(await store.sender.enqueue([message(id, changes)]), ["queued"]);
  const delivery = await claimOne(store, { queues: [changes.queue ?? "q"] });
  assert.equal(delivery.id, id);
  return delivery;
}

export const success: ResultRecord = { state: "SUCCESS", payload: "42", worker: "w" };

/** The settlement "done" of one delivery, with a result. */
export function done(ref: DeliveryRef, result: ResultRecord | null = success) {
  return { id: ref.id, token: ref.token, kind: "done", result, resultTtlMs: HOUR_MS } as const;
}

/** The settlement "retry" of one delivery, with a RETRY record. */
export function retry(ref: DeliveryRef, delayMs: number) {
  const result = { state: "RETRY", payload: null };
  return { id: ref.id, token: ref.token, kind: "retry", delayMs, result, resultTtlMs: HOUR_MS } as const;
}

/** The settlement "dead" of one delivery, without a result. */
export function dead(ref: DeliveryRef, reason = "unknown-task") {
  return { id: ref.id, token: ref.token, kind: "dead", reason, result: null, resultTtlMs: HOUR_MS } as const;
}

export const workerLost: ResultRecord = { state: "FAILURE", payload: '{"code":"SUNBEAT_WORKER_LOST"}' };

/** The settlement "lost" of one delivery, with the result for the case that it was the last. */
export function lost(ref: DeliveryRef, result: ResultRecord | null = workerLost) {
  const { id, token } = ref;
  return { id, token, kind: "lost", reason: "worker-lost", result, resultTtlMs: HOUR_MS } as const;
}

/** Settles one delivery as done. */
export async function finish(store: Store, ref: DeliveryRef): Promise<void> {
  assert.deepEqual(await store.consumer.settle([done(ref)], null), { outcomes: ["settled"], claimed: null });
}

const PATIENCE_MS = 10_000;

/**
 * What `work` gives, while both the harness's clock and the machine's go on in small steps: a store may look for
 * changes of another handle at intervals, or wait for a server. Fails after ten real seconds.
 */
export async function eventually<T>(
  harness: Harness,
  work: Promise<T>,
  what: string,
  stepMs = 10,
): Promise<T> {
  let over = false;
  const end = (): void => void (over = true);
  work.then(end, end);
  const deadline = systemClock.monotonicMs() + PATIENCE_MS;
  await harness.clock.advance(0);
  while (!over) {
    if (systemClock.monotonicMs() > deadline)
      throw new assert.AssertionError({ message: `never came: ${what}` });
    await harness.clock.advance(stepMs);
    await new Promise<void>((resolve) => systemClock.after(1, resolve));
  }
  return work;
}

/** Whether `work` is still open after everything that needs no time has run. */
export async function isPending(harness: Harness, work: Promise<unknown>): Promise<boolean> {
  let over = false;
  const end = (): void => void (over = true);
  work.then(end, end);
  await harness.clock.advance(0);
  return !over;
}
