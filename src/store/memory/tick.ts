import type { EpochMs } from "../../core/clock.js";
import {
  dueTo,
  type OccurrenceOutcome,
  type TickItem,
  type TickItemOutcome,
  type TickReply,
} from "../contracts/entries.js";
import { refusalOf } from "../rules/tick.js";
import { endWhenSpent, setCursor } from "./cursor.js";
import { followUp } from "./follow-up.js";
import { currentLeader } from "./leases.js";
import { recordRange } from "./ledger.js";
import { fixInstants } from "./messages.js";
import { skipRun, startRun } from "./runs.js";
import type { Entry, MemoryState } from "./state.js";

/** Sends what is due and moves the cursors, or does nothing: the whole batch for a wrong term, an item otherwise. */
export function tick(state: MemoryState, term: string, items: readonly TickItem[], now: EpochMs): TickReply {
  if (currentLeader(state, now)?.term !== term) return { outcome: "fenced", now };
  const outcomes = items.map((item): TickItemOutcome => {
    const entry = state.entries.get(item.entry);
    if (!entry) return { outcome: "gone" };
    const refusal = refusalOf({ ...entry, due: entry.cursor?.due ?? null }, item, now);
    if (refusal) return { outcome: refusal };
    return { outcome: "ticked", occurrences: account(state, entry, item, term, now) };
  });
  // cancel-running may have ended runs that still waited.
  followUp(state, now);
  return { outcome: "ticked", now, items: outcomes };
}

function account(
  state: MemoryState,
  entry: Entry,
  item: TickItem,
  term: string,
  now: EpochMs,
): OccurrenceOutcome[] {
  const counted = { maxRuns: item.maxRuns };
  const occurrences = item.plan.map((planned): OccurrenceOutcome => {
    entry.lastDue = Math.max(entry.lastDue ?? -Infinity, dueTo(planned));
    if (planned.kind === "range") {
      recordRange(state, entry.name, planned, term, now);
      return "skipped";
    }
    const { due } = planned;
    if (planned.kind === "skip") {
      skipRun(state, { entry, due, term }, planned.reason, now);
      return "skipped";
    }
    const message = fixInstants(planned.message, entry.name, now);
    return startRun(state, { entry, message, due, term, counted }, planned.overlap, now);
  });
  const { pausedAt, disabled } = entry;
  setCursor(state, entry, { cursor: item.next, pausedAt, disabled: item.disable ?? disabled }, now);
  endWhenSpent(state, entry, item.maxRuns, now);
  entry.etag = ++state.sequence;
  return occurrences;
}
