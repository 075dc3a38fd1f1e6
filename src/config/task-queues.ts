/** What an app says of its queues. */
import type { Duration } from "../core/duration.js";
import {
  assertKnownKeys,
  assertObject,
  booleanOption,
  choiceOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";

/** One queue of `taskQueues`. The same in every program that sends to it. */
export interface QueueOptions {
  /** Whether its turns go round among lanes, so that the messages of one do not keep those of another waiting. Default false. */
  readonly fair?: boolean | undefined;
  /** How many tasks may wait in it: ready, scheduled, and blocked by a lock or a rate. Default: no bound. */
  readonly maxLength?: number | undefined;
  /**
   * What a send does that finds it full. "refuse" (default): it throws SUNBEAT_QUEUE_FULL. "wait": it waits for room, and throws the same
   * after `timeout`.
   */
  readonly onFull?: "refuse" | "wait" | undefined;
  /** Only under "wait". Default 30 s. */
  readonly timeout?: Duration | undefined;
}

export interface QueueConfig {
  readonly fair: boolean;
  /** Null: no bound. */
  readonly maxLength: number | null;
  readonly onFull: "refuse" | "wait";
  readonly timeoutMs: number;
}

export const QUEUE_DEFAULTS = { fair: false, onFull: "refuse", timeout: 30 } as const;

const QUEUE_OPTIONS = [
  "fair",
  "maxLength",
  "onFull",
  "timeout",
] as const satisfies readonly (keyof QueueOptions)[];

/** Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN, SUNBEAT_DURATION_INVALID. */
export function taskQueues(queues: Readonly<Record<string, QueueOptions>>): ReadonlyMap<string, QueueConfig> {
  assertObject(queues, "taskQueues");
  return new Map(
    Object.entries(queues).map(([name, options]) => [
      nameOption(name, "taskQueues: name"),
      queueConfig(options, `taskQueues: ${name}`),
    ]),
  );
}

function queueConfig(options: QueueOptions, what: string): QueueConfig {
  assertKnownKeys(options, QUEUE_OPTIONS, what);
  const { fair = QUEUE_DEFAULTS.fair, maxLength, onFull, timeout } = options;
  if (onFull !== undefined && maxLength === undefined) {
    throw invalidOption(
      `${what}: onFull`,
      "maxLength beside it: a queue without a bound is never full",
      onFull,
    );
  }
  if (timeout !== undefined && onFull !== "wait") {
    throw invalidOption(`${what}: timeout`, 'onFull: "wait" beside it', timeout);
  }
  return Object.freeze({
    fair: booleanOption(fair, `${what}: fair`),
    maxLength:
      maxLength === undefined
        ? null
        : integerOption(maxLength, `${what}: maxLength`, 1, Number.MAX_SAFE_INTEGER),
    onFull: choiceOption(onFull ?? QUEUE_DEFAULTS.onFull, `${what}: onFull`, ["refuse", "wait"]),
    timeoutMs: durationOption(timeout ?? QUEUE_DEFAULTS.timeout, `${what}: timeout`, 0),
  });
}
