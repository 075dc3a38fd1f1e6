import type { Graphs } from "../contracts/graphs.js";
import { openPortion } from "../rules/graph-open.js";
import { graphRecord, knownGraph, outputs, partRecords } from "../rules/graph-told.js";
import { cancelGraph, forgetGraph, resumeGraph, saveGraph } from "../rules/graph-verbs.js";
import type { MemoryRecords } from "./records.js";

export function memoryGraphs(records: MemoryRecords): Graphs {
  const { graphs } = records;
  return {
    async open(portion) {
      return openPortion(records.enter(), portion);
    },

    async get(ids) {
      records.enter();
      return ids.map((id) => {
        const graph = knownGraph(records, id);
        return graph && graphRecord(records, graph);
      });
    },

    async parts(id, page) {
      return partRecords(records.enter(), id, page);
    },

    async list({ after, limit }) {
      records.enter();
      const newest = [...graphs.all()].reverse();
      const begin = newest.findIndex(({ id }) => id === after) + 1;
      return newest
        .slice(begin)
        .filter(({ id }) => knownGraph(records, id))
        .slice(0, limit)
        .map((graph) => graphRecord(records, graph));
    },

    async outputs(ids) {
      return outputs(records.enter(), ids);
    },

    async added(id, list) {
      return graphs.values(knownGraph(records.enter(), id)?.id ?? "", list).slice();
    },

    async cancel(id, { terminate }) {
      return cancelGraph(records.enter(), id, terminate);
    },

    async resume(id) {
      return resumeGraph(records.enter(), id);
    },

    async save(id, name) {
      return saveGraph(records.enter(), id, name);
    },

    async forget(id) {
      forgetGraph(records.enter(), id);
    },
  };
}
