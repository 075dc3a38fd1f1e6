import type { EpochMs } from "../../core/clock.js";
import type { HistoryStore, RecordPage, RecordQuery, TaskRecord } from "../contracts/history.js";
import { idFilter, isInFilter } from "../rules/id-filter.js";
import {
  type RecordFilter,
  recordFilter,
  recordOf,
  type RecordRow,
  rowBelow,
} from "../rules/record-query.js";
import { addDeltas, putSamples, readStats, rollUpStats } from "../rules/stats.js";
import { type Connection } from "./connection.js";
import type { SqlValue } from "./driver.js";
import type { Step } from "./step.js";
import { LIMIT } from "./transaction.js";

/** Rows whose ids one filter has. */
const FILTERED = 1_000;
/** Rows that one statement gives. */
const PAGE = 500;
const COLUMNS = "seq, at, id, note";

export function sqliteHistory(connection: Connection): HistoryStore {
  return {
    records: (query, budget) => connection.read((step) => recordPage(step, query, budget.rows)),

    recordsOf: (id) => connection.read((step) => rowsOfId(step, id).map(recordOf)),

    runsOf: (entry, { after, before, limit }) =>
      connection.read((step) =>
        step
          .all<RecordRow>(
            `SELECT ${COLUMNS} FROM task_record WHERE entry = ? AND at >= ? AND at < ? ORDER BY at DESC, seq DESC ${LIMIT}`,
            ...[entry, after ?? 0, before ?? Number.MAX_SAFE_INTEGER, limit],
          )
          .map(recordOf),
      ),

    async seal(limit) {
      let sealed = 0;
      for (let done = FILTERED; done === FILTERED && sealed < limit; sealed += done) {
        done = await connection.write(addFilter);
      }
      return sealed;
    },

    trimRecords: (retention, limit) => connection.write((step) => trim(step, retention, limit)),

    addStats: (boot, number, deltas) => connection.write((step) => addDeltas(step, boot, number, deltas)),

    sample: (samples) => connection.write((step) => putSamples(step, samples)),

    rollUp: () => connection.write(rollUpStats),

    stats: (query) => connection.read((step) => readStats(step, query)),
  };
}

/** Gives 0 where there are too few rows for another. */
function addFilter(step: Step): number {
  const last = step.get<{ last: number }>(
    "SELECT last FROM task_record_ids ORDER BY first DESC LIMIT 1",
  )?.last;
  const rows = step.all<{ seq: number; id: string }>(
    `SELECT seq, id FROM task_record WHERE seq > ? ORDER BY seq ${LIMIT}`,
    ...[last ?? 0, FILTERED],
  );
  if (rows.length < FILTERED) return 0;
  step.run(
    "INSERT INTO task_record_ids (first, last, ids) VALUES (?, ?, ?)",
    ...[rows[0]!.seq, rows.at(-1)!.seq, idFilter(rows.map(({ id }) => id))],
  );
  return FILTERED;
}

/** Oldest first. */
function rowsOfId(step: Step, id: string): RecordRow[] {
  const filters = step.all<{ first: number; last: number; ids: string }>(
    "SELECT first, last, ids FROM task_record_ids ORDER BY first",
  );
  const sql = `SELECT ${COLUMNS} FROM task_record WHERE seq >= ? AND seq <= ? AND id = ? ORDER BY seq`;
  const rows = filters
    .filter(({ ids }) => isInFilter(ids, id))
    .flatMap(({ first, last }) => step.all<RecordRow>(sql, first, last, id));
  return [...rows, ...step.all<RecordRow>(sql, (filters.at(-1)?.last ?? 0) + 1, Number.MAX_SAFE_INTEGER, id)];
}

