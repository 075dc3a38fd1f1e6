/** What holds for the starts of a task: the word of code, and that of an operator. */
import type { Rate } from "../../tasks/rate-limit.js";
import { type DeclaredLimit, rateInForce, type TaskLimit } from "../contracts/limits.js";
import { freeAt } from "./bucket.js";
import { stateOf } from "./rate.js";
import type { Backlog } from "./rate-records.js";
import type { Records } from "./records.js";

const NONE = { code: null, byMessage: false, control: null };

/** Whether anything has changed. Other words of code take the place of what an operator has said. */
export function declareLimit({ rates }: Records, declared: DeclaredLimit): boolean {
  const before = rates.limitOf(declared.task) ?? { task: declared.task, ...NONE };
  const isSame = isSameRate(before.code, declared.code);
  if (isSame && before.byMessage === declared.byMessage) return false;
  return write(rates, before, { ...before, ...declared, control: isSame ? before.control : null });
}

/** The same. `control` null: what code says holds. */
export function controlLimit({ rates }: Records, task: string, control: TaskLimit["control"]): boolean {
  const before = rates.limitOf(task) ?? { task, ...NONE };
  return write(rates, before, { ...before, control });
}

function write(rates: Records["rates"], before: TaskLimit, after: TaskLimit): boolean {
  if (after.code === null && after.control === null) rates.removeLimit(after.task);
  else rates.writeLimit(after);
  return before.byMessage !== after.byMessage || !isSameRate(rateInForce(before), rateInForce(after));
}

/**
 * Has claims look at what waits for tokens of the task, at most `limit` backlogs behind `after`; gives the last of them, null when
 * there are no more.
 */
export function lookAgain(
  records: Records,
  task: string,
  limit: number,
  after: Backlog | null,
): Backlog | null {
  const { rates, now } = records;
  const backlogs = rates.backlogsOf(task, limit, after);
  const terms = rates.limitOf(task);
  const rate = terms && rateInForce(terms);
  for (const backlog of backlogs) {
    const at = Math.max(now, freeAt(stateOf(records, { bucket: backlog.bucket, rate })));
    rates.writeBacklog({ ...backlog, dueAt: at, turnAt: at });
    records.notify(backlog.queue);
  }
  return backlogs.length < limit ? null : (backlogs.at(-1) ?? null);
}

function isSameRate(a: Rate | null, b: Rate | null): boolean {
  return a?.limit === b?.limit && a?.perMs === b?.perMs && a?.burst === b?.burst;
}
