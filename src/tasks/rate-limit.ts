/** How often runs of a task may begin, over all workers: the options, their text, and what one run takes. */
import { type Duration, formatDuration } from "../core/duration.js";
import { ConfigurationError, messageOf } from "../core/errors.js";
import {
  assertKnownKeys,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import { quote } from "../core/quote.js";
import type { MessageRate } from "./message.js";

// `any`, so that the parameters of such a function need not be repeated as type arguments.
/* eslint-disable @typescript-eslint/no-explicit-any */
export type RateKey = (...args: any[]) => string;
export type RateWeight = number | ((...args: any[]) => number);
/* eslint-enable @typescript-eslint/no-explicit-any */

/** A rate without what only code can say. */
export interface RateOptions {
  /** So many tokens come in each `per`; more than 0, 1,000,000 at most, and at most 100,000 a second. */
  readonly limit: number;
  /** At least 1 ms. */
  readonly per: Duration;
  /** Tokens that gather while nothing runs, 1 to 10,000. Default: those of 50 ms, at least 1. */
  readonly burst?: number | undefined;
}

export interface RateLimitOptions extends RateOptions {
  /** One limit for each text that it gives, of 1 to 255 characters, from the task's arguments. Default: one for the whole task. */
  readonly key?: RateKey | undefined;
  /** Tokens that a run takes, 1 to 10,000: a number, or a function of the task's arguments. Default 1. */
  readonly weight?: RateWeight | undefined;
}

/** "100/s", "10/m", "1000/h", "50/d". */
export type RateText = string;

/** A rate after its check. */
export interface Rate {
  readonly limit: number;
  readonly perMs: number;
  readonly burst: number;
}

/** `rateLimit` of a task after its check. */
export interface TaskRate {
  readonly rate: Rate;
  /** Null: one bucket for the whole task. */
  readonly key: RateKey | null;
  readonly weight: RateWeight;
}

const RATE_KEYS = ["limit", "per", "burst"] as const satisfies readonly (keyof RateOptions)[];
const RATE_LIMIT_KEYS = [
  ...RATE_KEYS,
  "key",
  "weight",
] as const satisfies readonly (keyof RateLimitOptions)[];

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const RATE_TEXT = /^(\d{1,9}(?:\.\d{1,6})?)\/([smhd])$/;

const MOST_LIMIT = 1_000_000;
/** Between two tokens: what an instant in ms can tell apart, and what adds to one. */
const SHORTEST_INTERVAL_MS = 0.01;
const LONGEST_INTERVAL_MS = 366 * 86_400_000;
const MOST_TOKENS = 10_000;
const DEFAULT_BURST_MS = 50;

const EXPECTED_TEXT = '"100/s", "10/m", "1000/h" or "50/d"';

/** A rate by its text or its options. Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN, SUNBEAT_DURATION_INVALID. */
export function resolveRate(rate: RateText | RateOptions, what: string): Rate {
  if (typeof rate === "string") return rateOfText(rate, what);
  if (typeof rate !== "object" || rate === null || Array.isArray(rate)) {
    throw invalidOption(what, `a rate such as ${EXPECTED_TEXT}, or { limit, per, burst }`, rate);
  }
  assertKnownKeys(rate, RATE_KEYS, what);
  return rateOf(rate.limit, durationOption(rate.per, `${what}.per`, 1), rate.burst, rate, what);
}

/** `rateLimit` of a task. Codes as of `resolveRate`. */
export function resolveTaskRate(limit: RateText | RateLimitOptions, what: string): TaskRate {
  if (typeof limit !== "object" || limit === null || Array.isArray(limit)) {
    return { rate: resolveRate(limit, what), key: null, weight: 1 };
  }
  assertKnownKeys(limit, RATE_LIMIT_KEYS, what);
  const { key, weight, ...rate } = limit;
  if (key !== undefined && typeof key !== "function") {
    throw invalidOption(`${what}.key`, "a function of the task's arguments that gives text", key);
  }
  return {
    rate: resolveRate(rate, what),
    key: key ?? null,
    weight:
      weight === undefined || typeof weight === "function"
        ? (weight ?? 1)
        : weightOption(weight, `${what}.weight`),
  };
}

function rateOfText(text: string, what: string): Rate {
  const [, limit, unit] = RATE_TEXT.exec(text) ?? [];
  if (limit === undefined) throw invalidOption(what, `a rate such as ${EXPECTED_TEXT}`, text);
  return rateOf(Number(limit), UNIT_MS[unit as keyof typeof UNIT_MS], undefined, text, what);
}

function rateOf(
  limit: number,
  perMs: number,
  burst: number | undefined,
  given: RateText | RateOptions,
  what: string,
): Rate {
  const isNumber = typeof limit === "number" && Number.isFinite(limit);
  if (!isNumber || limit <= 0 || limit > MOST_LIMIT) {
    throw invalidOption(what, `a limit above 0 and at most ${MOST_LIMIT}, such as ${EXPECTED_TEXT}`, given);
  }
  const intervalMs = perMs / limit;
  if (intervalMs < SHORTEST_INTERVAL_MS) throw invalidOption(what, "at most 100000 a second", given);
  if (intervalMs > LONGEST_INTERVAL_MS) throw invalidOption(what, "at least one in 366 days", given);
  return {
    limit,
    perMs,
    burst:
      burst === undefined
        ? Math.max(1, Math.floor(DEFAULT_BURST_MS / intervalMs))
        : integerOption(burst, `${what}.burst`, 1, MOST_TOKENS),
  };
}

function weightOption(weight: unknown, what: string): number {
  return integerOption(weight, what, 1, MOST_TOKENS);
}

/** As it is written: "100/s", and the burst where it is not the default. */
export function formatRate(rate: Rate): string {
  const unit = Object.entries(UNIT_MS).find(([, ms]) => ms === rate.perMs)?.[0];
  const text = `${rate.limit}/${unit ?? formatDuration(rate.perMs)}`;
  const isDefault = rateOf(rate.limit, rate.perMs, undefined, text, "rate").burst === rate.burst;
  return isDefault ? text : `${text}, burst ${rate.burst}`;
}

/** Whether runs take their tokens as their arguments say, so that the message must tell. */
export function isRatedByMessage({ key, weight }: Pick<TaskRate, "key" | "weight">): boolean {
  return key !== null || weight !== 1;
}

/** What a run with these arguments takes, and from which bucket. Throws SUNBEAT_OPTION_INVALID when a function fails. */
export function rateFor({ key, weight }: TaskRate, args: readonly unknown[], task: string): MessageRate {
  const at = `task ${task}: rateLimit`;
  return {
    key: key === null ? null : nameOption(called(key, args, `${at}.key`), `${at}.key`),
    weight:
      typeof weight === "function"
        ? weightOption(called(weight, args, `${at}.weight`), `${at}.weight`)
        : weight,
  };
}

function called(fn: (...args: unknown[]) => unknown, args: readonly unknown[], what: string): unknown {
  try {
    return fn(...args);
  } catch (cause) {
    const message = `${what}: its function threw ${quote(messageOf(cause))} for the arguments of a run`;
    throw new ConfigurationError("SUNBEAT_OPTION_INVALID", message, { cause });
  }
}
