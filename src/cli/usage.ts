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
