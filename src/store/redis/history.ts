import type { HistoryStore, RecordPage, RecordQuery, TaskRecord } from "../contracts/history.js";
import { recordFilter, recordOf, type RecordRow, rowBelow } from "../rules/record-query.js";
import type { Caller } from "./caller.js";
import { parts } from "./messages.js";
import { readLine } from "./record-lines.js";
import { linesOf, mayHaveId, mayHold, type Message, type PackHeader, packOf } from "./record-packs.js";
import { redisStats } from "./stats.js";
import { defineScript, isDone, type WireNumber } from "./script.js";

type Flat = readonly (string | WireNumber)[];
const readScript = defineScript("history-read", ([flat, [first, last]]: [Flat, [string, string]]) => {
  return { messages: readMessages(flat), first: first === "" ? null : Number(first), last: Number(last) };
});
const oldestScript = defineScript("history-oldest", (flat: Flat) => readMessages(flat));
const sealScript = defineScript("history-seal", isDone);
const packsScript = defineScript("history-packs", (flat: Flat) => flat.map(String));
const bodiesScript = defineScript("history-bodies", (bodies: string[]) => bodies);
const trimScript = defineScript("history-trim", (dropped: WireNumber) => Number(dropped));

/** Records that stay unpacked: the newest are looked at most. */
const HOT_ROWS = 20_000;
/** Of one pack. */
const PACK_ROWS = 1_000;
/** Packs that one call reads. */
const BODIES = 4;

/** Oldest record last, as a search meets them. */
type Rows = readonly RecordRow[];

export function redisHistory(caller: Caller): HistoryStore {
  const packs = new Packs(caller);

  /** Gives rows below a number, newest first, in parts; `isWanted` says which packs are worth reading. */
  async function* partsBelow(
    below: number,
    budget: number,
    isWanted: (header: PackHeader) => boolean,
  ): AsyncGenerator<{ rows: Rows; below: number; isLast: boolean }> {
    let at = below;
    for (;;) {
      const args = { below: at === Infinity ? "" : at, rows: budget };
      const { messages, first, last } = await caller.call(readScript, args);
      if (messages.length === 0) break;
      at = messages.at(-1)!.seq;
      yield { rows: rowsOf(messages, below), below: at, isLast: false };
      if (first === null || at <= first || last === 0) break;
    }
    const wanted = (await packs.below(at)).reverse();
    let skipped = at;
    for (let index = 0; index < wanted.length;) {
      const some: number[] = [];
      for (; index < wanted.length && some.length < BODIES; index++) {
        const [seq, header] = wanted[index]!;
        if (isWanted(header)) some.push(seq);
        skipped = seq;
      }
      const rows = await packs.rows(some, below);
      yield { rows, below: skipped, isLast: index >= wanted.length };
    }
  }

  const all = async (below: number, isWanted: (header: PackHeader) => boolean): Promise<RecordRow[]> => {
    const found: RecordRow[] = [];
    for await (const { rows } of partsBelow(below, HOT_ROWS, isWanted)) found.push(...rows);
    return found;
  };

  return {
    async records(query: RecordQuery, budget): Promise<RecordPage> {
      const meant = recordFilter(query);
      const rows: TaskRecord[] = [];
      let [scanned, reached, below]: [number, number | null, number] = [0, null, rowBelow(query)];
      const { after = -Infinity } = query;
      const parts = partsBelow(below, Math.min(budget.rows, 2_000), (header) => mayHold(header, query));
      for await (const part of parts) {
        for (const row of part.rows) {
          reached = row.at;
          if (row.at < after) return { rows, next: null, scanned, reached };
          scanned++;
          const record = meant(row);
          if (record && rows.push(record) >= query.limit) {
            return { rows, next: String(row.seq), scanned, reached };
          }
        }
        ({ below } = part);
        if (part.isLast) break;
        if (scanned >= budget.rows) return { rows, next: String(below), scanned, reached };
      }
      return { rows, next: null, scanned, reached };
    },

    async recordsOf(id) {
      const rows = await all(Infinity, (header) => mayHaveId(header, id));
      return rows
        .filter((row) => row.id === id)
        .reverse()
        .map(recordOf);
    },

    async runsOf(entry, { after, before, limit }) {
      const query = {
        entry: [entry],
        ...(after !== undefined && { after }),
        ...(before !== undefined && { before }),
      };
      const meant = recordFilter({ ...query, limit });
      const found: TaskRecord[] = [];
      for await (const { rows } of partsBelow(Infinity, HOT_ROWS, (header) =>
        mayHold(header, { ...query, limit }),
      )) {
        for (const row of rows) {
          const record = meant(row);
          if (record && found.push(record) >= limit) return found;
        }
      }
      return found;
    },

    async seal(limit) {
      let sealed = 0;
      while (sealed < limit) {
        const messages = await caller.call(oldestScript, { keep: HOT_ROWS, rows: PACK_ROWS });
        const [first] = messages;
        if (!first) break;
        const { header, body } = await packOf(messages, readLine);
        const last = messages.at(-1)!.seq;
        if (!(await caller.call(sealScript, { first: first.seq, behind: last + 1, header, body }))) break;
        sealed += messages.reduce((sum, { lines }) => sum + lines.length, 0);
      }
      return sealed;
    },

    trimRecords: ({ maxAgeMs, maxRows }, limit) =>
      caller.call(trimScript, { age: maxAgeMs, keep: maxRows, limit }),

    ...redisStats(caller),
  };
}

