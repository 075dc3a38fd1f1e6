/** Limits, and short calls, that the cases of rates share. */
import assert from "node:assert/strict";
import type { ClaimReply, ClaimRequest, Settlement } from "../../../src/store/contracts/consumer.js";
import type { Delivery } from "../../../src/store/contracts/delivery.js";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import type { Store } from "../../../src/store/contracts/store.js";
import type { Rate } from "../../../src/tasks/rate-limit.js";
import { claim, HOUR_MS, message } from "./samples.js";

/** Ten a second, one at a time. */
export const ten: Rate = { limit: 10, perMs: 1_000, burst: 1 };
export const TASK = "tasks.t";

/** Says as code that tasks "tasks.t" have a limit. */
export function limit(store: Store, rate: Rate | null = ten, byMessage = false): Promise<void> {
  return store.limits.declare([{ task: TASK, code: rate, byMessage }]);
}

export async function send(
  store: Store,
  ids: readonly string[],
  changes: Partial<NewMessage> = {},
): Promise<void> {
  assert.deepEqual(
    await store.sender.enqueue(ids.map((id) => message(id, changes))),
    ids.map(() => "queued"),
  );
}

export function idsOf({ deliveries }: ClaimReply): string[] {
  return deliveries.map(({ id }) => id);
}

export async function claimed(store: Store, changes: Partial<ClaimRequest> = {}): Promise<string[]> {
  return idsOf(await claim(store, changes));
}

/** Of queue "q". */
export async function blockedCount(store: Store): Promise<number> {
  const counts = await store.queues.counts();
  return counts.find(({ queue }) => queue === "q")?.blocked ?? 0;
}

export function cooldown(ref: Pick<Delivery, "id" | "token">, delayMs: number): Settlement {
  return { id: ref.id, token: ref.token, kind: "cooldown", delayMs, result: null, resultTtlMs: HOUR_MS };
}

export function numbered(count: number, prefix = "m"): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, "0")}`);
}
