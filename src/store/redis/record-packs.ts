/**
 * Packs of records: some thousand lines, deflated, behind a header by which readers skip those that cannot have what they look for. A
 * header is JSON, `rows` and `to` first (history-trim.lua); a list is null where it would be long.
 */
import { promisify } from "node:util";
import type { EpochMs } from "../../core/clock.js";
import { isGlob, namePattern } from "../../core/glob.js";
import type { RecordQuery } from "../contracts/history.js";
import { idFilter, isInFilter } from "../rules/id-filter.js";
import { recordOf, type RecordRow } from "../rules/record-query.js";

/** One message of the stream. */
export interface Message {
  /** Of its first record. */
  readonly seq: number;
  readonly at: EpochMs;
  readonly lines: readonly string[];
}

export interface PackHeader {
  readonly rows: number;
  /** Instants of the newest and of the oldest. */
  readonly to: EpochMs;
  readonly from: EpochMs;
  readonly tasks: readonly string[] | null;
  readonly states: readonly string[] | null;
  readonly queues: readonly string[] | null;
  readonly entries: readonly string[] | null;
  readonly workers: readonly string[] | null;
  /** Bits of the ids, base64. */
  readonly ids: string;
}

export interface Pack {
  readonly header: string;
  readonly body: string;
}

/** Values that a header lists of one kind. */
const MOST_LISTED = 50;

/** `read`: a line without what is counted elsewhere. */
export async function packOf(
  messages: readonly Message[],
  read: (line: string) => Pick<RecordRow, "id" | "note">,
): Promise<Pack> {
  const { deflateRaw } = await import("node:zlib");
  const texts: string[] = [];
  const rows: RecordRow[] = [];
  for (const { seq, at, lines } of messages) {
    lines.forEach((line, index) => {
      texts.push(`${at}\t${line}`);
      rows.push({ seq: seq + index, at, ...read(line) });
    });
  }
  const body = await promisify(deflateRaw)(texts.join("\n"));
  return { header: JSON.stringify(headerOf(rows)), body: body.toString("base64") };
}

function headerOf(rows: readonly RecordRow[]): PackHeader {
  const records = rows.map(recordOf);
  const listed = (values: readonly (string | null)[]): string[] | null => {
    const all = [...new Set(values)].filter((value) => value !== null);
    return all.length > MOST_LISTED ? null : all;
  };
  const ats = rows.map(({ at }) => at);
  return {
    ...{ rows: rows.length, to: Math.max(...ats), from: Math.min(...ats) },
    ...{ tasks: listed(records.map(({ task }) => task)), states: listed(records.map(({ state }) => state)) },
    ...{
      queues: listed(records.map(({ queue }) => queue)),
      entries: listed(records.map(({ entry }) => entry)),
    },
    workers: listed(records.map(({ worker }) => worker)),
    ids: idFilter(rows.map(({ id }) => id)),
  };
}

export function mayHaveId({ ids }: PackHeader, id: string): boolean {
  return isInFilter(ids, id);
}

/** Whether a pack may have records that are meant. Beginnings of ids are not looked for, whole ones are. */
export function mayHold(header: PackHeader, query: RecordQuery): boolean {
  const { after = -Infinity, before = Infinity } = query;
  if (header.to < after || header.from >= before) return false;
  const anyListed = (list: readonly string[] | null, globs: readonly string[] | undefined): boolean =>
    !list ||
    !globs ||
    globs.some((glob) =>
      isGlob(glob) ? list.some((name) => namePattern(glob).test(name)) : list.includes(glob),
    );
  return (
    anyListed(header.states, query.state) &&
    anyListed(header.queues, query.queue) &&
    anyListed(header.entries, query.entry) &&
    anyListed(header.tasks, query.task) &&
    anyListed(header.workers, query.worker) &&
    (query.id?.some((id) => id.length < WHOLE_ID || mayHaveId(header, id)) ?? true)
  );
}

/** Characters of ids that we make; what is shorter may be the beginning of one. */
const WHOLE_ID = 36;

/** The lines of a pack, oldest first, each behind its instant and a tab. */
export async function linesOf(body: string): Promise<string[]> {
  if (body === "") return [];
  const { inflateRawSync } = await import("node:zlib");
  return inflateRawSync(Buffer.from(body, "base64")).toString().split("\n");
}
