import type { EpochMs } from "../core/clock.js";
import {
  dueFrom,
  type EntrySnapshot,
  type PlannedOccurrence,
  type TickItem,
} from "../store/contracts/entries.js";
import type { MessageLock } from "../tasks/message.js";
import type { CreateMessage } from "../tasks/message-factory.js";
import { argsOf, type Entry } from "./entry.js";
import { LOCK_RESERVE_MS } from "./entry-options.js";
import type { Decision } from "./misfire.js";
import { occurrenceId } from "./occurrences.js";
import type { Plan } from "./planner.js";

/** What the store is asked to do for one entry; `basis` is that of the plan. Throws what the entry's args function or the message check throws. */
export function tickItem(
  entry: Entry,
  stored: Pick<EntrySnapshot, "cursor">,
  plan: Plan,
  createMessage: CreateMessage,
  basis = "",
): TickItem {
  return {
    entry: entry.name,
    revision: entry.revision,
    expect: stored.cursor?.due ?? null,
    plan: plan.decisions.map((decision) => planned(entry, decision, createMessage)),
    next: plan.next,
    ...(basis !== "" && { basis }),
    disable: plan.disable,
    maxRuns: entry.maxRuns,
  };
}

/** What an occurrence asks of the store, in plain runs; as measured on Redis. */
export function weightOf(planned: PlannedOccurrence): number {
  if (planned.kind !== "send") return 1;
  return WEIGHTS[planned.overlap.policy] + (planned.message.lock ? 8 : 0);
}

const WEIGHTS = { allow: 1, skip: 3, "queue-one": 3, "cancel-running": 8 } as const;

/**
 * The item in steps of the weight `most` at most, each of which leaves the cursor where the next begins: what an entry has
 * missed may be much, and a step of the store must stay short.
 */
export function inSteps(item: TickItem, most: number): TickItem[] {
  const heaviest = item.plan.reduce((weight, planned) => Math.max(weight, weightOf(planned)), 1);
  const size = Math.max(1, Math.floor(most / heaviest));
  if (item.plan.length <= size) return [item];
  const steps: TickItem[] = [];
  for (let from = 0; from < item.plan.length; from += size) {
    const [first, following] = [item.plan[from]!, item.plan[from + size]];
    steps.push({
      ...item,
      expect: from === 0 ? item.expect : dueFrom(first),
      plan: item.plan.slice(from, from + size),
      ...(following && {
        next: { due: dueFrom(following), dispatchAt: dueFrom(following) },
        disable: null,
      }),
    });
  }
  return steps;
}

/** The one run of an entry that is sent when a process first leads; it has no cursor and stays enabled. */
export function startItem(entry: Entry, at: EpochMs, createMessage: CreateMessage): TickItem {
  const plan: Plan = { decisions: [{ kind: "send", due: at }], next: null, disable: null };
  return tickItem(entry, { cursor: null }, plan, createMessage);
}

/** What a run of the entry holds from its dispatch to its end. */
export function messageLock({ lock }: Pick<Entry, "lock">): MessageLock | undefined {
  return lock === null ? undefined : { ...lock, waitTimeoutMs: null, reserveMs: LOCK_RESERVE_MS };
}

function planned(entry: Entry, decision: Decision, createMessage: CreateMessage): PlannedOccurrence {
  if (decision.kind === "skip") return decision;
  if (decision.kind === "range") return { ...decision, schedule: entry.scheduleText };
  const { due } = decision;
  const message = createMessage({
    id: occurrenceId(entry, due),
    task: entry.task,
    args: argsOf(entry, due),
    options: entry.options,
    entry: entry.name,
    scheduledFor: due,
    lock: messageLock(entry),
  });
  return { kind: "send", due, message, overlap: entry.overlap };
}
