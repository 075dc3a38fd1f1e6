import type { Ending, EntryView, ForetoldRun, Prospect } from "../beat/index.js";
import type { EpochMs } from "../core/clock.js";
import { ConfigurationError, messageOf } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import type { Schedule } from "../schedules/index.js";
import type { OpenApp } from "./app.js";

/** An entry as the CLI shows it: what the code declares, and what the store knows of it. */
export interface ListedEntry {
  readonly name: string;
  /** Null when only other code knows it. */
  readonly task: string | null;
  readonly schedule: Schedule | null;
  readonly description: string | null;
  /** The whole definition, as JSON text. */
  readonly definition: string;
  /** "new": declared in code, and no beat has registered it yet. "active", "paused", "disabled: why". */
  readonly status: string;
  /** What the store holds; null for a new one. */
  readonly stored: EntryView | null;
  readonly prospect: Prospect;
}

/** The entries that the app's code declares, in order of name. Needs no store. */
export function declaredEntries({ core }: OpenApp): ListedEntry[] {
  return core.prospects.declared().map(listed).sort(byName);
}

/** Declared and stored entries in order of name. Where both know one, the store's word counts. */
export async function listEntries(open: OpenApp): Promise<ListedEntry[]> {
  const stored = (await open.core.prospects.stored()).map(listed);
  const known = new Set(stored.map((entry) => entry.name));
  return [...stored, ...declaredEntries(open).filter((entry) => !known.has(entry.name))].sort(byName);
}

/** One of them. Throws SUNBEAT_ENTRY_NOT_FOUND. */
export async function findEntry(open: OpenApp, name: string): Promise<ListedEntry> {
  const stored = await open.core.prospects.find(name);
  if (stored !== null) return listed(stored);
  const declared = declaredEntries(open).find((entry) => entry.name === name);
  if (declared !== undefined) return declared;
  const names = (await listEntries(open)).map((entry) => entry.name);
  throw new ConfigurationError(
    "SUNBEAT_ENTRY_NOT_FOUND",
    `there is no entry ${quote(name)}${didYouMean(name, names)}`,
    { details: { entry: name } },
  );
}

function listed(prospect: Prospect): ListedEntry {
  const { name, view } = prospect;
  const known = view ?? prospect.entry!; // one without a view is declared here
  const { task, schedule, description, definition } = known;
  return {
    name,
    task,
    schedule,
    description,
    definition,
    status: statusOf(prospect),
    stored: view,
    prospect,
  };
}

function statusOf({ view, entry }: Prospect): string {
  if (view === null) return entry!.enabled ? "new" : "disabled";
  const { disabled, pausedAt, problem } = view;
  if (disabled !== null) return disabled === "disabled" ? "disabled" : `disabled: ${disabled}`;
  if (pausedAt !== null) return "paused";
  return problem === null ? "active" : "unreadable here";
}

function byName(a: ListedEntry, b: ListedEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/**
 * The runs of an entry at `from` (now) or later, and why none follows. What was due before now is no question to the
 * store's cursor, so where `from` is over the answer is as for a beat that had registered the entry then. A custom
 * schedule that throws ends with "failing: why": it must not keep the other entries from being shown.
 */
export function* runsOf(
  { prospect }: ListedEntry,
  now: EpochMs,
  from: EpochMs = now,
): Generator<ForetoldRun, Ending, void> {
  try {
    return yield* from < now ? prospect.runsOfNew(from - 1) : prospect.runs(now, from);
  } catch (error) {
    return FAILING + messageOf(error);
  }
}

const FAILING = "failing: ";

/** Why a custom schedule cannot be asked; null for runs and for all other endings. */
export function failureOf(next: ForetoldRun | Ending): string | null {
  return typeof next === "string" && next.startsWith(FAILING) ? next.slice(FAILING.length) : null;
}

/** Its next run, or why there is none. */
export function nextRun(entry: ListedEntry, now: EpochMs): ForetoldRun | Ending {
  return runsOf(entry, now).next().value;
}
