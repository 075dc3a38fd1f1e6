/**
 * The one checker of the fault suites. It reads the ledger from the store and a log kept outside it, and says in
 * sentences what is broken; an empty list means that the promises held:
 *
 * - D1: each due time between an entry's first ledger row and its cursor is in the ledger exactly once;
 * - T: no term wrote to the ledger after a later one had begun;
 * - E1: every id that was sent has run, and nothing ran that was not sent;
 * - E2: the end of an id was accepted at most once, and from its newest delivery only;
 * - after the drain nothing is left in queues, in leases, or as unfinished runs.
 */
import type { EpochMs } from "../../src/core/clock.js";
import type { Schedule } from "../../src/schedules/index.js";
import type { LedgerRecord, Store } from "../../src/store/contracts/index.js";
import { linesOf, type LogLine } from "./fault-log.js";

export interface Expectation {
  readonly entry: string;
  readonly schedule: Schedule;
}

export interface CheckOptions {
  /**
   * The store went back in time, as after a fail-over that lost writes. Then what was lost is done again under the same
   * id, or by now skipped as its misfire policy says although it ran: an end may be accepted twice, and what ran need not
   * be in the ledger as sent.
   */
  readonly rolledBack?: boolean;
}

/** What a run was about, for its reader: a run that checked nothing must be visible. */
export interface Figures {
  readonly due: number;
  readonly sent: number;
  readonly skipped: number;
  /** Due times that the ledger has not; that it has more than once. */
  readonly lost: number;
  readonly doubled: number;
  readonly runs: number;
  readonly ids: number;
  readonly terms: number;
  readonly fenced: number;
  readonly moved: number;
  /** Ends that came too late and were refused. */
  readonly refusedEnds: number;
}

