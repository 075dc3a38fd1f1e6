/** Options about pools, which an app has for all of its workers, and each worker for itself. */
import { integerOption, invalidOption } from "../core/options.js";
import { type PoolName, poolNameOption } from "../tasks/pool-name.js";
import { MOST_CONCURRENCY } from "./options.js";

/** Code of all: SUNBEAT_OPTION_INVALID. */
export function poolsOption(value: unknown, what: string): readonly PoolName[] {
  const names = listOf(value).map((name) => poolNameOption(name, what));
  if (names.length > 0 && new Set(names).size === names.length) return Object.freeze(names);
  throw invalidOption(what, "a pool, or a list of pools without doubles", value);
}

/** Slots of each pool, in the order of the pools. */
export function concurrencyOption(value: unknown, what: string): readonly number[] {
  const sizes = listOf(value).map((size) => integerOption(size, what, 1, MOST_CONCURRENCY));
  if (sizes.length > 0) return Object.freeze(sizes);
  throw invalidOption(what, "a whole number, or a list of them, one for each pool", value);
}

export function autoscaleOption(
  value: unknown,
  what: string,
): { readonly max: number; readonly min: number } {
  const bounds = typeof value === "string" ? boundsIn(value) : value;
  if (typeof bounds === "object" && bounds !== null && "max" in bounds && "min" in bounds) {
    const { max, min } = bounds;
    if (isSize(max) && isSize(min) && min <= max) return Object.freeze({ max, min });
  }
  throw invalidOption(
    what,
    `"max,min" or { max, min }, whole numbers from 1 to ${MOST_CONCURRENCY}, min not above max`,
    value,
  );
}

const BYTES: Readonly<Record<string, number>> = {
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Bytes as a number, or as text with a unit. */
export function bytesOption(value: unknown, what: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([kmg]i?b)$/i.exec(String(value)) ?? [];
  const bytes = unit === undefined ? value : Math.round(Number(amount) * BYTES[unit.toLowerCase()]!);
  if (typeof bytes === "number" && Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw invalidOption(what, 'a number of bytes, or text such as "200MB" or "512MiB"', value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function boundsIn(text: string): unknown {
  const [, max, min] = /^\s*(\d+)\s*,\s*(\d+)\s*$/.exec(text) ?? [];
  return max === undefined ? null : { max: Number(max), min: Number(min) };
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_CONCURRENCY;
}