function readMessages(flat: Flat): Message[] {
  return parts(flat, 3).map(([seq, at, text]) => {
    const lines = String(text)
      .split("\n")
      .filter((line) => line !== "");
    return { seq: Number(seq), at: Number(at), lines };
  });
}

function rowsOf(messages: readonly Message[], below: number): RecordRow[] {
  const rows: RecordRow[] = [];
  for (const { seq, at, lines } of messages) {
    for (let index = lines.length - 1; index >= 0; index--) {
      if (seq + index < below) rows.push({ seq: seq + index, at, ...readLine(lines[index]!) });
    }
  }
  return rows;
}

/** Headers are read once: a pack never changes. */
class Packs {
  readonly #caller: Caller;
  readonly #headers = new Map<number, PackHeader>();

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Those with records below this number, oldest first. */
  async below(number: number): Promise<(readonly [number, PackHeader])[]> {
    let newest = [...this.#headers.keys()].at(-1) ?? null;
    for (;;) {
      const [first = "", last = "", ...found] = await this.#caller.call(packsScript, { above: newest ?? "" });
      if (newest !== null && (last === "" || Number(last) < newest)) {
        // Another store stands here now.
        this.#headers.clear();
        newest = null;
        if (last !== "") continue;
      }
      for (const seq of this.#headers.keys())
        if (first === "" || seq < Number(first)) this.#headers.delete(seq);
      for (const [seq = "", header = "{}"] of parts(found, 2)) {
        newest = Number(seq);
        this.#headers.set(newest, JSON.parse(header) as PackHeader);
      }
      if (found.length === 0) break;
    }
    return [...this.#headers].filter(([seq]) => seq < number);
  }

  /** Of these packs, in the order given, newest first in each. */
  async rows(numbers: readonly number[], below: number): Promise<RecordRow[]> {
    if (numbers.length === 0) return [];
    const rows: RecordRow[] = [];
    const bodies = await this.#caller.call(bodiesScript, {}, numbers.map(String));
    for (const [position, body] of bodies.entries()) {
      const lines = await linesOf(body);
      for (let index = lines.length - 1; index >= 0; index--) {
        const seq = numbers[position]! + index;
        if (seq >= below) continue;
        const line = lines[index]!;
        const end = line.indexOf("\t");
        rows.push({ seq, at: Number(line.slice(0, end)), ...readLine(line.slice(end + 1)) });
      }
    }
    return rows;
  }
}
