/** What is stored otherwise than code declares it. */
import type { EntrySnapshot } from "../store/contracts/entries.js";
import type { Entry } from "./entry.js";
import type { RegistrationDeps } from "./registration.js";
import { DISABLED, goneFromCode } from "./revise.js";

export const DRIFT_KINDS = [
  "taken",
  "missing",
  "newer",
  "changed",
  "undeclared",
  "disabled",
  "paused",
  "older",
] as const;
/**
 * "taken": another owner has the name. "missing": it is not stored. "newer": a newer version has written another definition. "changed":
 * another definition is stored. "undeclared": it is stored, and no code declares it. "disabled": it left the code once, or could
 * not be read. "paused": by an operator. "older": an older version has written it.
 */
export type DriftKind = (typeof DRIFT_KINDS)[number];

export interface Drift {
  readonly entry: string;
  readonly kind: DriftKind;
}

export interface Declared {
  readonly entry: Pick<Entry, "revision"> | null;
  readonly owner: string;
  readonly version: number;
}

type Stored = Pick<EntrySnapshot, "owner" | "revision" | "disabled"> & {
  readonly version: number;
  readonly pausedAt: unknown;
};

/** Of one entry; null: it is stored as declared. An entry that has ended, or is declared as disabled, is. */
export function driftKindOf({ entry, owner, version }: Declared, stored: Stored | null): DriftKind | null {
  if (stored === null) return entry === null ? null : "missing";
  if (stored.owner !== owner) return entry === null ? null : "taken";
  if (entry === null) return goneFromCode(stored) || stored.version > version ? null : "undeclared";
  const isSame = stored.revision === entry.revision;
  if (stored.version > version) return isSame ? null : "newer";
  if (!isSame) return "changed";
  if (goneFromCode(stored) || stored.disabled === DISABLED.invalid) return "disabled";
  if (stored.pausedAt !== null) return "paused";
  return stored.version < version ? "older" : null;
}

const PAGE = 1_000;

/** In order of name. Rejects with the store's error. */
export async function readDrift(
  deps: Pick<RegistrationDeps, "store" | "inTime" | "entries" | "owner" | "version">,
): Promise<Drift[]> {
  const { store, inTime, entries, owner, version } = deps;
  const declared = new Map(entries.map((entry) => [entry.name, entry]));
  const found: Drift[] = [];
  const judge = (entry: string, stored: EntrySnapshot | null): void => {
    const kind = driftKindOf({ entry: declared.get(entry) ?? null, owner, version }, stored);
    if (kind !== null) found.push({ entry, kind });
    declared.delete(entry);
  };
  for (let after: string | undefined; ;) {
    const page = await inTime(
      "list",
      store.entries.list({ ...(after !== undefined && { after }), limit: PAGE }),
    );
    for (const stored of page) judge(stored.name, stored);
    if (page.length < PAGE) break;
    after = page.at(-1)!.name;
  }
  for (const name of [...declared.keys()]) judge(name, null);
  return found.sort((a, b) => (a.entry < b.entry ? -1 : 1));
}

/** How many of each kind, in the order of `DRIFT_KINDS`. */
export function countDrift(drift: readonly Drift[]): Partial<Record<DriftKind, number>> {
  const counts = DRIFT_KINDS.map(
    (kind) => [kind, drift.filter((each) => each.kind === kind).length] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