export interface Verdict {
  readonly broken: readonly string[];
  readonly figures: Figures;
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

/** The ledgers of all entries, in order of due. */
export async function readLedgers(
  store: Store,
  expectations: readonly Expectation[],
): Promise<Map<string, LedgerRecord[]>> {
  const ledgers = new Map<string, LedgerRecord[]>();
  for (const { entry } of expectations)
    ledgers.set(entry, await store.ledger.rows(entry, { limit: LEDGER_PAGE, keep: "oldest" }));
  return ledgers;
}

/** To be asked after the drain. */
export async function judge(
  store: Store,
  expectations: readonly Expectation[],
  log: readonly LogLine[],
  options: CheckOptions = {},
): Promise<Verdict> {
  const ledgers = await readLedgers(store, expectations);
  const dispatch = await checkDispatch(store, expectations, ledgers);
  const rows = [...ledgers.values()].flat();
  const broken = [
    ...dispatch.broken,
    ...checkTerms(rows, log),
    ...checkRuns(rows, log, options),
    ...checkEnds(log, options),
    ...(await checkLeftOvers(store, expectations)),
  ];
  const runs = linesOf(log, "run");
  const refused = linesOf(log, "refused");
  const sent = rows.filter((row) => row.kind === "row" && row.fate === "sent").length;
  const due = rows.reduce((sum, row) => sum + (row.kind === "row" ? 1 : row.count), 0);
  return {
    broken,
    figures: {
      ...{ due, sent, skipped: due - sent, lost: dispatch.lost, doubled: dispatch.doubled },
      ...{ runs: runs.length, ids: new Set(runs.map(({ id }) => id)).size },
      terms: linesOf(log, "term").length,
      fenced: refused.filter(({ outcome }) => outcome === "fenced").length,
      moved: refused.filter(({ outcome }) => outcome === "moved").length,
      refusedEnds: linesOf(log, "settle").filter(({ outcome }) => outcome === "lost").length,
    },
  };
}

async function checkDispatch(
  store: Store,
  expectations: readonly Expectation[],
  ledgers: ReadonlyMap<string, readonly LedgerRecord[]>,
): Promise<{ readonly broken: string[]; readonly lost: number; readonly doubled: number }> {
  const broken: string[] = [];
  let [lost, doubled] = [0, 0];
  const snapshots = await store.entries.get(expectations.map(({ entry }) => entry));
  expectations.forEach(({ entry, schedule }, index) => {
    const ledger = ledgers.get(entry) ?? [];
    const [first] = ledger;
    const cursor = snapshots[index]?.cursor;
    if (!first || !cursor) return broken.push(`${entry}: nothing in the ledger, or no cursor`);
    const seen = accountedFor(ledger, schedule);
    for (const due of dueTimes(schedule, first.kind === "row" ? first.due : first.from, cursor.due)) {
      const times = seen.get(due) ?? 0;
      seen.delete(due);
      if (times === 1) continue;
      if (times === 0) lost++;
      else doubled++;
      broken.push(`D1: ${entry} due ${iso(due)} is in the ledger ${times} times`);
    }
    for (const due of seen.keys())
      broken.push(`D1: ${entry} has ${iso(due)} in the ledger, which was never due`);
    return undefined;
  });
  return { broken, lost, doubled };
}

function checkTerms(rows: readonly LedgerRecord[], log: readonly LogLine[]): string[] {
  const terms = linesOf(log, "term").sort((a, b) => a.from - b.from);
  const ends = new Map(terms.map(({ term }, index) => [term, terms[index + 1]?.from ?? Infinity]));
  return rows
    .filter(({ term, at }) => term !== null && at >= (ends.get(term) ?? Infinity))
    .map(({ term, at, entry }) => `T: term ${term} wrote ${entry} at ${iso(at)}, when another had begun`);
}

function checkRuns(
  rows: readonly LedgerRecord[],
  log: readonly LogLine[],
  { rolledBack = false }: CheckOptions,
): string[] {
  const runs = linesOf(log, "run");
  const ran = new Set(runs.map(({ id }) => id));
  const sent = new Map<string, string>();
  for (const row of rows) {
    if (row.kind === "row" && row.fate === "sent") sent.set(row.taskId ?? "", `${row.entry} ${row.due}`);
  }
  const never = [...sent.keys()].filter((id) => !ran.has(id));
  const unsent = new Set(
    (rolledBack ? [] : runs)
      .filter(({ id, entry, due }) => entry !== null && sent.get(id) !== `${entry} ${due}`)
      .map(({ id }) => id),
  );
  return [
    ...never.map((id) => `E1: ${id} was sent and never ran`),
    ...[...unsent].map((id) => `E1: ${id} ran and the ledger does not say that it was sent`),
  ];
}

/** E2 alone. */
export function checkEnds(log: readonly LogLine[], { rolledBack = false }: CheckOptions = {}): string[] {
  if (rolledBack) return [];
  const numbers = new Map<string, number>();
  const newest = new Map<string, number>();
  for (const { id, token, number } of linesOf(log, "claim")) {
    numbers.set(token, number);
    newest.set(id, Math.max(newest.get(id) ?? 0, number));
  }
  const broken: string[] = [];
  const ended = new Set<string>();
  for (const { id, token, how, outcome } of linesOf(log, "settle")) {
    if (outcome === "lost" || how === "retry" || how === "defer") continue;
    if (ended.has(id)) broken.push(`E2: the end of ${id} was accepted twice`);
    ended.add(id);
    const number = numbers.get(token);
    if (number !== undefined && number < (newest.get(id) ?? 0))
      broken.push(
        `E2: the end of ${id} was accepted from delivery ${number} after delivery ${newest.get(id)}`,
      );
  }
  return broken;
}

async function checkLeftOvers(store: Store, expectations: readonly Expectation[]): Promise<string[]> {
  const broken: string[] = [];
  for (const counts of await store.queues.counts()) {
    if (counts.ready + counts.scheduled + counts.leased + counts.dead > 0)
      broken.push(`after the drain queue ${counts.queue} still holds ${JSON.stringify(counts)}`);
  }
  for (const snapshot of await store.entries.get(expectations.map(({ entry }) => entry))) {
    if (snapshot && (snapshot.unfinished > 0 || snapshot.buffered))
      broken.push(`after the drain ${snapshot.name} has ${snapshot.unfinished} unfinished runs`);
  }
  return broken;
}

const iso = (instant: EpochMs): string => new Date(instant).toISOString();
