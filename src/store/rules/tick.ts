/** Sending what is due, and moving the cursors. */
import type { EpochMs } from "../../core/clock.js";
import type { NewMessage } from "../../tasks/message.js";
import {
  dueFrom,
  dueTo,
  type OccurrenceOutcome,
  type Overlap,
  type PlannedOccurrence,
  type TickItem,
  type TickItemOutcome,
  type TickReply,
  type TriggerOutcome,
} from "../contracts/entries.js";
import { fixInstants, isKnown } from "./messages.js";
import type { JudgedEntry, Records } from "./records.js";
import { leaveChanges, release } from "./release.js";
import { skipRun, startRun } from "./runs.js";

/** Does the whole batch for the current term, and nothing for another; an item for what its plan expects. */
export function tick(records: Records, term: string, items: readonly TickItem[]): TickReply {
  const { now } = records;
  if (!records.isCurrentTerm(term)) return { outcome: "fenced", now };
  const outcomes = items.map((item): TickItemOutcome => {
    const entry = records.entries.find(item.entry);
    if (!entry) return { outcome: "gone" };
    const refusal = refusalOf(entry, item, now);
    if (refusal) return { outcome: refusal };
    return { outcome: "ticked", occurrences: account(records, item, term) };
  });
  // cancel-running may have ended runs that still waited.
  release(records);
  leaveChanges(records);
  return { outcome: "ticked", now, items: outcomes };
}

/** Why nothing of the item may be done, in the order of `TickItemOutcome`; null: it may. */
function refusalOf(
  { revision, due, lastDue, pausedAt, disabled }: JudgedEntry,
  item: TickItem,
  now: EpochMs,
): Exclude<TickItemOutcome["outcome"], "ticked" | "gone"> | null {
  if (revision !== item.revision) return "stale";
  if (due !== item.expect) return "moved";
  const [first] = item.plan;
  // Without a cursor to compare, the newest occurrence accounted for tells a repeated tick.
  if (item.expect === null && first && lastDue !== null && dueFrom(first) <= lastDue) return "moved";
  if (item.plan.some((planned) => dueTo(planned) > now)) return "early";
  return pausedAt !== null || disabled !== null ? "paused" : null;
}

function account(records: Records, item: TickItem, term: string): OccurrenceOutcome[] {
  const { entry, maxRuns, basis = null } = item;
  let sent = 0;
  let lastDue: EpochMs | null = null;
  const occurrences = item.plan.map((planned) => {
    lastDue = Math.max(lastDue ?? -Infinity, dueTo(planned));
    const outcome = accountOne(records, planned, { entry, term, counted: { maxRuns, uncounted: sent } });
    if (outcome === "sent") sent++;
    return outcome;
  });
  records.entries.advance(entry, { cursor: item.next, basis, lastDue, sent, disable: item.disable });
  if (maxRuns !== null) records.entries.disableWhenSpent(entry, maxRuns);
  return occurrences;
}

function accountOne(
  records: Records,
  planned: PlannedOccurrence,
  run: {
    readonly entry: string;
    readonly term: string;
    readonly counted: { readonly maxRuns: number | null; readonly uncounted: number };
  },
): OccurrenceOutcome {
  const { entry, term, counted } = run;
  if (planned.kind === "range") {
    records.entries.recordRange(entry, planned, term);
    return "skipped";
  }
  const { due } = planned;
  if (planned.kind === "skip") {
    skipRun(records, { entry, due, term }, planned.reason);
    return "skipped";
  }
  const message = fixInstants(planned.message, entry, records.now);
  return startRun(records, { entry, message, due, term, counted }, planned.overlap);
}

/** Sends a run outside the schedule. */
export function trigger(
  records: Records,
  entry: string,
  message: NewMessage,
  overlap: Overlap | null,
): TriggerOutcome {
  const { entries, now } = records;
  if (!entries.find(entry)) return "gone";
  if (records.messages.find(message.id)?.blocker === "entry") return "buffered";
  if (isKnown(records, message.id)) return "sent";
  const sent = fixInstants(message, entry, now);
  const outcome = startRun(records, { entry, message: sent, due: now, term: null, counted: null }, overlap);
  release(records);
  leaveChanges(records);
  records.publish("entries", entry);
  return outcome;
}
