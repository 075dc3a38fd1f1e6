/**
 * What registration does to the store, in terms of entries: what is added, changed, renamed, removed, comes back, or is left alone.
 * Pure: told from what was read and from what registration would write, so that it cannot say anything else than that does.
 */
import { canonicalJSON } from "../core/canonical-json.js";
import type { EpochMs } from "../core/clock.js";
import type { EntryPut, EntrySnapshot } from "../store/contracts/entries.js";
import type { Entry } from "./entry.js";
import { type EntryState as Standing, foretell } from "./foretell.js";
import { DISABLED, goneFromCode } from "./revise.js";

export const CHANGE_ACTIONS = [
  "add",
  "change",
  "rename",
  "return",
  "remove",
  "conflict",
  "newer",
  "unchanged",
] as const;
/**
 * "return": code declares it again, or it can be read again. "conflict": another owner has the name. "newer": a newer version has
 * written it. "unchanged": only its version or its signature is written.
 */
export type ChangeAction = (typeof CHANGE_ACTIONS)[number];

/** An entry as it was read, as far as a plan depends on it. */
export interface PlannedState {
  readonly etag: number;
  readonly owner: string;
  readonly version: number;
  readonly revision: string;
  readonly pausedAt: string | null;
  readonly disabled: string | null;
}

/** A part of the definition; undefined where it has its default. */
export interface FieldChange {
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Plain data. Instants are texts in ISO 8601. */
export interface EntryChange {
  readonly action: ChangeAction;
  readonly name: string;
  /** The name that it has in the store, where it is renamed. */
  readonly from: string | null;
  /** As code declares it; null: it does so no more. */
  readonly revision: string | null;
  /** What is stored under `from`, else under `name`. */
  readonly before: PlannedState | null;
  readonly fields: readonly FieldChange[];
  /** In words; null where code alone knows it, or there is none. */
  readonly schedule: { readonly before: string | null; readonly after: string | null };
  /** The next three due times that are sent. */
  readonly next: { readonly before: readonly string[]; readonly after: readonly string[] };
  readonly runs: number;
  readonly lastDue: string | null;
  /** Whether registration writes it. */
  readonly writes: boolean;
}

/** What a registration has read and written, or would write. */
export interface Registered {
  readonly declared: readonly Entry[];
  /** As read, by name. */
  readonly stored: ReadonlyMap<string, EntrySnapshot>;
  readonly puts: readonly EntryPut[];
  readonly conflicts: readonly string[];
  readonly newer: readonly string[];
  readonly now: EpochMs;
  /** Null: it cannot be read here. */
  readonly read: (stored: EntrySnapshot) => Entry | null;
}

const SHOWN_RUNS = 3;

/** In order of action, then name. Entries that stay as they are have none. */
export function changesOf(registered: Registered): EntryChange[] {
  const { declared, stored, puts, conflicts, newer } = registered;
  const byName = new Map(declared.map((entry) => [entry.name, entry]));
  const changes = puts
    // The write of the new name tells of both.
    .filter(({ disabled }) => disabled !== DISABLED.renamed)
    .map((put) => written(put, byName.get(put.name) ?? null, registered));
  for (const [action, names] of [["conflict", conflicts] as const, ["newer", newer] as const]) {
    for (const name of names) {
      changes.push(change(action, name, byName.get(name)!, stored.get(name) ?? null, null, registered));
    }
  }
  const order = (one: EntryChange): number => CHANGE_ACTIONS.indexOf(one.action);
  return changes.sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
}

function written(put: EntryPut, entry: Entry | null, registered: Registered): EntryChange {
  const { name, previousName } = put;
  const found = registered.stored.get(name) ?? null;
  if (previousName !== undefined) {
    const from = registered.stored.get(previousName) ?? null;
    return change("rename", name, entry, from, put, registered);
  }
  return change(actionOf(put, entry, found), name, entry, found, put, registered);
}

function actionOf(put: EntryPut, entry: Entry | null, found: EntrySnapshot | null): ChangeAction {
  if (entry === null) return "remove";
  if (found === null) return "add";
  if (goneFromCode(found) || found.disabled === DISABLED.invalid) return "return";
  return found.revision === put.revision ? "unchanged" : "change";
}

function change(
  action: ChangeAction,
  name: string,
  entry: Entry | null,
  found: EntrySnapshot | null,
  put: EntryPut | null,
  { now, read }: Registered,
): EntryChange {
  const old = found === null ? null : read(found);
  const runs = found?.runs ?? 0;
  return {
    ...{ action, name, from: action === "rename" ? found!.name : null, revision: entry?.revision ?? null },
    before: found === null ? null : stateOf(found),
    fields: found === null || entry === null ? [] : fieldsOf(found.definition, entry.definition),
    schedule: { before: wordsOf(old), after: wordsOf(entry) },
    next: {
      before: nextOf(old, found, now),
      after: put === null || entry === null ? [] : nextOf(entry, { ...put, runs }, now),
    },
    ...{ runs, lastDue: iso(found?.lastDue), writes: put !== null },
  };
}

export function stateOf({ etag, owner, version, revision, pausedAt, disabled }: EntrySnapshot): PlannedState {
  return { etag, owner, version, revision, pausedAt: iso(pausedAt), disabled };
}

function fieldsOf(before: string, after: string): FieldChange[] {
  const [old, young] = [before, after].map((text) => JSON.parse(text) as Record<string, unknown>);
  const fields = new Set([...Object.keys(old!), ...Object.keys(young!)]);
  fields.delete("signature");
  return [...fields].sort().flatMap((field) => {
    const [was, is] = [old![field], young![field]];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [{ field, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) }];
  });
}

