/** Entries as people keep them in files: their definitions, and back from there to the options that make them. */
import { canonicalJSON } from "../core/canonical-json.js";
import { ConfigurationError, isSunbeatError, messageOf } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { entryFromDefinition } from "./definition.js";
import type { EntryOptions } from "./entry-options.js";
import type { Entry, EntryAlert } from "./entry.js";

/** A definition without what belongs to the store that it was in. */
export function portableDefinition(definition: string): Readonly<Record<string, unknown>> {
  const { signature: _, ...portable } = JSON.parse(definition) as Record<string, unknown>;
  return portable;
}

/** Parts of a definition that only the code which declares the entry has, in the words of a sentence. */
export function codeParts(definition: Readonly<Record<string, unknown>>): readonly string[] {
  const { argsFrom, schedule } = definition;
  return [
    ...(argsFrom === "code" ? ["args function"] : []),
    ...((schedule as { readonly type?: unknown } | null)?.type === "custom" ? ["custom schedule"] : []),
  ];
}

/** What makes an entry of this definition. SUNBEAT_ENTRY_INVALID, also where a part of it is code. */
export function optionsFromDefinition(name: string, definition: unknown): EntryOptions {
  const entry = entryFrom(name, definition);
  const [part] = codeParts(definition as Readonly<Record<string, unknown>>);
  if (part === undefined) return optionsOf(entry);
  throw invalid(name, `its ${part} is code, which only the app that declares it has`);
}

function entryFrom(name: string, definition: unknown): Entry {
  try {
    return entryFromDefinition({ name, definition: canonicalJSON(definition), revision: "" });
  } catch (error) {
    // The reason of it: what it says of a store does not hold for a file.
    const cause = isSunbeatError(error) ? (error.cause ?? error) : error;
    throw invalid(name, messageOf(cause), cause);
  }
}

function optionsOf(entry: Entry): EntryOptions {
  const { task, args, schedule, options, enabled, misfire, overlap, jitterMs } = entry;
  const { startAt, endAt, maxRuns, lock, description, alert } = entry;
  const { policy, withinMs, max } = misfire;
  return {
    ...{ task, args, schedule, options, enabled, overlap: overlap.policy },
    misfire: {
      policy,
      ...(withinMs !== null && policy !== "skip" && { within: milliseconds(withinMs) }),
      ...(policy === "all" && { max }),
    },
    ...(overlap.timeoutMs !== null && { overlapTimeout: milliseconds(overlap.timeoutMs) }),
    ...(jitterMs > 0 && { jitter: milliseconds(jitterMs) }),
    ...(startAt !== null && { startAt }),
    ...(endAt !== null && { endAt }),
    ...(maxRuns !== null && { maxRuns }),
    ...(lock !== null && { lock }),
    ...(description !== null && { description }),
    ...(alert !== null && { alert: alertOf(alert) }),
  };
}

function alertOf({ graceMs, runtimeMs, failures, mute }: EntryAlert): EntryOptions["alert"] {
  return {
    ...(graceMs !== null && { grace: milliseconds(graceMs) }),
    ...(runtimeMs !== null && { runtime: milliseconds(runtimeMs) }),
    ...(failures !== null && { failures }),
    ...(mute && { mute }),
  };
}

const milliseconds = (ms: number) => ({ milliseconds: ms });

function invalid(name: string, why: string, cause?: unknown): ConfigurationError {
  const details = { entry: name };
  return new ConfigurationError("SUNBEAT_ENTRY_INVALID", `entry ${quote(name)}: ${why}`, { details, cause });
}
