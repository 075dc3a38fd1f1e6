import type { EntryView } from "../beat/index.js";
import { ConfigurationError } from "../core/errors.js";
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
}

/** The entries that the app's code declares, in order of name. Needs no store. */
export function declaredEntries({ core }: OpenApp): ListedEntry[] {
  return core.entries
    .map(({ enabled, ...entry }): ListedEntry => {
      const { name, task, schedule, description, definition } = entry;
      return {
        ...{ name, task, schedule, description, definition },
        status: enabled ? "new" : "disabled",
        stored: null,
      };
    })
    .sort(byName);
}

/** Declared and stored entries in order of name. Where both know one, the store's word counts. */
export async function listEntries(open: OpenApp): Promise<ListedEntry[]> {
  const stored = (await open.app.schedules.list()).map(listed);
  const known = new Set(stored.map((entry) => entry.name));
  return [...stored, ...declaredEntries(open).filter((entry) => !known.has(entry.name))].sort(byName);
}

/** One of them. Throws SUNBEAT_ENTRY_NOT_FOUND. */
export async function findEntry(open: OpenApp, name: string): Promise<ListedEntry> {
  const stored = await open.app.schedules.get(name);
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

function listed(view: EntryView): ListedEntry {
  const { name, task, schedule, description, definition, pausedAt, disabled, problem } = view;
  let status = "active";
  if (problem !== null) status = "unreadable here";
  if (pausedAt !== null) status = "paused";
  if (disabled !== null) status = disabled === "disabled" ? "disabled" : `disabled: ${disabled}`;
  return { name, task, schedule, description, definition, status, stored: view };
}

function byName(a: ListedEntry, b: ListedEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Whether it will run: declared ones do as soon as a beat starts. */
export function willRun(entry: ListedEntry): boolean {
  return entry.status === "active" || entry.status === "new";
}