function wordsOf(entry: Entry | null): string | null {
  return entry?.schedule.describe?.() ?? null;
}

function nextOf(entry: Entry | null, standing: Standing | null, now: EpochMs): string[] {
  if (entry === null || standing === null) return [];
  const next: string[] = [];
  try {
    for (const { due } of foretell(entry, standing, now)) {
      next.push(isoOf(due));
      if (next.length === SHOWN_RUNS) break;
    }
  } catch {
    // A custom schedule that throws has no due times, and keeps no other entry out.
  }
  return next;
}

export function isoOf(at: EpochMs): string {
  return new Date(at).toISOString();
}

function iso(at: EpochMs | null | undefined): string | null {
  return at === null || at === undefined ? null : isoOf(at);
}

/** An entry that leaves, and one that is new with the same task, arguments and schedule: perhaps it was given another name. */
export interface RenameHint {
  readonly from: string;
  readonly to: string;
}

/** Of equal ones that are several nobody can tell which is which: they give no hint. */
export function renameHints(changes: readonly EntryChange[], { declared, stored }: Registered): RenameHint[] {
  const definitions = new Map(declared.map(({ name, definition }) => [name, definition]));
  const byWork = (action: ChangeAction, definitionOf: (name: string) => string | undefined) => {
    const names = new Map<string, string[]>();
    for (const { name } of changes.filter((each) => each.action === action)) {
      const work = workOf(definitionOf(name) ?? "{}");
      names.set(work, [...(names.get(work) ?? []), name]);
    }
    return names;
  };
  const added = byWork("add", (name) => definitions.get(name));
  const removed = byWork("remove", (name) => stored.get(name)?.definition);
  return [...removed].flatMap(([work, froms]) => {
    const tos = added.get(work) ?? [];
    return froms.length === 1 && tos.length === 1 ? [{ from: froms[0]!, to: tos[0]! }] : [];
  });
}

function workOf(definition: string): string {
  const { task, args, argsFrom, schedule } = JSON.parse(definition) as Record<string, unknown>;
  const { hashKey: _, ...when } = (schedule ?? {}) as Record<string, unknown>;
  return canonicalJSON({ task, args, argsFrom, when });
}
