/**
 * Runs of entries: what the overlap policy makes of one that is due, and the "run ended, release the buffered run" step
 * that every verb which can end a run takes before it is over.
 */
import type { EpochMs } from "../../core/clock.js";
import type { OccurrenceOutcome, Overlap } from "../contracts/entries.js";
import { publish } from "./channel.js";
import { endWhenSpent } from "./cursor.js";
import { endOf, isExpired } from "./ends.js";
import { record } from "./ledger.js";
import { isBusy } from "./waiters.js";
import { dropRevoked, wakeBy } from "./messages.js";
import { keepOwnResult, lookAgain } from "./results.js";
import { send } from "./send.js";
import type { BufferedRun, Entry, MemoryState, Message } from "./state.js";

/** A run that is due now. */
export type DueRun = Pick<BufferedRun, "entry" | "message" | "due" | "term" | "counted">;

/** Sends, skips or holds a run as the policy says; null forces it. */
export function startRun(
  state: MemoryState,
  run: DueRun,
  overlap: Overlap | null,
  now: EpochMs,
): OccurrenceOutcome {
  const { entry } = run;
  if (overlap === null || overlap.policy === "allow") return sendRun(state, run, now);

  // A buffered run whose wait is over, unnoticed by a claim so far, goes first and counts as running.
  if (entry.held) {
    state.releasable.push(entry.held);
    releaseHeldRuns(state, now);
    if (run.counted && entry.runs >= (run.counted.maxRuns ?? Infinity)) {
      skipRun(state, run, "max-runs", now);
      return "skipped";
    }
  }

  const isFree = (): boolean => busyUntil(state, entry.name, overlap.timeoutMs, now) <= now;
  if (isFree()) {
    const { lock } = run.message;
    if (overlap.policy === "skip" && lock && isBusy(state, lock.name, lock.capacity, now)) {
      skipRun(state, run, "locked", now);
      return "locked";
    }
    return sendInsteadOfHeld(state, run, now);
  }
  if (overlap.policy === "skip") {
    skipRun(state, run, "overlap", now);
    return "overlap";
  }
  if (overlap.policy === "cancel-running") {
    stopRuns(state, entry, now);
    if (isFree()) return sendInsteadOfHeld(state, run, now);
  }
  return holdRun(state, run, overlap, now);
}

/**
 * Drops the runs that no worker will take any more. Then: when the last unfinished run ends or counts as ended, at the
 * earliest if none is taken until then; Infinity: only when it ends; -Infinity: none is running.
 */
function busyUntil(state: MemoryState, entry: string, timeoutMs: number | null, now: EpochMs): EpochMs {
  const runs = state.runs.get(entry);
  if (!runs) return -Infinity;
  let [last, until] = [-Infinity, -Infinity];
  const ended: Message[] = [];
  for (const run of runs) {
    const givenUpAt = timeoutMs === null ? Infinity : run.enqueuedAt + timeoutMs;
    last = Math.max(last, givenUpAt);
    if (endOf(run, now)) ended.push(run);
    else {
      const expires = run.state === "leased" ? null : run.expires;
      until = Math.max(until, expires === null ? givenUpAt : Math.min(givenUpAt, expires));
    }
  }
  if (last <= now) return last;
  for (const run of ended) dropRevoked(state, run, endOf(run, now) ?? "expired", now);
  return until;
}

function sendRun(state: MemoryState, run: DueRun, now: EpochMs): "sent" {
  send(state, run.message, now);
  record(state, {
    kind: "row",
    entry: run.entry.name,
    due: run.due,
    fate: "sent",
    reason: run.counted ? null : "triggered",
    taskId: run.message.id,
    at: now,
    term: run.term,
  });
  if (run.counted) run.entry.runs++;
  return "sent";
}

function sendInsteadOfHeld(state: MemoryState, run: DueRun, now: EpochMs): "sent" {
  if (run.entry.held) dropBufferedRun(state, run.entry.held, "replaced", now);
  return sendRun(state, run, now);
}

export function skipRun(
  state: MemoryState,
  run: Pick<DueRun, "entry" | "due" | "term">,
  reason: string,
  now: EpochMs,
): void {
  record(state, {
    kind: "row",
    entry: run.entry.name,
    due: run.due,
    fate: "skipped",
    reason,
    taskId: null,
    at: now,
    term: run.term,
  });
}

/** Revokes the unfinished runs: those that wait are gone at once, those at work are asked to stop. */
function stopRuns(state: MemoryState, entry: Entry, now: EpochMs): void {
  const asked: string[] = [];
  for (const message of [...(state.runs.get(entry.name) ?? [])]) {
    if (message.state !== "leased") {
      dropRevoked(state, message, endOf(message, now) ?? "revoked", now);
    } else if (!message.terminate) {
      message.revoked = message.terminate = true;
      asked.push(message.id);
    }
  }
  if (asked.length > 0) publish(state, "revoke", JSON.stringify(asked));
}

function holdRun(state: MemoryState, run: DueRun, overlap: Overlap, now: EpochMs): OccurrenceOutcome {
  const { entry } = run;
  const before = entry.held;
  let graceEnd: EpochMs | null = null;
  if (overlap.policy === "cancel-running") {
    // An entry due more often than its grace must not push the end of the grace ahead of itself.
    graceEnd = Math.min(now + overlap.graceMs, before?.graceEnd ?? Infinity);
    if (graceEnd <= now) return sendInsteadOfHeld(state, run, now);
  }
  if (before) dropBufferedRun(state, before, "replaced", now);
  const held: BufferedRun = { ...run, timeoutMs: overlap.timeoutMs, graceEnd, wakeAt: Infinity, slot: -1 };
  entry.held = held;
  state.bufferedRuns.set(run.message.id, held);
  lookAgain(state, run.message.id);
  watch(state, held);
  return "buffered";
}

/** Sets when a claim is to look at the buffered run again. */
function watch(state: MemoryState, held: BufferedRun): void {
  state.bufferedWakes.remove(held);
  const freeAt = busyUntil(state, held.entry.name, held.timeoutMs, state.now);
  held.wakeAt = Math.min(held.graceEnd ?? Infinity, freeAt);
  if (held.wakeAt === Infinity) return;
  state.bufferedWakes.push(held, held.wakeAt, 0);
  if (held.wakeAt > state.now) wakeBy(state, held.wakeAt);
}

function letGo(state: MemoryState, held: BufferedRun): void {
  held.entry.held = null;
  state.bufferedRuns.delete(held.message.id);
  state.bufferedWakes.remove(held);
}

/** Ends a buffered run unsent; its ledger row says why. One that has expired before keeps the result that tells so. */
export function dropBufferedRun(
  state: MemoryState,
  held: BufferedRun,
  reason: "replaced" | "revoked" | "removed",
  now: EpochMs,
): void {
  letGo(state, held);
  skipRun(state, held, reason, now);
  if (isExpired(held.message, now)) keepOwnResult(state, held.message, "REVOKED", "expired", now);
  else if (reason === "revoked") keepOwnResult(state, held.message, "REVOKED", "revoked", now);
}

/** Sends every buffered run whose wait has ended; the others are watched on. */
export function releaseHeldRuns(state: MemoryState, now: EpochMs): void {
  for (let held = state.releasable.pop(); held; held = state.releasable.pop()) {
    if (held.entry.held !== held) continue;
    watch(state, held);
    if (held.wakeAt > now) continue;
    letGo(state, held);
    sendRun(state, held, now);
    held.entry.etag = ++state.sequence;
    if (held.counted) endWhenSpent(state, held.entry, held.counted.maxRuns, now);
  }
}
