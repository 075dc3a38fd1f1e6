/**
 * The one checker of the fault suites. It reads the ledger from the store and an execution log kept outside it, and
 * says in sentences what is broken; an empty list means that the promises held.
 */
import type { EpochMs } from "../../src/core/clock.js";
import type { Schedule } from "../../src/schedules/index.js";
import type { LedgerRecord, Store } from "../../src/store/index.js";

/** One line of the execution log: a run of a task began. */
export interface Execution {
  readonly id: string;
  readonly entry: string;
  readonly due: EpochMs;
}

export interface Expectation {
  readonly entry: string;
  readonly schedule: Schedule;
}

const LEDGER_PAGE = 100_000;

/** Every due time an expectation implies from the entry's first ledger row up to its cursor, both as the store has them. */
function dueTimes(schedule: Schedule, first: EpochMs, cursor: EpochMs): EpochMs[] {
  const due: EpochMs[] = [];
  for (let at: EpochMs | null = first; at !== null && at < cursor; at = schedule.next(at)) due.push(at);
  return due;
}

/** Due time -> how often the ledger accounts for it; ranges are expanded by the schedule itself. */
function accountedFor(ledger: readonly LedgerRecord[], schedule: Schedule): Map<EpochMs, number> {
  const seen = new Map<EpochMs, number>();
  const count = (due: EpochMs): void => void seen.set(due, (seen.get(due) ?? 0) + 1);
  for (const record of ledger) {
    if (record.kind === "row") {
      if (record.reason !== "triggered") count(record.due);
    } else {
      for (let at: EpochMs | null = record.from; at !== null && at <= record.to; at = schedule.next(at))
        count(at);
    }
  }
  return seen;
}

export async function brokenPromises(
  store: Store,
  expectations: readonly Expectation[],
  executions: readonly Execution[],
): Promise<string[]> {
  const broken: string[] = [];
  const executed = new Set(executions.map((execution) => execution.id));
  for (const { entry, schedule } of expectations) {
    const ledger = await store.entries.ledger(entry, { limit: LEDGER_PAGE, keep: "oldest" });
    const [snapshot] = await store.entries.get([entry]);
    const first = ledger[0];
    if (!first || !snapshot?.cursor) {
      broken.push(`${entry}: nothing in the ledger, or no cursor`);
      continue;
    }
    const seen = accountedFor(ledger, schedule);
    const firstDue = first.kind === "row" ? first.due : first.from;
    for (const due of dueTimes(schedule, firstDue, snapshot.cursor.nominal)) {
      const times = seen.get(due) ?? 0;
      seen.delete(due);
      if (times !== 1)
        broken.push(`D1: ${entry} due ${new Date(due).toISOString()} is in the ledger ${times} times`);
    }
    for (const due of seen.keys())
      broken.push(`D1: ${entry} has ${new Date(due).toISOString()} in the ledger, which was never due`);
    for (const row of ledger) {
      if (row.kind !== "row" || row.fate !== "sent") continue;
      if (row.taskId === null || !executed.has(row.taskId))
        broken.push(`E1: ${row.taskId} was sent and never ran`);
    }
  }
  for (const counts of await store.broker.counts()) {
    if (counts.ready + counts.delayed + counts.held + counts.dead > 0) {
      broken.push(`after the drain queue ${counts.queue} still holds ${JSON.stringify(counts)}`);
    }
  }
  return broken;
}

/** Summary for the reader of a passing run: a run that checked nothing must be visible. */
export async function countDue(store: Store, expectations: readonly Expectation[]): Promise<number> {
  let total = 0;
  for (const { entry } of expectations) {
    for (const record of await store.entries.ledger(entry, { limit: LEDGER_PAGE, keep: "oldest" })) {
      total += record.kind === "row" ? 1 : record.count;
    }
  }
  return total;
}
