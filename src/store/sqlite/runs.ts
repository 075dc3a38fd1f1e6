/**
 * Runs of entries: what the overlap policy makes of one that is due, and the "run ended, release the buffered run" step
 * that every verb which can end a run takes before it is over.
 */
import type { EpochMs } from "../../core/clock.js";
import type { OccurrenceOutcome, Overlap } from "../contracts/entries.js";
import { endOf, isExpired, PERISHABLE, type Perishable } from "./ends.js";
import { record } from "./ledger.js";
import { isBusy } from "./waiters.js";
import { dropRevoked, end, keep, keepingOf, KNOWN, sendBuffered, type Known, type Sent } from "./messages.js";
import { lockOfMessage } from "./permits.js";
import { keepOwnResult } from "./results.js";
import { BUFFERED, LEASED, TO_STOP } from "./schema.js";
import { send, requestLock } from "./send.js";
import { LIMIT, type Step } from "./step.js";

/** A run that is due now. */
export interface DueRun {
  readonly entry: string;
  readonly message: Sent;
  readonly due: EpochMs;
  readonly term: string | null;
  /** Null for a triggered run, which counts for nothing. */
  readonly counted: Counted | null;
}

interface Counted {
  readonly maxRuns: number | null;
  /** Sent in this step, and not yet counted in the table. */
  readonly uncounted: number;
}

/** A row of held_run; its message is the kept one of this id. */
interface BufferedRun {
  readonly entry: string;
  readonly id: string;
  readonly due: EpochMs;
  readonly term: string | null;
  readonly triggered: number;
  readonly maxRuns: number | null;
  readonly timeoutMs: number | null;
  /** Released then even if others still run; null: only when they have ended. */
  readonly graceEnd: EpochMs | null;
}

const HELD_RUN = `SELECT entry, id, due, term, triggered, max_runs AS maxRuns, timeout_ms AS timeoutMs,
  grace_end AS graceEnd FROM held_run`;
const UNFINISHED = `FROM message WHERE entry = ? AND place < ${BUFFERED}`;
const RUN = `${KNOWN}, ${PERISHABLE}`;

type Run = Known & Perishable;

/** Of an entry's unfinished runs one step looks at so many, the oldest ones; the others count as they are. */
const MOST_LOOKED_AT = 1_000;

/** Sends, skips or holds a run as the policy says; null forces it. Whoever counts runs counts the answer "sent". */
export function startRun(step: Step, run: DueRun, overlap: Overlap | null): OccurrenceOutcome {
  if (overlap === null || overlap.policy === "allow") return sendRun(step, run);

  // A buffered run whose wait is over, unnoticed by a claim so far, goes first and counts as running.
  if (bufferedRunOf(step, run.entry)) {
    step.ended.add(run.entry);
    releaseHeldRuns(step);
    if (run.counted && isSpent(step, run.entry, run.counted)) {
      skipRun(step, run, "max-runs");
      return "skipped";
    }
  }

  const isFree = (): boolean => busyUntil(step, run.entry, overlap.timeoutMs) <= step.now;
  if (isFree()) {
    const { lock } = run.message;
    if (overlap.policy === "skip" && lock && isBusy(step, lock.name, lock.capacity)) {
      skipRun(step, run, "locked");
      return "locked";
    }
    return sendInsteadOfHeld(step, run);
  }
  if (overlap.policy === "skip") {
    skipRun(step, run, "overlap");
    return "overlap";
  }
  if (overlap.policy === "cancel-running") {
    stopRuns(step, run.entry);
    if (isFree()) return sendInsteadOfHeld(step, run);
  }
  return holdRun(step, run, overlap);
}

function isSpent(step: Step, entry: string, { maxRuns, uncounted }: Counted): boolean {
  if (maxRuns === null) return false;
  const { runs } = step.get<{ runs: number }>("SELECT runs FROM entry WHERE name = ?", entry)!;
  return runs + uncounted >= maxRuns;
}

/**
 * Drops the runs that no worker will take any more. Then: when the last unfinished run ends or counts as ended, at the
 * earliest if none is taken until then; Infinity: only when it ends; -Infinity: none is running.
 */
