/** Locks, and requests for them, in maps and heaps. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLock } from "../../tasks/message.js";
import { LOCK_HISTORY_ROWS, type LockEvent } from "../contracts/lock-inspection.js";
import type { LockRecords, Newcomer } from "../rules/records.js";
import { Heap } from "./heap.js";
import { firstUntil } from "./heap.js";
import type { Lock, MemoryState, Message, Request } from "./state.js";

export class MemoryLocks implements LockRecords {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  capacity(lock: string): number | null {
    return this.#lock(lock)?.capacity ?? null;
  }

  setCapacity(lock: string, capacity: number): void {
    this.#open(lock).capacity = capacity;
  }

  heldCount(lock: string): number {
    return this.#lock(lock)?.holders.size ?? 0;
  }

  endedHolders(lock: string): readonly Request[] {
    return [...(this.#lock(lock)?.holders ?? [])].filter((holder) => this.#hasEnded(holder));
  }

  firstWaiting(lock: string): Request | null {
    return this.#lock(lock)?.waiters.peek() ?? null;
  }

  nextProcesses(lock: string, limit: number): readonly string[] {
    const next = this.#lock(lock)?.waiters.first(limit) ?? [];
    return next.flatMap(({ kind, id }) => (kind === "process" ? [id] : []));
  }

  endedTickets(lock: string): readonly Request[] {
    return [...(this.#lock(lock)?.skipped ?? [])].filter((skipped) => this.#hasEnded(skipped));
  }

  holder(lock: string, token: string): Request | null {
    for (const holder of this.#lock(lock)?.holders ?? []) if (holder.token === token) return holder;
    return null;
  }

  ofProcess(lock: string, waiter: string): Request | null {
    return this.#lock(lock)?.processes.get(waiter) ?? null;
  }

  ofMessage({ lockRequest }: Message): Request | null {
    return lockRequest;
  }

  due(limit: number): readonly string[] {
    const due = firstUntil(this.#state.lockWakes, limit, this.#state.now, ({ wakeAt }) => wakeAt);
    return due.map(({ name }) => name);
  }

  ended(limit: number): readonly string[] {
    const ended: string[] = [];
    for (const { name, holders, skipped } of this.#state.locks.values()) {
      for (const holder of [...holders, ...skipped])
        if (ended.length < limit && this.#hasEnded(holder)) ended.push(name);
      if (ended.length >= limit) break;
    }
    return ended;
  }

  wakeAt(lock: string): EpochMs {
    return this.#lock(lock)?.wakeAt ?? Infinity;
  }

  enqueue(newcomer: Newcomer, message: Message | null): void {
    const { lock: name, kind, id, label, until, grantMs, waitDeadline } = newcomer;
    const lock = this.#open(name);
    lock.capacity = newcomer.capacity;
    // Field by field here and below: a spread costs more than all the rest.
    const request: Request = {
      slot: -1,
      lock: name,
      kind,
      id,
      label,
      message,
      ticket: ++this.#state.sequence,
      status: "waiting",
      since: this.#state.now,
      until,
      grantMs,
      token: null,
      fence: null,
      waitDeadline,
      deadline: message && waitDeadline !== null ? { slot: -1, message, at: waitDeadline } : null,
    };
    if (message) message.lockRequest = request;
    else lock.processes.set(request.id, request);
    this.#wait(lock, request);
  }

  enqueueAgain({ lockRequest: request }: Message, { name, capacity, reserveMs }: MessageLock): boolean {
    if (request?.lock !== name) return false;
    const lock = this.#open(name);
    lock.capacity = capacity;
    request.status = "waiting";
    request.since = this.#state.now;
    request.until = null;
    request.grantMs = reserveMs;
    this.#wait(lock, request);
    return true;
  }

  #wait(lock: Lock, request: Request): void {
    lock.waiters.push(request, request.ticket, 0);
    if (request.deadline)
      this.#state.waitDeadlines.push(request.deadline, request.deadline.at, request.ticket);
  }

  grant(request: Request, until: EpochMs): void {
    const lock = this.#leave(request);
    request.status = "holding";
    if (request.kind === "task") request.since = this.#state.now;
    request.until = until;
    request.token = (++this.#state.sequence).toString(36);
    request.fence = null;
    lock?.holders.add(request);
  }

  fetch(request: Request, fence: number): void {
    request.fence = fence;
    request.since = this.#state.now;
  }

  passOver(request: Request, until: EpochMs): void {
    const lock = this.#leave(request);
    request.status = "absent";
    request.until = until;
    request.token = null;
    lock?.skipped.add(request);
  }

  comeBack(request: Request, until: EpochMs): void {
    const lock = this.#leave(request);
    request.status = "waiting";
    request.until = until;
    lock?.waiters.push(request, request.ticket, 0);
  }

  setUntil(request: Request, until: EpochMs): void {
    request.until = until;
  }

  setFence(request: Request, fence: number | null): void {
    request.fence = fence;
  }

  extendPermitOf({ lock, lockRequest: request }: Message, until: EpochMs): boolean {
    if (request?.status !== "holding") return lock === null;
    request.until = until;
    return true;
  }

  setAbsent(request: Request): void {
    this.#leave(request);
    request.status = "absent";
    request.token = null;
    request.fence = null;
  }

  remove(request: Request): void {
    const lock = this.#leave(request);
    if (request.message) request.message.lockRequest = null;
    else lock?.processes.delete(request.id);
  }

  /** Neither among the waiters nor the holders nor the skipped. */
  #leave(request: Request): Lock | undefined {
    const lock = this.#lock(request.lock);
    lock?.waiters.remove(request);
    lock?.holders.delete(request);
    lock?.skipped.delete(request);
    if (request.deadline) this.#state.waitDeadlines.remove(request.deadline);
    return lock;
  }

  watch(name: string): EpochMs {
    const lock = this.#open(name);
    this.#state.lockWakes.remove(lock);
    lock.wakeAt = Infinity;
    for (const { until } of lock.holders) lock.wakeAt = Math.min(lock.wakeAt, until ?? Infinity);
    this.#state.lockWakes.push(lock, lock.wakeAt, 0);
    return lock.wakeAt;
  }

  unwatch(name: string): void {
    const lock = this.#lock(name);
    if (!lock) return;
    this.#state.lockWakes.remove(lock);
    lock.wakeAt = Infinity;
    if (lock.holders.size + lock.skipped.size === 0) this.#state.locks.delete(name);
  }

  /** Microseconds of the clock, so that numbers also grow past those of an earlier process. */
  nextFence(): number {
    this.#state.fence = Math.max(this.#state.fence + 1, this.#state.now * 1_000);
    return this.#state.fence;
  }

  addHistory(event: LockEvent, request: Request, fence: number | null, tookMs: number | null): void {
    const { lock, kind, id, label } = request;
    const { lockHistory: rows, now } = this.#state;
    const isWait = event === "acquired" || event === "gave-up";
    rows.push({
      row: String(++this.#state.sequence),
      lock,
      event,
      kind,
      id,
      label,
      fence,
      at: now,
      waitedMs: isWait ? tookMs : null,
      heldMs: isWait ? null : tookMs,
    });
    if (rows.length >= LOCK_HISTORY_ROWS * 1.1) rows.splice(0, rows.length - LOCK_HISTORY_ROWS);
  }

  #hasEnded({ until }: Request): boolean {
    return (until ?? 0) <= this.#state.now;
  }

  #lock(name: string): Lock | undefined {
    return this.#state.locks.get(name);
  }

  #open(name: string): Lock {
    let lock = this.#lock(name);
    if (!lock) {
      const [holders, skipped, waiters, processes] = [
        new Set<Request>(),
        new Set<Request>(),
        new Heap<Request>(),
        new Map<string, Request>(),
      ];
      lock = { slot: -1, name, capacity: 0, wakeAt: Infinity, holders, skipped, waiters, processes };
      this.#state.locks.set(name, lock);
    }
    return lock;
  }
}
