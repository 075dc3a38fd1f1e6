/**
 * Runs of entries: what the overlap policy makes of one that is due, and the release of a buffered run once the unfinished
 * ones have ended.
 */
import type { EpochMs } from "../../core/clock.js";
import type { OccurrenceOutcome, Overlap } from "../contracts/entries.js";
import { endOf, isExpired } from "./ends.js";
import { keepLane, laneOf } from "./lanes.js";
import { recordEnd } from "./history.js";
import { dropUnrun, end, isKnown } from "./messages.js";
import { revokeOwnGraph } from "./parts.js";
import type { BufferedRun, Found, Records, Sent } from "./records.js";
import { keepOwnResult } from "./results.js";
import { arriveInQueue, send } from "./send.js";
import { TO_STOP } from "./states.js";
import { endUnique } from "./unique.js";
import { isBusy } from "./waiters.js";

/** A run that is due now. */
export interface DueRun extends Pick<BufferedRun, "entry" | "due" | "term"> {
  readonly message: Sent;
  /** Null for a triggered run, which counts for nothing. */
  readonly counted: Counted | null;
}

interface Counted {
  readonly maxRuns: number | null;
  /** Sent in this step, and not yet counted with the entry. */
  readonly uncounted: number;
}

/** Of an entry's unfinished runs one step looks at so many, the oldest ones; the others count as they are. */
const MOST_LOOKED_AT = 1_000;

/** Sends, skips or buffers a run as the policy says; null forces it. Whoever counts runs counts the answer "sent". */
export function startRun(records: Records, run: DueRun, overlap: Overlap | null): OccurrenceOutcome {
  if (overlap === null || overlap.policy === "allow") return sendRun(records, run);

  // A buffered run whose wait is over, unnoticed by a claim so far, goes first and counts as running.
  if (records.entries.buffered(run.entry)) {
    releaseBufferedRun(records, run.entry);
    if (run.counted && isSpent(records, run.entry, run.counted)) {
      skipRun(records, run, "max-runs");
      return "skipped";
    }
  }

  const isFree = (): boolean => busyUntil(records, run.entry, overlap.timeoutMs) <= records.now;
  if (isFree()) {
    const { lock } = run.message;
    if (overlap.policy === "skip" && lock && isBusy(records, lock.name, lock.capacity)) {
      skipRun(records, run, "locked");
      return "locked";
    }
    return sendInsteadOfBuffered(records, run);
  }
  // A run that is known already is no new one: it is not skipped, and none waits, stops or is replaced for it.
  if (records.entries.buffered(run.entry)?.id === run.message.id) return "buffered";
  if (isKnown(records, run.message.id)) return sendRun(records, run);
  if (overlap.policy === "skip") {
    skipRun(records, run, "overlap");
    return "overlap";
  }
  if (overlap.policy === "cancel-running") {
    stopRuns(records, run.entry);
    if (isFree()) return sendInsteadOfBuffered(records, run);
  }
  return bufferRun(records, run, overlap);
}

function isSpent({ entries }: Records, entry: string, { maxRuns, uncounted }: Counted): boolean {
  return maxRuns !== null && (entries.find(entry)?.runs ?? 0) + uncounted >= maxRuns;
}

/**
 * Drops the runs that no worker will take any more. Then: when the last unfinished run ends or counts as ended, at the
 * earliest if none is taken until then; Infinity: only when it ends; -Infinity: none is running.
 */
function busyUntil(records: Records, entry: string, timeoutMs: number | null): EpochMs {
  const { entries, now } = records;
  // Mostly there is none, and the newest is at hand: only what is busy is read.
  const newest = entries.newestRunAt(entry);
  if (newest === null) return -Infinity;
  const givenUpAt = (sentAt: EpochMs): EpochMs => (timeoutMs === null ? Infinity : sentAt + timeoutMs);
  if (givenUpAt(newest) <= now) return givenUpAt(newest);
  const { runs, isAll } = entries.unfinishedRuns(entry, MOST_LOOKED_AT);
  let until = isAll ? -Infinity : givenUpAt(newest);
  for (const run of runs) {
    const reason = endOf(run, now);
    if (reason) {
      dropUnrun(records, run, reason);
    } else {
      const expires = run.state === "leased" ? null : run.expires;
      until = Math.max(until, Math.min(givenUpAt(run.enqueuedAt), expires ?? Infinity));
    }
  }
  return until;
}

function sendRun(records: Records, run: DueRun): "sent" | "not-unique" {
  const isSent = typeof send(records, run.message) === "string";
  return accountSent(records, run, { id: run.message.id, isSent, isTriggered: run.counted === null });
}

/** One whose unique key another message has is not sent. */
function accountSent(
  records: Records,
  run: Pick<BufferedRun, "entry" | "due" | "term">,
  {
    id,
    isSent,
    isTriggered,
  }: { readonly id: string; readonly isSent: boolean; readonly isTriggered: boolean },
): "sent" | "not-unique" {
  if (isSent) recordSent(records, run, id, isTriggered);
  else skipRun(records, run, "not-unique");
  return isSent ? "sent" : "not-unique";
}

function recordSent(
  { entries }: Records,
  { entry, due, term }: Pick<BufferedRun, "entry" | "due" | "term">,
  taskId: string,
  isTriggered: boolean,
): void {
  entries.record({ entry, due, fate: "sent", reason: isTriggered ? "triggered" : null, taskId, term });
}

function sendInsteadOfBuffered(records: Records, run: DueRun): "sent" | "not-unique" {
  const buffered = records.entries.buffered(run.entry);
  if (buffered) dropBufferedRun(records, buffered, "replaced");
  return sendRun(records, run);
}

