import type { EpochMs } from "../../core/clock.js";
import {
  dueTo,
  type OccurrenceOutcome,
  type TickItem,
  type TickItemOutcome,
  type TickReply,
} from "../contracts/entries.js";
import { type Judged, refusalOf } from "../rules/tick.js";
import { followUp } from "./follow-up.js";
import { isCurrentTerm } from "./leases.js";
import { recordRange } from "./ledger.js";
import { fixInstants } from "./messages.js";
import { disable, endWhenSpent, skipRun, startRun } from "./runs.js";
import type { Step } from "./step.js";

const STATE =
  "SELECT revision, nominal AS due, last_nominal AS lastDue, paused_at AS pausedAt, disabled FROM entry WHERE name = ?";

/** Sends what is due and moves the cursors, or does nothing: the whole batch for a wrong term, an item otherwise. */
export function tick(step: Step, term: string, items: readonly TickItem[]): TickReply {
  const { now } = step;
  if (!isCurrentTerm(step, term)) return { outcome: "fenced", now };
  const outcomes = items.map((item): TickItemOutcome => {
    const entry = step.get<Judged & { readonly due: EpochMs | null }>(STATE, item.entry);
    if (!entry) return { outcome: "gone" };
    const refusal = refusalOf(entry, entry.due, item, now);
    if (refusal) return { outcome: refusal };
    return { outcome: "ticked", occurrences: account(step, item, term) };
  });
  // cancel-running may have ended runs that still waited.
  followUp(step);
  return { outcome: "ticked", now, items: outcomes };
}

function account(step: Step, item: TickItem, term: string): OccurrenceOutcome[] {
  const { entry, maxRuns } = item;
  let sent = 0;
  const occurrences = item.plan.map((planned): OccurrenceOutcome => {
    if (planned.kind === "range") {
      recordRange(step, entry, planned, term);
      return "skipped";
    }
    const { due } = planned;
    if (planned.kind === "skip") {
      skipRun(step, { entry, due, term }, planned.reason);
      return "skipped";
    }
    const message = fixInstants({ ...planned.message, entry }, step.now);
    const counted = { maxRuns, uncounted: sent };
    const outcome = startRun(step, { entry, message, due, term, counted }, planned.overlap);
    if (outcome === "sent") sent++;
    return outcome;
  });
  const accountedTo = item.plan.reduce<EpochMs | null>(
    (newest, planned) => Math.max(newest ?? -Infinity, dueTo(planned)),
    null,
  );
  step.run(
    `UPDATE entry SET nominal = ?, dispatch_at = ?, stamp = ?, runs = runs + ?,
       last_nominal = max(coalesce(last_nominal, ?), coalesce(?, last_nominal)) WHERE name = ?`,
    ...[item.next?.due ?? null, item.next?.dispatchAt ?? null, step.etag(), sent],
    ...[accountedTo, accountedTo, entry],
  );
  if (item.disable !== null) disable(step, entry, item.disable);
  endWhenSpent(step, entry, maxRuns);
  return occurrences;
}