function busyUntil(step: Step, entry: string, timeoutMs: number | null): EpochMs {
  // An index has the newest, and mostly there is none: only what is busy is read.
  const newest = step.get<{ at: EpochMs | null }>(`SELECT max(enqueued_at) AS at ${UNFINISHED}`, entry)?.at;
  if (newest === null || newest === undefined) return -Infinity;
  const givenUpAt = (sentAt: EpochMs): EpochMs => (timeoutMs === null ? Infinity : sentAt + timeoutMs);
  if (givenUpAt(newest) <= step.now) return givenUpAt(newest);
  const runs = step.all<Perishable & { readonly seq: number; readonly at: EpochMs }>(
    `SELECT seq, ${PERISHABLE}, enqueued_at AS at ${UNFINISHED} ORDER BY enqueued_at ${LIMIT}`,
    ...[entry, MOST_LOOKED_AT],
  );
  let until = runs.length < MOST_LOOKED_AT ? -Infinity : givenUpAt(newest);
  for (const run of runs) {
    const reason = endOf(run, step.now);
    if (reason) {
      const message = step.get<Known>(`SELECT ${KNOWN} FROM message WHERE seq = ?`, run.seq);
      if (message) dropRevoked(step, message, reason);
    } else {
      const expires = run.state === LEASED ? null : run.expires;
      until = Math.max(until, Math.min(givenUpAt(run.at), expires ?? Infinity));
    }
  }
  return until;
}

function sendRun(step: Step, run: DueRun): "sent" {
  send(step, run.message);
  recordSent(step, { ...run, id: run.message.id, triggered: run.counted === null });
  return "sent";
}

interface SentRun extends Pick<BufferedRun, "entry" | "id" | "due" | "term"> {
  readonly triggered: boolean;
}

function recordSent(step: Step, { entry, id, due, term, triggered }: SentRun): void {
  record(step, { entry, due, fate: "sent", reason: triggered ? "triggered" : null, taskId: id, term });
}

function sendInsteadOfHeld(step: Step, run: DueRun): "sent" {
  const held = bufferedRunOf(step, run.entry);
  if (held) dropBufferedRun(step, held, "replaced");
  return sendRun(step, run);
}

export function skipRun(step: Step, run: Pick<DueRun, "entry" | "due" | "term">, reason: string): void {
  record(step, { entry: run.entry, due: run.due, fate: "skipped", reason, taskId: null, term: run.term });
}

/** Revokes the unfinished runs: those that wait are gone at once, those at work are asked to stop. */
function stopRuns(step: Step, entry: string): void {
  const asked: string[] = [];
  const runs = step.all<Run>(`SELECT ${RUN} ${UNFINISHED}`, entry);
  for (const message of runs) {
    if (message.state !== LEASED) {
      dropRevoked(step, message, endOf(message, step.now) ?? "revoked");
    } else if (message.revoked !== TO_STOP) {
      step.run(`UPDATE message SET revoked = ${TO_STOP} WHERE seq = ?`, message.seq);
      asked.push(message.id);
    }
  }
  if (asked.length > 0) step.publish("revoke", JSON.stringify(asked));
}

