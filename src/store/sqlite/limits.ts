import type { Limits } from "../contracts/limits.js";
import type { Backlog } from "../rules/rate-records.js";
import { controlLimit, declareLimit, lookAgain } from "../rules/limits.js";
import { type Connection, STEP_LIMIT } from "./connection.js";
import { limitsOf } from "./rate-table.js";
import type { Step } from "./step.js";

export function sqliteLimits(connection: Connection): Limits {
  const change = async (task: string, step: (step: Step) => boolean): Promise<void> => {
    if (!(await connection.write(step))) return;
    let last: Backlog | null = null;
    do {
      last = await connection.write((step) => lookAgain(step, task, STEP_LIMIT, last));
    } while (last !== null);
  };
  return {
    list: () => connection.read(limitsOf),

    async declare(limits) {
      const isKnown = await connection.read((step) =>
        limits.map(({ task, code }) => code !== null || step.rates.limitOf(task) !== null),
      );
      for (const limit of limits.filter((_, index) => isKnown[index]))
        await change(limit.task, (step) => declareLimit(step, limit));
    },

    set: (task, rate) => change(task, (step) => controlLimit(step, task, { rate })),

    reset: (task) => change(task, (step) => controlLimit(step, task, null)),
  };
}