/** Numbers of rows have no gaps, but where rows were dropped: a step looks at as many numbers as it may look at rows. */
function recordPage(step: Step, query: RecordQuery, budget: number): RecordPage {
  const meant = recordFilter(query);
  if (query.id?.every(isWholeId)) return pageOfIds(step, query, meant);
  const first = step.get<{ seq: number | null }>("SELECT min(seq) AS seq FROM task_record")?.seq ?? 0;
  const newest = step.get<{ seq: number | null }>("SELECT max(seq) AS seq FROM task_record")?.seq ?? 0;
  const oldest = query.after === undefined ? first : rowsBefore(step, query.after, first, newest);
  const before = query.before === undefined ? Infinity : rowsBefore(step, query.before, first, newest);
  const top = Math.min(rowBelow(query), newest + 1, before);
  const index = indexFor(query);
  const bottom = index === "" ? Math.max(oldest, top - budget) : oldest;
  const [where, values] = coarsely(query);
  const order = index === BY_ENTRY ? "at DESC, seq DESC" : "seq DESC";
  const sql = `SELECT ${COLUMNS} FROM task_record ${index} WHERE seq < ? AND seq >= ? ${where} ORDER BY ${order} ${LIMIT}`;
  const rows: TaskRecord[] = [];
  let below = top;
  for (let looked = 0; rows.length < query.limit && below > bottom && looked < budget; looked += PAGE) {
    const found = step.all<RecordRow>(sql, below, bottom, ...values, PAGE);
    below = found.length < PAGE ? bottom : found.at(-1)!.seq;
    for (const row of found) {
      const record = meant(row);
      if (!record) continue;
      rows.push(record);
      if (rows.length < query.limit) continue;
      below = row.seq;
      break;
    }
  }
  const isOver = below <= oldest;
  const reached = step.get<{ at: number }>(
    "SELECT at FROM task_record WHERE seq >= ? ORDER BY seq LIMIT 1",
    below,
  )?.at;
  return {
    rows,
    next: isOver ? null : String(below),
    scanned: Math.max(0, top - below),
    reached: reached ?? null,
  };
}

/** Not the beginning of one: as long as those that we make. */
function isWholeId(id: string): boolean {
  return id.length >= 36;
}

function pageOfIds(step: Step, query: RecordQuery, meant: RecordFilter): RecordPage {
  const below = rowBelow(query);
  const found = [...new Set(query.id)].flatMap((id) => rowsOfId(step, id)).filter(({ seq }) => seq < below);
  found.sort((one, other) => other.seq - one.seq);
  const rows: TaskRecord[] = [];
  for (const row of found) {
    const record = meant(row);
    if (record && rows.push(record) >= query.limit) {
      return { rows, next: String(row.seq), scanned: found.length, reached: row.at };
    }
  }
  return { rows, next: null, scanned: found.length, reached: found.at(-1)?.at ?? null };
}

const BY_ENTRY = "INDEXED BY task_record_entry";
/** "": row after row. */
function indexFor({ id, entry }: RecordQuery): string {
  return entry?.length === 1 && !id ? BY_ENTRY : "";
}

/**
 * The number of the first row that is not before this instant, by halves: a store's clock seldom goes back, and then some minutes
 * more or less are looked at.
 */
function rowsBefore(step: Step, instant: EpochMs, first: number, newest: number): number {
  let [low, high] = [first, newest + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = step.get<{ seq: number; at: number }>(
      "SELECT seq, at FROM task_record WHERE seq >= ? ORDER BY seq LIMIT 1",
      middle,
    );
    if (!row || row.at >= instant) high = middle;
    else low = row.seq + 1;
  }
  return low;
}

/** What leaves out most rows that are not meant, in a statement; the filter judges the others. */
function coarsely({ id, entry, state, queue, task, text }: RecordQuery): [where: string, values: SqlValue[]] {
  const values: SqlValue[] = [];
  let where = "";
  const anyOf = (
    words: readonly string[] | undefined,
    term: string,
    of: (word: string) => SqlValue[],
  ): void => {
    if (!words) return;
    where += ` AND (${words.map(() => term).join(" OR ") || "0"})`;
    for (const word of words) values.push(...of(word));
  };
  anyOf(id, "(id >= ? AND id < ?)", (word) => [word, `${word}\u{10ffff}`]);
  anyOf(entry, "entry = ?", (word) => [word]);
  anyOf(state, "instr(note, ?)", (word) => [`\t${word}\t`]);
  anyOf(queue, "instr(note, ?)", (word) => [`\t${word}\t`]);
  // Braces and brackets are not what they are in SQLite.
  if (task?.every((glob) => !/[[\]{}]/.test(glob))) anyOf(task, "note GLOB ?", (glob) => [`${glob}\t*`]);
  if (text !== undefined && /^[ -~]*$/.test(text)) {
    where += " AND (note LIKE ? ESCAPE '\\' OR id LIKE ? ESCAPE '\\')";
    const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
    values.push(pattern, pattern);
  }
  return [where, values];
}

function trim(
  step: Step,
  { maxAgeMs, maxRows }: { readonly maxAgeMs: number; readonly maxRows: number },
  limit: number,
): number {
  const bounds = step.get<{ first: number | null; newest: number | null }>(
    "SELECT min(seq) AS first, max(seq) AS newest FROM task_record",
  );
  const { first = null, newest = null } = bounds ?? {};
  if (first === null || newest === null) return 0;
  const kept = Math.max(newest + 1 - maxRows, rowsBefore(step, step.now - maxAgeMs, first, newest));
  const below = Math.min(kept, first + limit);
  step.run("DELETE FROM task_record_ids WHERE last < ?", below);
  return step.run("DELETE FROM task_record WHERE seq < ?", below);
}