function holdRun(step: Step, run: DueRun, overlap: Overlap): OccurrenceOutcome {
  const before = bufferedRunOf(step, run.entry);
  let graceEnd: EpochMs | null = null;
  if (overlap.policy === "cancel-running") {
    // An entry due more often than its grace must not push the end of the grace ahead of itself.
    graceEnd = Math.min(step.now + overlap.graceMs, before?.graceEnd ?? Infinity);
    if (graceEnd <= step.now) return sendInsteadOfHeld(step, run);
  }
  if (before) dropBufferedRun(step, before, "replaced");
  // A duplicate: the run is on its way already, or its result is kept.
  if (!keep(step, run.message)) return sendRun(step, run);
  const { entry, message, due, term, counted } = run;
  const { timeoutMs } = overlap;
  const at = wakeAt(step, { entry, timeoutMs, graceEnd });
  step.run(
    `INSERT INTO held_run (entry, id, due, term, triggered, max_runs, timeout_ms, grace_end, wake_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[entry, message.id, due, term, counted ? 0 : 1, counted?.maxRuns ?? null, timeoutMs, graceEnd],
    finiteOrNull(at),
  );
  step.wakeBy(at);
  return "buffered";
}

/** When a claim is to look at the buffered run again; Infinity when only an ending run can release it. */
function wakeAt(step: Step, held: Pick<BufferedRun, "entry" | "timeoutMs" | "graceEnd">): EpochMs {
  return Math.min(held.graceEnd ?? Infinity, busyUntil(step, held.entry, held.timeoutMs));
}

function finiteOrNull(at: EpochMs): EpochMs | null {
  return Number.isFinite(at) ? at : null;
}

export function bufferedRunOf(step: Step, entry: string): BufferedRun | undefined {
  return step.get<BufferedRun>(`${HELD_RUN} WHERE entry = ?`, entry);
}

export function heldRunOfId(step: Step, id: string): BufferedRun | undefined {
  return step.get<BufferedRun>(`${HELD_RUN} WHERE id = ?`, id);
}

/** Ends a buffered run unsent; its ledger row says why. One that has expired before keeps the result that tells so. */
export function dropBufferedRun(
  step: Step,
  held: BufferedRun,
  reason: "replaced" | "revoked" | "removed",
): void {
  step.run("DELETE FROM held_run WHERE entry = ?", held.entry);
  const kept = step.get<Run>(`SELECT ${RUN} FROM message WHERE id = ?`, held.id);
  if (kept) {
    const keeping = keepingOf(step, kept);
    end(step, { ...kept, entry: null });
    const told = isExpired(kept, step.now) ? "expired" : reason === "revoked" ? "revoked" : null;
    if (told) keepOwnResult(step, keeping, "REVOKED", told);
  }
  skipRun(step, held, reason);
}

/** Sends the buffered runs, of the entries noted in this step, whose wait has ended; the others are watched on. */
export function releaseHeldRuns(step: Step): void {
  for (const entry of step.ended) {
    step.ended.delete(entry);
    const held = bufferedRunOf(step, entry);
    if (!held) continue;
    const at = wakeAt(step, held);
    if (at > step.now) {
      step.run("UPDATE held_run SET wake_at = ? WHERE entry = ?", finiteOrNull(at), entry);
      step.wakeBy(at);
      continue;
    }
    step.run("DELETE FROM held_run WHERE entry = ?", entry);
    if (sendBuffered(step, held.id)) lineUp(step, held.id);
    recordSent(step, { ...held, triggered: held.triggered === 1 });
    const counted = held.triggered === 0 ? 1 : 0;
    step.run("UPDATE entry SET stamp = ?, runs = runs + ? WHERE name = ?", step.etag(), counted, entry);
    if (held.triggered === 0) endWhenSpent(step, entry, held.maxRuns);
  }
}

/** Has a run that is sent now ask for its lock, if it has one. */
function lineUp(step: Step, id: string): void {
  const message = step.get<{ task: string; lock: string | null }>(
    "SELECT task, lock FROM message WHERE id = ?",
    id,
  );
  if (message) requestLock(step, { id, task: message.task, lock: lockOfMessage(message) });
}

/** Disables the entry once its runs have reached the limit; one that is disabled already keeps its reason. */
export function endWhenSpent(step: Step, entry: string, maxRuns: number | null): void {
  if (maxRuns === null) return;
  step.run(
    `UPDATE entry SET nominal = NULL, dispatch_at = NULL,
       disabled_at = CASE WHEN disabled IS NULL THEN ? ELSE disabled_at END, disabled = coalesce(disabled, 'max-runs')
       WHERE name = ? AND runs >= ?`,
    ...[step.now, entry, maxRuns],
  );
}

export function disable(step: Step, entry: string, reason: string): void {
  step.run(
    "UPDATE entry SET disabled = ?, disabled_at = ? WHERE name = ? AND disabled IS NOT ?",
    ...[reason, step.now, entry, reason],
  );
}
