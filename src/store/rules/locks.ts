/** What processes and operators do with permits. */
import { type AcquireReply, type AcquireRequest, OFFER_MS, type PermitRef } from "../contracts/locks.js";
import { fetchPermit, isOffered, releaseRequest, setEnd } from "./permits.js";
import type { Records } from "./records.js";
import { release } from "./release.js";
import { handOver, holderOf, isBusy, requestForProcess } from "./waiters.js";

export function acquire(records: Records, request: AcquireRequest): AcquireReply {
  const { lock, capacity, waiter: id, label, leaseMs, waiterTtlMs } = request;
  const { locks, now } = records;
  const before = locks.ofProcess(lock, id);
  const wasOffered = before !== null && isOffered(before);
  if (before?.status === "absent") locks.comeBack(before, now + OFFER_MS);
  const busy = isBusy(records, lock, capacity, id);
  let own = locks.ofProcess(lock, id);
  if (!own) {
    if (busy && waiterTtlMs === null) return { outcome: "busy", now };
    own = requestForProcess(records, { lock, capacity, id, label });
  }
  if (own?.status === "holding") {
    const fence = fetchPermit(records, own);
    if (wasOffered && locks.firstWaiting(lock)) records.publish("lock-fetched", id);
    setEnd(records, own, now + leaseMs);
    release(records);
    return { outcome: "granted", permit: { lock, token: own.token ?? "", fence }, now };
  }
  if (own && waiterTtlMs !== null) locks.setUntil(own, now + waiterTtlMs);
  return { outcome: "waiting", nextLookAt: locks.wakeAt(lock), now };
}

export function cancel(records: Records, lock: string, waiter: string): "cancelled" | "unknown" {
  handOver(records, lock);
  const own = records.locks.ofProcess(lock, waiter);
  if (!own) return "unknown";
  releaseRequest(records, own, "released");
  release(records);
  return "cancelled";
}

export function extendPermit(records: Records, permit: PermitRef, leaseMs: number): "extended" | "lost" {
  const holder = holderOf(records, permit);
  if (!holder) return "lost";
  setEnd(records, holder, records.now + leaseMs);
  release(records);
  return "extended";
}

export function returnPermit(records: Records, permit: PermitRef): "released" | "lost" {
  const holder = holderOf(records, permit);
  if (!holder) return "lost";
  releaseRequest(records, holder, "released");
  release(records);
  return "released";
}

export function breakPermit(records: Records, permit: PermitRef): "broken" | "unknown" {
  const holder = holderOf(records, permit);
  if (!holder) return "unknown";
  releaseRequest(records, holder, "broken");
  if (holder.kind === "process") records.publish("lock", JSON.stringify([holder.id]));
  release(records);
  return "broken";
}

/** Ends at most `limit` permits of processes that nobody waits for, and tickets; gives their number. */
export function sweepPermits(records: Records, limit: number): number {
  const ended = records.locks.ended(limit);
  for (const lock of ended) records.freed.lock.add(lock);
  release(records);
  return ended.length;
}