export function skipRun(
  { entries }: Records,
  { entry, due, term }: Pick<DueRun, "entry" | "due" | "term">,
  reason: string,
): void {
  entries.record({ entry, due, fate: "skipped", reason, taskId: null, term });
}

/** Revokes the unfinished runs: those that wait are gone at once, those at work are asked to stop. */
function stopRuns(records: Records, entry: string): void {
  const { messages, entries, now } = records;
  const asked: string[] = [];
  for (const run of entries.unfinishedRuns(entry, Number.MAX_SAFE_INTEGER).runs) {
    if (run.state !== "leased") {
      if (run.blocker === "part") revokeOwnGraph(records, run.id, true);
      dropUnrun(records, run, endOf(run, now) ?? "revoked");
    } else if (run.revoked !== TO_STOP) {
      messages.markRevoked(run, TO_STOP);
      asked.push(run.id);
    }
  }
  if (asked.length > 0) records.publish("revoke", JSON.stringify(asked));
}

function bufferRun(records: Records, run: DueRun, overlap: Overlap): OccurrenceOutcome {
  const { messages, entries, now } = records;
  const before = entries.buffered(run.entry);
  let graceEnd: EpochMs | null = null;
  if (overlap.policy === "cancel-running") {
    // An entry due more often than its grace must not push the end of the grace ahead of itself.
    graceEnd = Math.min(now + overlap.graceMs, before?.graceEnd ?? Infinity);
    if (graceEnd <= now) return sendInsteadOfBuffered(records, run);
  }
  if (before) dropBufferedRun(records, before, "replaced");
  messages.insertBuffered(run.message);
  if (run.message.unique !== null) records.uniques.note(run.message.id, run.message.unique);
  keepLane(records, run.message);
  const { entry, message, due, term, counted } = run;
  const buffered: BufferedRun = {
    entry,
    id: message.id,
    due,
    term,
    isTriggered: counted === null,
    maxRuns: counted?.maxRuns ?? null,
    timeoutMs: overlap.timeoutMs,
    graceEnd,
  };
  const wakeAt = wakeAtOf(records, buffered);
  entries.buffer(buffered, finiteOrNull(wakeAt));
  records.wakeBy(wakeAt);
  return "buffered";
}

/** When a claim is to look at the buffered run again; Infinity when only an ending run can release it. */
function wakeAtOf(records: Records, { entry, timeoutMs, graceEnd }: BufferedRun): EpochMs {
  return Math.min(graceEnd ?? Infinity, busyUntil(records, entry, timeoutMs));
}

function finiteOrNull(at: EpochMs): EpochMs | null {
  return Number.isFinite(at) ? at : null;
}

/** Ends a buffered run unsent; its ledger row says why. One that has expired before keeps the result that tells so. */
export function dropBufferedRun(
  records: Records,
  buffered: BufferedRun,
  reason: "replaced" | "revoked" | "removed",
): void {
  records.entries.unbuffer(buffered);
  const message = records.messages.find(buffered.id);
  if (message) {
    // No run ends: it was none yet.
    endUnique(records, message);
    const told = isExpired(message, records.now) ? "expired" : reason === "revoked" ? "revoked" : null;
    if (told) recordEnd(records, message, told, told);
    records.messages.remove(message);
    if (told) {
      const { id, task, queue } = message;
      keepOwnResult(records, message, "REVOKED", told);
      records.dropped.push({ id, task, queue, reason: told });
    }
  }
  skipRun(records, buffered, reason);
}

/** The same of one that was revoked, by its message. */
export function dropBlockedRun(records: Records, { entry }: Found): void {
  const buffered = entry === null ? null : records.entries.buffered(entry);
  if (buffered) dropBufferedRun(records, buffered, "revoked");
}

/** Sends the buffered run of an entry when its wait has ended; else it is watched on. */
export function releaseBufferedRun(records: Records, entry: string): void {
  const { entries, freed, now } = records;
  freed.entry.delete(entry);
  const buffered = entries.buffered(entry);
  if (!buffered) return;
  const wakeAt = wakeAtOf(records, buffered);
  if (wakeAt > now) {
    entries.setBufferedWake(entry, finiteOrNull(wakeAt));
    return records.wakeBy(wakeAt);
  }
  entries.unbuffer(buffered);
  const { id, isTriggered } = buffered;
  const isSent = sendBufferedRun(records, id);
  if (accountSent(records, buffered, { id, isSent, isTriggered }) !== "sent") return;
  entries.countRun(entry, !buffered.isTriggered);
  if (!buffered.isTriggered && buffered.maxRuns !== null) entries.disableWhenSpent(entry, buffered.maxRuns);
}

/** Unless it has expired or got a result meanwhile: it is as old as this step. False: another message has its unique key. */
function sendBufferedRun(records: Records, id: string): boolean {
  const { messages, results, rates, uniques, now } = records;
  const message = messages.find(id);
  const unique = uniques.hasAny ? uniques.ofMessage(id) : null;
  if (message && results.isKept(id)) {
    end(records, message);
  } else if (message && isExpired(message, now)) {
    dropUnrun(records, message, "expired");
  } else if (message && unique) {
    const sent = {
      ...messages.bufferedSent(message),
      rate: rates.rateOf(message),
      lane: laneOf(records, message),
      unique,
    };
    endUnique(records, message);
    messages.remove(message);
    return typeof send(records, sent) === "string";
  } else if (message) {
    messages.sendBuffered(message);
    arriveInQueue(records, message);
  }
  return true;
}
