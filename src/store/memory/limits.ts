import type { Limits } from "../contracts/limits.js";
import { controlLimit, declareLimit, lookAgain } from "../rules/limits.js";
import type { MemoryRecords } from "./records.js";

export function memoryLimits(records: MemoryRecords): Limits {
  const { state } = records;
  const change = (task: string, isChanged: boolean): void => {
    if (isChanged) lookAgain(records, task, Infinity, null);
  };
  return {
    async list() {
      records.enter();
      return [...state.limits.values()].sort((a, b) => (a.task < b.task ? -1 : 1));
    },

    async declare(limits) {
      records.enter();
      for (const limit of limits) change(limit.task, declareLimit(records, limit));
    },

    async set(task, rate) {
      change(task, controlLimit(records.enter(), task, { rate }));
    },

    async reset(task) {
      change(task, controlLimit(records.enter(), task, null));
    },
  };
}
