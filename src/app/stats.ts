/** `app.stats`: what tasks did and what queues held, from the rings of the store. */
import type { Duration } from "../core/duration.js";
import { assertKnownKeys, choiceOption, durationOption, textsOption } from "../core/options.js";
import { figuresOf, type TaskFigures } from "../monitor/stats.js";
import type { StatPoint, StatStep } from "../store/contracts/history.js";
import type { Store } from "../store/contracts/store.js";

export interface StatsOptions {
  /** How far back. Default 1 hour; minutes reach back 2 hours, "10min" a day, "hour" 14 days. */
  readonly last?: Duration | undefined;
  /** Default "minute". */
  readonly step?: StatStep | undefined;
  /** Of tasks and queues. Default: all. */
  readonly names?: readonly string[] | undefined;
}

export interface Stats {
  readonly points: readonly StatPoint[];
  /** Over all of them. Counted by nodes: a crash loses at most 30 s. Percentiles are upper bounds of buckets. */
  readonly tasks: readonly TaskFigures[];
}

const STEPS = ["minute", "10min", "hour"] as const;

/** Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID. */
export async function readStats(
  store: Pick<Store, "history" | "now">,
  options: StatsOptions,
): Promise<Stats> {
  assertKnownKeys(options, ["last", "step", "names"], "stats");
  const { last = "1h", step = "minute", names } = options;
  const now = await store.now();
  const points = await store.history.stats({
    from: now - durationOption(last, "stats: last", 1_000),
    to: now + 1,
    step: choiceOption(step, "stats: step", STEPS),
    ...(names !== undefined && { names: textsOption(names, "stats: names") }),
  });
  return { points, tasks: figuresOf(points) };
}
