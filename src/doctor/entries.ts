import { quote } from "../core/quote.js";
import type { Reading, StoredEntry } from "../store/contracts/survey.js";
import { fine, type Finding, unread, warning } from "./finding.js";

/** The entries that an app's code declares. */
export interface DeclaredEntries {
  /** Whose they are in the store. */
  readonly owner: string;
  /** Deploy number of the app. */
  readonly version: number;
  readonly entries: readonly { readonly name: string; readonly revision: string }[];
}

/** Whether what the code declares is what the store has; no finding where the code declares nothing. */
export function judgeEntries(declared: DeclaredEntries, stored: Reading<readonly StoredEntry[]>): Finding[] {
  const { owner, version, entries } = declared;
  if (entries.length === 0) return [];
  if ("unknown" in stored) return [unread("entries", ["D1"], stored.unknown)];
  const byName = new Map(stored.value.map((entry) => [entry.name, entry]));
  const theirs: string[] = [];
  const other: string[] = [];
  let missing = 0;
  let newer = 0;
  for (const { name, revision } of entries) {
    const found = byName.get(name);
    if (found === undefined) missing++;
    else if (found.owner !== owner) theirs.push(`${quote(name)} of ${ownerText(found.owner)}`);
    else if (found.version > version) newer++;
    else if (found.revision !== revision) other.push(quote(name));
  }
  const count = (number: number): string => `${number} of ${entries.length}`;
  if (theirs.length > 0) {
    const advice =
      `${some(theirs)} under names that this app declares too, and this app's are never sent: rename them, or give ` +
      "each app a namespace of its own";
    return [warning("entries", `${count(theirs.length)} of somebody else`, ["D1"], advice)];
  }
  if (other.length > 0) {
    const advice =
      `${some(other)}: the store has what other code declared, and sends that: restart the beats with this code, run ` +
      "sunbeat schedule apply where they do not register, or give one of two programs that share an app name another";
    return [warning("entries", `${count(other.length)} defined otherwise`, [], advice)];
  }
  if (newer > 0)
    return [fine("entries", `${count(newer)} of a newer version`, "a newer deploy has written them")];
  if (missing > 0)
    return [
      fine(
        "entries",
        `${count(missing)} not stored yet`,
        "a beat stores them when it starts, or sunbeat schedule apply",
      ),
    ];
  return [fine("entries", `${entries.length} as declared`)];
}

export function ownerText(owner: string): string {
  return owner.startsWith("code:") ? `app ${quote(owner.slice("code:".length))}` : "no app, set at run time";
}

export function some(texts: readonly string[]): string {
  const more = texts.length - 3;
  return texts.slice(0, 3).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
