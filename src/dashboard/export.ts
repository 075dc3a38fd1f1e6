/** Lists as files, written as they are read. */
import type { AppCore } from "../app/index.js";
import { choice, optional, text, type ValuesOf } from "./fields.js";
import type { Call } from "./route.js";
import { jsonText, SECURITY } from "./reply.js";
import { shownRow } from "./task-page.js";

export const EXPORTS = ["tasks", "schedules", "audit", "dead"] as const;
export type ExportKind = (typeof EXPORTS)[number];
export const FORMATS = ["csv", "ndjson"] as const;
export type ExportFormat = (typeof FORMATS)[number];

/** `q`: words of a search of tasks, part of the name of an entry, or the queue of dead letters. `by` and `target`: of the audit. */
export const EXPORT_QUERY = {
  kind: choice(EXPORTS),
  q: optional(text(2_000)),
  by: optional(text()),
  target: optional(text()),
};
export type ExportWanted = ValuesOf<typeof EXPORT_QUERY>;

type Row = Readonly<Record<string, unknown>>;

const MOST_ROWS = 100_000;
const PAGE = 500;
/** In order; of `ndjson` rows have all fields. */
const COLUMNS: Readonly<Record<ExportKind, readonly string[]>> = {
  tasks: [
    ...["at", "id", "task", "queue", "state", "attempt", "deliveries", "worker", "entry", "due"],
    ...["waitMs", "runMs", "reason", "root", "error", "args"],
  ],
  schedules: [
    "name",
    "task",
    "owner",
    "description",
    "nextDue",
    "lastScheduledFor",
    "pausedAt",
    "disabled",
    "runs",
  ],
  audit: ["at", "by", "via", "from", "verb", "target", "args", "outcome"],
  dead: ["at", "id", "task", "queue", "reason"],
};

export function exportReply(
  call: Pick<Call, "core" | "access" | "settings">,
  wanted: ExportWanted,
  format: ExportFormat,
): Response {
  const { kind } = wanted;
  const rows = rowsOf(call, wanted);
  const write = format === "csv" ? csvOf(COLUMNS[kind], rows) : linesOf(rows);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    pull: async (stream) => {
      const step = await write.next();
      if (step.done === true) stream.close();
      else stream.enqueue(encoder.encode(step.value));
    },
    cancel: () => void write.return(undefined),
  });
  const type = format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson";
  const headers = { "content-type": type, "cache-control": "no-store", ...SECURITY };
  return new Response(body, {
    headers: { ...headers, "content-disposition": `attachment; filename="${kind}.${format}"` },
  });
}

async function* rowsOf(call: Parameters<typeof exportReply>[0], wanted: ExportWanted): AsyncGenerator<Row[]> {
  let left = MOST_ROWS;
  for await (const page of pagesOf(call, wanted)) {
    yield page.slice(0, left);
    left -= page.length;
    if (left <= 0) return;
  }
}

async function* pagesOf(
  call: Parameters<typeof exportReply>[0],
  { kind, q = "", by, target }: ExportWanted,
): AsyncGenerator<Row[]> {
  const { core } = call;
  switch (kind) {
    case "tasks":
      for (let cursor: string | undefined; ;) {
        const page = await core.tasks.search(q, { cursor, limit: PAGE });
        yield page.rows.map((row) => ({ ...shownRow(call, row) }));
        if (page.next === null) return;
        cursor = page.next;
      }
    case "schedules":
      yield* schedulesOf(core, q);
      return;
    case "audit":
      for (let before: string | undefined; ;) {
        const rows = await core.audit.list({ limit: PAGE, before, by, target });
        yield rows.map((row) => ({ ...row, at: new Date(row.at) }));
        if (rows.length < PAGE) return;
        before = rows.at(-1)!.id;
      }
    case "dead":
      for (let after: string | undefined; ;) {
        const queue = q === "" ? undefined : q;
        const { letters, next } = await core.dead.list({ queue, after, limit: PAGE });
        yield letters.map(({ body: _, ...row }) => row);
        if (next === null) return;
        after = next;
      }
  }
}

async function* schedulesOf({ schedules }: AppCore, q: string): AsyncGenerator<Row[]> {
  for (let after: string | undefined; ;) {
    const page = await schedules.list({ after, limit: PAGE });
    yield page
      .filter(({ name, task }) => `${name}\n${task}`.includes(q))
      .map(({ schedule: _, ...view }): Row => ({ ...view }));
    if (page.length < PAGE) return;
    after = page.at(-1)!.name;
  }
}

/** RFC 4180. */
async function* csvOf(columns: readonly string[], pages: AsyncGenerator<Row[]>): AsyncGenerator<string> {
  yield `${columns.join(",")}\r\n`;
  for await (const rows of pages) {
    yield rows.map((row) => `${columns.map((column) => cellOf(row[column])).join(",")}\r\n`).join("");
  }
}

async function* linesOf(pages: AsyncGenerator<Row[]>): AsyncGenerator<string> {
  for await (const rows of pages) yield rows.map((row) => `${jsonText(row)}\n`).join("");
}

/** What a spreadsheet would take for a formula is text. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text =
    value instanceof Date ? value.toISOString() : typeof value === "string" ? value : jsonText(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
