/** Ticks that were skipped, for those who run them by hand. */
import type { EpochMs } from "../core/clock.js";
import { invalidOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import type { EntrySnapshot } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import type { CalendarBook } from "./calendar-book.js";
import type { Entry } from "./entry.js";
import { history } from "./history.js";
import { dueAfter, dueFollowing, occurrenceId } from "./occurrences.js";

/** Run by one call. */
export const MOST_BY_HAND = 1_000;
/** Records of the ledger that one call reads. */
const MOST_ROWS = 10_000;

export interface PastTicks {
  readonly store: Pick<Store, "ledger" | "results">;
  /** With a schedule that can be asked. */
  readonly entry: Entry;
  readonly stored: EntrySnapshot;
  readonly now: EpochMs;
  readonly book: CalendarBook;
}

/** Throws SUNBEAT_OPTION_INVALID where the schedule does not give `due`, or a beat has sent it, or will. */
export async function assertSkipped({ store, entry, stored, now }: PastTicks, due: EpochMs): Promise<void> {
  const iso = new Date(due).toISOString();
  const refused = (why: string): Error =>
    invalidOption("trigger: due", `a tick of ${quote(entry.name)} that was skipped: ${why}`, iso);
  if (!gives(entry, due)) throw refused(`its schedule gives ${neighbours(entry, due)}`);
  if (due > now) throw refused("this one is yet to come");
  if (isPending(stored, due)) throw refused("the beat has not come to this one yet, and will");
  const rows = await store.ledger.rows(entry.name, {
    after: due - 1,
    before: due + 1,
    limit: 100,
    keep: "oldest",
  });
  const sent = rows.find(
    (row) => row.kind === "row" && row.fate === "sent" && row.reason !== "triggered" && row.due === due,
  );
  if (sent?.kind === "row") throw refused(`this one was sent as ${quote(sent.taskId)}`);
  // The ledger forgets; the result of its run may still be there.
  const id = occurrenceId(entry, due);
  const [result = null] = rows.length > 0 ? [null] : await store.results.get([id]);
  if (result !== null) throw refused(`this one was sent as ${quote(id)}`);
}

/**
 * The ticks from `from` to `to`, both included, that the ledger knows as skipped, and those that were due while the entry has been
 * paused; oldest first. Throws SUNBEAT_OPTION_INVALID for more than 1,000.
 */
export async function skippedTicks(past: PastTicks, from: EpochMs, to: EpochMs): Promise<EpochMs[]> {
  const { store, book, entry, stored, now } = past;
  if (to < from)
    throw invalidOption("trigger: to", "an instant that is not before from", new Date(to).toISOString());
  const last = Math.min(to, now);
  const dues = new Set<EpochMs>();
  const sent = new Set<EpochMs>();
  let after = from - 1;
  for (;;) {
    const rows = await history({ ledger: store.ledger, results: NO_RESULTS, book }, entry.name, {
      after,
      before: last + 1,
      limit: MOST_ROWS,
    });
    for (const { due, fate, reason } of rows) {
      if (fate === "skipped") dues.add(due.getTime());
      else if (reason !== "triggered") sent.add(due.getTime());
    }
    if (dues.size > MOST_ROWS) throw tooMany(from, to);
    if (rows.length < MOST_ROWS) break;
    after = rows.at(-1)!.due.getTime();
  }
  for (const due of whilePaused(past, from, last)) dues.add(due);
  const ticks = [...dues].filter((due) => !sent.has(due) && gives(entry, due) && !isPending(stored, due));
  if (ticks.length > MOST_BY_HAND) throw tooMany(from, to);
  return ticks.sort((a, b) => a - b);
}

/** Nobody has accounted for them, and nobody will as runs: at the end of the pause they are recorded as skipped. */
function* whilePaused({ entry, stored }: PastTicks, from: EpochMs, to: EpochMs): Generator<EpochMs> {
  if (stored.pausedAt === null || stored.cursor === null) return;
  const begin = Math.max(from, stored.cursor.due);
  let left = MOST_BY_HAND + 1;
  for (let due = dueAfter(entry, begin - 1); due !== null && due <= to && left > 0; left--) {
    yield due;
    due = dueFollowing(entry, due);
  }
}

/** A beat sends or skips it at its next round. */
function isPending({ cursor, pausedAt, disabled }: EntrySnapshot, due: EpochMs): boolean {
  return pausedAt === null && disabled === null && cursor !== null && due >= cursor.due;
}

function gives(entry: Entry, due: EpochMs): boolean {
  return dueAfter(entry, due - 1) === due;
}

function neighbours(entry: Entry, due: EpochMs): string {
  const next = dueAfter(entry, due);
  return next === null ? "nothing after it" : `${new Date(next).toISOString()} next`;
}

function tooMany(from: EpochMs, to: EpochMs): Error {
  const range = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
  return invalidOption(
    "trigger: from, to",
    `at most ${MOST_BY_HAND} skipped ticks at once, and there are more`,
    range,
  );
}

/** States of runs do not matter here. */
const NO_RESULTS = { get: (ids: readonly string[]) => Promise.resolve(ids.map(() => null)) };
