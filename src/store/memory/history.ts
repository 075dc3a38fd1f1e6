import type { HistoryStore, TaskRecord } from "../contracts/history.js";
import { recordFilter, recordOf, rowBelow } from "../rules/record-query.js";
import { addDeltas, putSamples, readStats, rollUpStats } from "../rules/stats.js";
import type { MemoryRecords } from "./records.js";

export function memoryHistory(records: MemoryRecords): HistoryStore {
  return {
    async records(query, budget) {
      const { taskRecords } = records.enter().state;
      const meant = recordFilter(query);
      const rows: TaskRecord[] = [];
      const below = rowBelow(query);
      let at = taskRecords.length - 1;
      if (below < Infinity) at = Math.min(at, below - (taskRecords[0]?.seq ?? 0) - 1);
      let scanned = 0;
      let last = null;
      for (; at >= 0 && scanned < budget.rows && rows.length < query.limit; at--) {
        const row = taskRecords[at]!;
        last = row;
        if (row.at < (query.after ?? -Infinity)) break;
        scanned++;
        const record = meant(row);
        if (record) rows.push(record);
      }
      const isOver = at < 0 || (last !== null && last.at < (query.after ?? -Infinity));
      return { rows, next: isOver ? null : String(last?.seq ?? below), scanned, reached: last?.at ?? null };
    },

    async recordsOf(id) {
      const { taskRecords } = records.enter().state;
      return taskRecords.filter((row) => row.id === id).map(recordOf);
    },

    async runsOf(entry, { after = -Infinity, before = Infinity, limit }) {
      const { taskRecords } = records.enter().state;
      const isMeant = (row: { entry: string | null; at: number }): boolean =>
        row.entry === entry && row.at >= after && row.at < before;
      return taskRecords.filter(isMeant).reverse().slice(0, limit).map(recordOf);
    },

    async seal() {
      records.enter();
      return 0;
    },

    async trimRecords({ maxAgeMs, maxRows }, limit) {
      const { state, now } = records.enter();
      const { taskRecords } = state;
      const tooMany = taskRecords.length - maxRows;
      let dropped = 0;
      while (dropped < Math.min(limit, taskRecords.length)) {
        if (dropped >= tooMany && taskRecords[dropped]!.at >= now - maxAgeMs) break;
        dropped++;
      }
      taskRecords.splice(0, dropped);
      return dropped;
    },

    async addStats(boot, number, deltas) {
      addDeltas(records.enter(), boot, number, deltas);
    },

    async sample(samples) {
      putSamples(records.enter(), samples);
    },

    async rollUp() {
      rollUpStats(records.enter());
    },

    async stats(query) {
      return readStats(records.enter(), query);
    },
  };
}
