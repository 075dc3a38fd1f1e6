import { ConfigurationError, isSunbeatError } from "../core/errors.js";
import { quote } from "../core/quote.js";

/** Wraps an error whose cause stands on the command line: it ends the program with 2 instead of 1. */
export class WrongUsage extends Error {
  constructor(override readonly cause: unknown) {
    super("wrong usage", { cause });
  }
}

/** An error about the command line itself. */
export function usageError(message: string): WrongUsage {
  return new WrongUsage(new ConfigurationError("SUNBEAT_USAGE", message));
}

/** What `read` gives; a refusal of what stands on the command line counts as wrong usage. */
export function fromCommandLine<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw isSunbeatError(error) ? new WrongUsage(error) : error;
  }
}

/** A reader of whole numbers for an option. */
export function wholeNumber(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw usageError(`${option}: expected a whole number from ${min} to ${max}, got ${quote(text)}`);
  };
}

/** A reader of comma-separated names for an option; repeated options add up. */
export function names(option: string): (text: string, previous: readonly string[] | undefined) => string[] {
  return (text, previous = []) => {
    const list = text.split(",").map((name) => name.trim());
    if (list.includes(""))
      throw usageError(`${option}: expected names with commas between, got ${quote(text)}`);
    return [...new Set([...previous, ...list])];
  };
}

/** A JSON array on the command line. */
export function readArray(option: string, text: string): unknown[] {
  const value = readJson(option, text);
  if (Array.isArray(value)) return value;
  throw usageError(`${option}: expected a JSON array such as [2, 2], got ${quote(text)}`);
}

/** A JSON object on the command line, and how one looks. */
export function readObject(option: string, text: string, example: string): Record<string, unknown> {
  const value = readJson(option, text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw usageError(`${option}: expected a JSON object such as ${example}, got ${quote(text)}`);
}

function readJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(`${option}: ${quote(text)} is not JSON (${(error as Error).message})`);
  }
}
