/** Checks of one option each: the value as it is used inside, or a typed error that names the option. */
import { type Duration, durationMs, formatDuration } from "./duration.js";
import { ConfigurationError } from "./errors.js";
import { didYouMean } from "./nearest.js";
import { isPrintable } from "./printable.js";
import { quote } from "./quote.js";

/** Durations and waits are bounded so that adding one to an instant stays an exact number. */
export const LONGEST_DURATION_MS = 100 * 365.25 * 86_400_000;

export function invalidOption(what: string, expected: string, value: unknown): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_OPTION_INVALID",
    `${what}: expected ${expected}, got ${quote(value)}`,
    {
      details: { option: what, value: quote(value) },
    },
  );
}

/** An object, whatever its keys are. Code: SUNBEAT_OPTION_INVALID. */
export function assertObject(value: unknown, what: string): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidOption(what, "an object", value);
  }
}

/** A plain object whose keys are all known. Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN. */
export function assertKnownKeys(value: unknown, known: readonly string[], what: string): void {
  assertObject(value, what);
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const hint = didYouMean(key, known) || `; known are ${[...known].sort().join(", ")}`;
    throw new ConfigurationError("SUNBEAT_OPTION_UNKNOWN", `${what}: unknown option ${quote(key)}${hint}`, {
      details: { option: key },
    });
  }
}

/** Whole milliseconds from `minMs` to 100 years. Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID. */
export function durationOption(value: Duration, what: string, minMs: number): number {
  const ms = durationMs(value, what);
  if (ms < minMs || ms > LONGEST_DURATION_MS) {
    const least = minMs === 0 ? "0" : formatDuration(minMs);
    throw invalidOption(what, `a duration from ${least} to 100 years (a bare number is seconds)`, value);
  }
  return ms;
}

/** A whole number from `min` to `max`. Code: SUNBEAT_OPTION_INVALID. */
export function integerOption(value: unknown, what: string, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw invalidOption(what, `a whole number ${range}`, value);
}

/** Code: SUNBEAT_OPTION_INVALID. */
export function booleanOption(value: unknown, what: string): boolean {
  if (typeof value === "boolean") return value;
  throw invalidOption(what, "true or false", value);
}

/** One text of a list. Code: SUNBEAT_OPTION_INVALID. */
export function choiceOption<T extends string>(value: unknown, what: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw invalidOption(what, choices.map((choice) => JSON.stringify(choice)).join(" or "), value);
}

/** Any text: the name of what may be there, whoever named it. Code: SUNBEAT_OPTION_INVALID. */
export function textOption(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw invalidOption(what, "text", value);
}

/** A list of texts that are not empty. Code: SUNBEAT_OPTION_INVALID. */
export function textsOption(value: unknown, what: string): readonly string[] {
  if (Array.isArray(value) && value.every((text) => typeof text === "string" && text !== "")) {
    return Object.freeze([...(value as string[])]);
  }
  throw invalidOption(what, "a list of texts", value);
}

/**
 * A name of a queue, task, entry, lock or message: 1 to 255 characters that print, not all of them blanks. Others would
 * break log lines and keys, steer terminals, and look like another name. Code: SUNBEAT_OPTION_INVALID.
 */
export function nameOption(value: unknown, what: string): string {
  if (typeof value === "string" && value.length <= 255 && value.trim() !== "" && isPrintable(value)) {
    return value;
  }
  throw invalidOption(
    what,
    "text of 1 to 255 characters, not only blanks and without control characters",
    value,
  );
}
