import type { EpochMs } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import type { Schedule } from "../schedules/index.js";
import type { EntrySnapshot } from "../store/contracts/entries.js";
import type { Entry } from "./entry.js";
import type { EntryCache } from "./entry-cache.js";

/** An entry as it stands in the store. */
export interface EntryView {
  readonly name: string;
  /** "runtime", or "code:" and the name of the app that declares it. */
  readonly owner: string;
  readonly task: string | null;
  /** Null when only the code that declares it knows it. */
  readonly schedule: Schedule | null;
  readonly description: string | null;
  /** The whole definition, as JSON text. */
  readonly definition: string;
  readonly revision: string;
  /** Deploy number of the code that wrote it; 0 for one of run time. */
  readonly version: number;
  /** When it is sent next; null: not any more, or not while it is paused or disabled. */
  readonly nextDue: Date | null;
  /** The newest occurrence that was sent or skipped by the beat. */
  readonly lastScheduledFor: Date | null;
  readonly pausedAt: Date | null;
  /** Why it does not run any more ("disabled", "ended", "max-runs", "left-code", "renamed", "invalid"), or null. */
  readonly disabled: string | null;
  readonly disabledAt: Date | null;
  /** Occurrences sent. */
  readonly runs: number;
  /** Runs that have not ended. */
  readonly unfinished: number;
  /** A run waits for the running one to end. */
  readonly buffered: boolean;
  /** Why the definition cannot be read here, or null. */
  readonly problem: string | null;
}

export function viewOf(stored: EntrySnapshot, cache: EntryCache): EntryView {
  let entry: Entry | null = null;
  let problem: string | null = null;
  try {
    entry = cache.read(stored);
  } catch (error) {
    problem = messageOf(error);
  }
  const runs = stored.pausedAt === null && stored.disabled === null;
  return {
    name: stored.name,
    owner: stored.owner,
    task: entry?.task ?? null,
    schedule: entry !== null && hasSchedule(entry, stored, cache) ? entry.schedule : null,
    description: entry?.description ?? null,
    definition: stored.definition,
    revision: stored.revision,
    version: stored.version,
    nextDue: runs ? date(stored.cursor?.dispatchAt) : null,
    lastScheduledFor: date(stored.lastDue),
    pausedAt: date(stored.pausedAt),
    disabled: stored.disabled,
    disabledAt: date(stored.disabledAt),
    runs: stored.runs,
    unfinished: stored.unfinished,
    buffered: stored.buffered,
    problem,
  };
}

/** Whether this process has the schedule itself, and no stand-in for one that only other code knows. */
export function hasSchedule(entry: Entry, stored: EntrySnapshot, cache: EntryCache): boolean {
  return !entry.codeSchedule || cache.isDeclared(stored);
}

function date(instant: EpochMs | null | undefined): Date | null {
  return instant === null || instant === undefined ? null : new Date(instant);
}
