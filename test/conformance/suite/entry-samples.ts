/** Entries, plans and short calls that the entry cases share. */
import assert from "node:assert/strict";
import type { EpochMs } from "../../../src/core/clock.js";
import type {
  Cursor,
  EntryPut,
  EntrySnapshot,
  OccurrenceOutcome,
  Overlap,
  PlannedOccurrence,
  TickItem,
  TickItemOutcome,
} from "../../../src/store/contracts/entries.js";
import type { LedgerRow } from "../../../src/store/contracts/ledger.js";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { message } from "./samples.js";

export function cursor(due: EpochMs, dispatchAt = due): Cursor {
  return { due, dispatchAt };
}

/** A put of a new entry with revision "r1" that is due at `due`. */
export function entry(name: string, due: EpochMs | null, changes: Partial<EntryPut> = {}): EntryPut {
  return {
    name,
    owner: "code:shop",
    version: 1,
    definition: `{"name":${JSON.stringify(name)}}`,
    revision: "r1",
    expect: null,
    cursor: due === null ? null : cursor(due),
    pausedAt: null,
    disabled: null,
    ledger: [],
    ...changes,
  };
}

/** Puts entries that are expected to be stored. */
export async function putAll(store: Store, ...items: EntryPut[]): Promise<void> {
  assert.deepEqual(
    await store.entries.put(items),
    items.map(() => "stored"),
  );
}

export async function read(store: Store, name: string): Promise<EntrySnapshot> {
  const [snapshot] = await store.entries.get([name]);
  assert(snapshot, `entry ${name} was expected to exist`);
  return snapshot;
}

export const allow: Overlap = { policy: "allow", timeoutMs: null, graceMs: 0 };
export const skipOverlap: Overlap = { policy: "skip", timeoutMs: null, graceMs: 0 };
export const queueOne: Overlap = { policy: "queue-one", timeoutMs: null, graceMs: 0 };
export const cancelRunning: Overlap = { policy: "cancel-running", timeoutMs: null, graceMs: 5_000 };

/** The id of an occurrence's message. */
export function runId(name: string, due: EpochMs): string {
  return `${name}@${due}`;
}

/** A planned send of the run of `name` that is due at `due`. */
export function sendOf(
  name: string,
  due: EpochMs,
  overlap: Overlap = allow,
  changes: Partial<NewMessage> = {},
): PlannedOccurrence {
  return { kind: "send", due, overlap, message: message(runId(name, due), { entry: name, ...changes }) };
}

/** A tick item for an entry of revision "r1" whose cursor stands at `expect`. */
export function item(name: string, expect: EpochMs | null, changes: Partial<TickItem> = {}): TickItem {
  return {
    entry: name,
    revision: "r1",
    expect,
    plan: [],
    next: null,
    disable: null,
    maxRuns: null,
    ...changes,
  };
}

/** Ticks under a term that is expected to hold, and gives what became of the items. */
export async function tick(
  store: Store,
  term: string,
  ...items: TickItem[]
): Promise<readonly TickItemOutcome[]> {
  const reply = await store.entries.tick(term, items);
  assert(reply.outcome === "ticked", "the tick was expected not to be fenced");
  return reply.items;
}

export function ticked(...occurrences: OccurrenceOutcome[]): TickItemOutcome {
  return { outcome: "ticked", occurrences };
}

/** The whole ledger of an entry, in order of due. */
export function ledgerOf(store: Store, name: string) {
  return store.ledger.rows(name, { limit: 1_000, keep: "oldest" });
}

export function sentRow(
  name: string,
  due: EpochMs,
  at: EpochMs,
  term: string | null,
  changes: Partial<LedgerRow> = {},
): LedgerRow {
  const row = { kind: "row", entry: name, due, fate: "sent", reason: null, at, term } as const;
  return { ...row, taskId: runId(name, due), ...changes };
}

export function skippedRow(
  name: string,
  due: EpochMs,
  at: EpochMs,
  term: string | null,
  reason: string,
): LedgerRow {
  return { kind: "row", entry: name, due, fate: "skipped", reason, taskId: null, at, term };
}
