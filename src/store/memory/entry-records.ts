/** Entries, their runs, and what became of them, in maps and heaps. */
import type { EpochMs } from "../../core/clock.js";
import type { Cursor, EntryPut } from "../contracts/entries.js";
import type { LedgerRange, LedgerRow } from "../contracts/ledger.js";
import type { Advance, BufferedRun, EntryRecords, JudgedEntry } from "../rules/records.js";
import { addRecord } from "./ledger.js";
import { firstUntil } from "./heap.js";
import type { Buffered, Entry, MemoryState } from "./state.js";

interface Timing {
  readonly cursor: Cursor | null;
  readonly pausedAt: EpochMs | null;
  readonly disabled: string | null;
}

export class MemoryEntries implements EntryRecords {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  find(name: string): JudgedEntry | null {
    const entry = this.#state.entries.get(name);
    if (!entry) return null;
    const { revision, etag, cursor, lastDue, pausedAt, disabled, runs } = entry;
    return { revision, etag, due: cursor?.due ?? null, lastDue, pausedAt, disabled, runs };
  }

  write(item: EntryPut): void {
    const state = this.#state;
    const entry: Entry = state.entries.get(item.name) ?? {
      name: item.name,
      owner: item.owner,
      version: item.version,
      definition: item.definition,
      revision: item.revision,
      etag: 0,
      cursor: null,
      pausedAt: null,
      disabled: null,
      disabledAt: null,
      lastDue: null,
      lastSuccessAt: null,
      basis: null,
      previousName: null,
      runs: 0,
      sequence: ++state.sequence,
      buffered: null,
      slot: -1,
    };
    entry.owner = item.owner;
    entry.version = item.version;
    entry.definition = item.definition;
    entry.revision = item.revision;
    entry.etag = ++state.sequence;
    entry.basis = item.basis ?? null;
    entry.previousName = item.previousName ?? entry.previousName;
    if (item.ran !== undefined) {
      entry.lastDue = item.ran.lastDue;
      entry.runs = item.ran.runs;
    }
    state.entries.set(item.name, entry);
    this.#setTiming(entry, item);
  }

  remove(name: string): void {
    const entry = this.#entry(name);
    this.#state.dueEntries.remove(entry);
    this.#state.entries.delete(name);
  }

  advance(name: string, { cursor, basis, lastDue, sent, disable }: Advance): void {
    const entry = this.#entry(name);
    if (lastDue !== null) entry.lastDue = Math.max(entry.lastDue ?? -Infinity, lastDue);
    entry.runs += sent;
    entry.basis = basis;
    entry.etag = ++this.#state.sequence;
    const { pausedAt, disabled } = entry;
    this.#setTiming(entry, { cursor, pausedAt, disabled: disable ?? disabled });
  }

  countRun(name: string, isCounted: boolean): void {
    const entry = this.#entry(name);
    if (isCounted) entry.runs++;
    entry.etag = ++this.#state.sequence;
  }

  noteSuccess(name: string): void {
    const entry = this.#state.entries.get(name);
    if (entry) entry.lastSuccessAt = this.#state.now;
  }

  disableWhenSpent(name: string, maxRuns: number): void {
    const entry = this.#entry(name);
    if (entry.runs < maxRuns) return;
    const { pausedAt, disabled } = entry;
    this.#setTiming(entry, { cursor: null, pausedAt, disabled: disabled ?? "max-runs" });
  }

  newestRunAt(entry: string): EpochMs | null {
    const runs = this.#state.runs.get(entry);
    return runs ? runs.reduce((newest, { enqueuedAt }) => Math.max(newest, enqueuedAt), -Infinity) : null;
  }

  unfinishedRuns(entry: string): ReturnType<EntryRecords["unfinishedRuns"]> {
    return { runs: [...(this.#state.runs.get(entry) ?? [])], isAll: true };
  }

  buffered(entry: string): Buffered | null {
    return this.#state.entries.get(entry)?.buffered ?? null;
  }

  dueBuffered(limit: number): readonly string[] {
    const due = firstUntil(this.#state.bufferedWakes, limit, this.#state.now, (run) => run.wakeAt);
    return due.map(({ entry }) => entry);
  }

  buffer(run: BufferedRun, wakeAt: EpochMs | null): void {
    this.#entry(run.entry).buffered = { ...run, wakeAt: Infinity, slot: -1 };
    this.setBufferedWake(run.entry, wakeAt);
  }

  setBufferedWake(entry: string, wakeAt: EpochMs | null): void {
    const { buffered } = this.#entry(entry);
    if (!buffered) return;
    this.#state.bufferedWakes.remove(buffered);
    buffered.wakeAt = wakeAt ?? Infinity;
    if (wakeAt !== null) this.#state.bufferedWakes.push(buffered, wakeAt, 0);
  }

  unbuffer(run: Buffered): void {
    this.#entry(run.entry).buffered = null;
    this.#state.bufferedWakes.remove(run);
  }

  forgetMaxRuns(name: string): void {
    const { buffered } = this.#entry(name);
    if (buffered) buffered.maxRuns = null;
  }

  record(row: Omit<LedgerRow, "kind" | "at">): void {
    const { entry, due, fate, reason, taskId, term } = row;
    addRecord(this.#state, { kind: "row", entry, due, fate, reason, taskId, at: this.#state.now, term });
  }

  recordRange(entry: string, range: LedgerRange, term: string | null): void {
    const { from, to, count, reason, schedule } = range;
    const at = this.#state.now;
    addRecord(this.#state, { kind: "range", entry, from, to, count, reason, schedule, at, term });
  }

  /** The one place that changes what decides about dueness: the heap must not see a key change under it. */
  #setTiming(entry: Entry, { cursor, pausedAt, disabled }: Timing): void {
    const { dueEntries, now } = this.#state;
    dueEntries.remove(entry);
    if (disabled !== entry.disabled) entry.disabledAt = disabled === null ? null : now;
    entry.cursor = cursor && { due: cursor.due, dispatchAt: cursor.dispatchAt };
    entry.pausedAt = pausedAt;
    entry.disabled = disabled;
    if (cursor && pausedAt === null && disabled === null) {
      dueEntries.push(entry, cursor.dispatchAt, entry.sequence);
    }
  }

  /** Of an entry that the rule has just found. */
  #entry(name: string): Entry {
    return this.#state.entries.get(name)!;
  }
}
