/** Flags of a worker about its pools, as Celery has them. */
import type { Command } from "commander";
import type { WorkerPoolOptions } from "../app/worker-pools.js";
import { MOST_CONCURRENCY, type PoolOption, poolsOption } from "../config/index.js";
import { quote } from "../core/quote.js";
import { readDuration } from "./local-time.js";
import { fromCommandLine, usageError, wholeNumber } from "./usage.js";

export interface PoolFlags {
  readonly pool?: readonly PoolOption[];
  readonly concurrency?: readonly number[];
  readonly autoscale?: string;
  readonly maxTasksPerChild?: number;
  /** kB. */
  readonly maxMemoryPerChild?: number;
  /** Seconds. */
  readonly timeLimit?: number;
  /** Seconds. */
  readonly softTimeLimit?: number;
}

export function addPoolFlags(command: Command): Command {
  return command
    .option(
      "-P, --pool <names>",
      "what runs the tasks: async, threads, processes (also prefork) or solo; several with commas between",
      readPools,
    )
    .option(
      "-c, --concurrency <n>",
      "tasks that run at once; of several pools, numbers with commas between",
      readSizes,
    )
    .option("--autoscale <max,min>", "as many at once as there is work for, between these bounds")
    .option(
      "--max-tasks-per-child <n>",
      "replace a child of threads or processes after so many tasks",
      wholeNumber("--max-tasks-per-child", 1, 1e15 - 1),
    )
    .option(
      "--max-memory-per-child <kB>",
      "replace a child of processes that has more memory after a task; in kB, as Celery has it",
      wholeNumber("--max-memory-per-child", 1, 1e12),
    )
    .option(
      "--time-limit <duration>",
      "fail tasks after so long that set no limit themselves; a bare number is seconds",
      seconds("--time-limit"),
    )
    .option(
      "--soft-time-limit <duration>",
      "abort the signal of such tasks after so long",
      seconds("--soft-time-limit"),
    );
}

/** The same as options of `app.worker`. */
export function poolOptions(flags: PoolFlags): WorkerPoolOptions {
  const { maxMemoryPerChild, pool, concurrency, autoscale, maxTasksPerChild, timeLimit, softTimeLimit } =
    flags;
  return {
    ...{ pool, concurrency, autoscale, maxTasksPerChild, timeLimit, softTimeLimit },
    ...(maxMemoryPerChild !== undefined && { maxMemoryPerChild: maxMemoryPerChild * 1_024 }),
  };
}

function readPools(text: string): readonly PoolOption[] {
  const names = text.split(",").map((name) => name.trim());
  return fromCommandLine(() => poolsOption(names, "--pool"));
}

function readSizes(text: string): number[] {
  const sizes = text.split(",").map((size) => (/^\s*\d{1,15}\s*$/.test(size) ? Number(size) : NaN));
  if (sizes.every((size) => size >= 1 && size <= MOST_CONCURRENCY)) return sizes;
  throw usageError(
    `--concurrency: expected a whole number from 1 to ${MOST_CONCURRENCY}, or one for each pool with commas between, ` +
      `got ${quote(text)}`,
  );
}

function seconds(option: string): (text: string) => number {
  return (text) => readDuration(option, text) / 1_000;
}
