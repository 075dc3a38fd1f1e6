import type { Graphs } from "../contracts/graphs.js";
import { openPortion } from "../rules/graph-open.js";
import { graphRecord, knownGraph, outputs, partRecords } from "../rules/graph-told.js";
import { cancelGraph, forgetGraph, resumeGraph, saveGraph } from "../rules/graph-verbs.js";
import type { Connection } from "./connection.js";
import { LIMIT } from "./transaction.js";
import type { Step } from "./step.js";

export function sqliteGraphs(connection: Connection): Graphs {
  return {
    open: (portion) => connection.write((step) => openPortion(step, portion)),

    get: (ids) => connection.read((step) => ids.map((id) => told(step, id))),

    parts: (id, page) => connection.read((step) => partRecords(step, id, page)),

    list: ({ after, limit }) =>
      connection.read((step) => {
        const sql = `SELECT id FROM graph WHERE forgotten = 0 AND (until IS NULL OR until > ?)
          AND seq < coalesce((SELECT seq FROM graph WHERE id = ?), ${Number.MAX_SAFE_INTEGER}) ORDER BY seq DESC ${LIMIT}`;
        const rows = step.all<{ id: string }>(sql, step.now, after ?? null, limit);
        return rows.flatMap(({ id }) => told(step, id) ?? []);
      }),

    outputs: (ids) => connection.read((step) => outputs(step, ids)),

    added: (id, list) =>
      connection.read((step) => {
        const sql = "SELECT value FROM part_added WHERE graph = ? AND list = ? ORDER BY at";
        if (!knownGraph(step, id)) return [];
        return step.all<{ value: string }>(sql, id, list).map(({ value }) => value);
      }),

    cancel: (id, { terminate }) => connection.write((step) => cancelGraph(step, id, terminate)),

    resume: (id) => connection.write((step) => resumeGraph(step, id)),

    save: (id, name) => connection.write((step) => saveGraph(step, id, name)),

    forget: (id) => connection.write((step) => forgetGraph(step, id)),
  };
}

function told(step: Step, id: string): ReturnType<typeof graphRecord> | null {
  const graph = knownGraph(step, id);
  return graph && graphRecord(step, graph);
}
