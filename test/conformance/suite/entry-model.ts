/** Entries, their runs and their ledger as lists that are looked through: what a random walk is compared with. */
import type { EpochMs } from "../../../src/core/clock.js";
import type {
  Cursor,
  OccurrenceOutcome,
  Overlap,
  PlannedOccurrence,
  TickItem,
  TickItemOutcome,
} from "../../../src/store/contracts/entries.js";

export interface EntryView {
  readonly revision: string;
  readonly cursor: Cursor | null;
  readonly pausedAt: EpochMs | null;
  readonly disabled: string | null;
  readonly lastDue: EpochMs | null;
  readonly runs: number;
  readonly unfinished: number;
  readonly buffered: boolean;
}

export interface RowView {
  readonly due: EpochMs;
  readonly fate: "sent" | "skipped";
  readonly reason: string | null;
  readonly taskId: string | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Entry = Mutable<Omit<EntryView, "unfinished" | "buffered">>;

interface Run {
  readonly id: string;
  readonly entry: string;
  readonly sentAt: EpochMs;
  token: string | null;
}

/** A run that is due, and what the policy says of it. */
interface Due {
  readonly entry: string;
  readonly id: string;
  readonly due: EpochMs;
  readonly isTriggered: boolean;
  readonly maxRuns: number | null;
  readonly overlap: Overlap | null;
}

interface Buffered extends Omit<Mutable<Due>, "overlap"> {
  readonly timeoutMs: number | null;
  readonly graceEnd: EpochMs;
}

export class EntryModel {
  now: EpochMs;
  readonly entries = new Map<string, Entry>();
  readonly rows = new Map<string, RowView[]>();
  /** Those that have not ended, in the order of sending. */
  #runs: Run[] = [];
  #buffered: Buffered[] = [];
  readonly #known = new Set<string>();

  constructor(now: EpochMs) {
    this.now = now;
  }

  view(name: string): EntryView | null {
    const entry = this.entries.get(name);
    if (!entry) return null;
    const buffered = this.#buffered.some((run) => run.entry === name);
    return { ...entry, unfinished: this.#runs.filter((run) => run.entry === name).length, buffered };
  }

  /** Pauses, disables or moves an entry, or makes it. */
  put(name: string, change: Pick<EntryView, "revision" | "cursor" | "pausedAt" | "disabled">): void {
    const before = this.entries.get(name);
    if (before && before.revision !== change.revision) {
      // The limit of the definition that is gone says nothing.
      for (const run of this.#buffered) if (run.entry === name) run.maxRuns = null;
    }
    this.entries.set(name, { lastDue: null, runs: 0, ...before, ...change });
  }

  remove(name: string): void {
    this.entries.delete(name);
    this.#unbuffer(name, "removed");
  }

  tick({ entry: name, revision, expect, plan, next, disable, maxRuns }: TickItem): TickItemOutcome {
    const entry = this.entries.get(name);
    if (!entry) return { outcome: "gone" };
    if (entry.revision !== revision) return { outcome: "stale" };
    if ((entry.cursor?.due ?? null) !== expect) return { outcome: "moved" };
    const dues = plan.map((one) => (one.kind === "range" ? one.to : one.due));
    if (expect === null && entry.lastDue !== null && dues[0] !== undefined && dues[0] <= entry.lastDue) {
      return { outcome: "moved" };
    }
    if (dues.some((due) => due > this.now)) return { outcome: "early" };
    if (entry.pausedAt !== null || entry.disabled !== null) return { outcome: "paused" };
    const occurrences = plan.map((one) => this.#occur(name, one, maxRuns));
    entry.cursor = next;
    entry.lastDue = dues.length > 0 ? Math.max(...dues, entry.lastDue ?? 0) : entry.lastDue;
    entry.disabled ??= disable;
    this.#limit(entry, maxRuns);
    this.#releaseBuffered(name);
    return { outcome: "ticked", occurrences };
  }

  #occur(name: string, planned: PlannedOccurrence, maxRuns: number | null): OccurrenceOutcome {
    if (planned.kind === "range") throw new Error("the walk plans no ranges");
    if (planned.kind === "skip") {
      this.#row(name, { due: planned.due, fate: "skipped", reason: planned.reason, taskId: null });
      return "skipped";
    }
    const { due, overlap, message } = planned;
    const entry = this.entries.get(name)!;
    if (overlap.policy !== "allow" && this.#buffered.some((run) => run.entry === name)) {
      this.#releaseBuffered(name);
      if (maxRuns !== null && entry.runs >= maxRuns) {
        this.#row(name, { due, fate: "skipped", reason: "max-runs", taskId: null });
        return "skipped";
      }
    }
    const outcome = this.#start({ entry: name, id: message.id, due, isTriggered: false, maxRuns, overlap });
    if (outcome === "sent") entry.runs++;
    return outcome;
  }

  trigger(entry: string, id: string, overlap: Overlap | null): OccurrenceOutcome | "gone" {
    if (!this.entries.has(entry)) return "gone";
    if (this.#buffered.some((run) => run.id === id)) return "buffered";
    if (this.#known.has(id)) return "sent";
    if (overlap !== null && overlap.policy !== "allow") this.#releaseBuffered(entry);
    const outcome = this.#start({ entry, id, due: this.now, isTriggered: true, maxRuns: null, overlap });
    this.#releaseBuffered(entry);
    return outcome;
  }

  #start(run: Due): OccurrenceOutcome {
    const { entry, id, due, overlap } = run;
    if (overlap === null || overlap.policy === "allow") return this.#send(run);
    const isFree = (): boolean => this.#isFree(entry, overlap.timeoutMs);
    const sendInstead = (): "sent" => {
      this.#unbuffer(entry, "replaced");
      return this.#send(run);
    };
    if (isFree()) return sendInstead();
    // A run that is known already is no new one: nothing is skipped, stopped or replaced for it.
    if (this.#buffered.some((one) => one.entry === entry && one.id === id)) return "buffered";
    if (this.#known.has(id)) return this.#send(run);
    if (overlap.policy === "skip") {
      this.#row(entry, { due, fate: "skipped", reason: "overlap", taskId: null });
      return "overlap";
    }
    let graceEnd = Infinity;
    if (overlap.policy === "cancel-running") {
      // Those that wait are gone; those at work are asked.
      this.#runs = this.#runs.filter((one) => one.entry !== entry || one.token !== null);
      const before = this.#buffered.find((one) => one.entry === entry);
      graceEnd = Math.min(this.now + overlap.graceMs, before?.graceEnd ?? Infinity);
      if (isFree() || graceEnd <= this.now) return sendInstead();
    }
    this.#unbuffer(entry, "replaced");
    this.#known.add(id);
    this.#buffered.push({ ...run, timeoutMs: overlap.timeoutMs, graceEnd });
    return "buffered";
  }

  /** One that is known is on its way, or has ended. */
  #send({ entry, id, due, isTriggered }: Omit<Due, "overlap" | "maxRuns">): "sent" {
    if (!this.#known.has(id)) this.#runs.push({ id, entry, sentAt: this.now, token: null });
    this.#known.add(id);
    this.#row(entry, { due, fate: "sent", reason: isTriggered ? "triggered" : null, taskId: id });
    return "sent";
  }

  /** Whether each run of the entry has ended, or counts as ended. */
  #isFree(entry: string, timeoutMs: number | null): boolean {
    const isGivenUp = ({ sentAt }: Run): boolean => timeoutMs !== null && sentAt + timeoutMs <= this.now;
    return this.#runs.every((run) => run.entry !== entry || isGivenUp(run));
  }

  #unbuffer(entry: string, reason: string): void {
    for (const { id, due } of this.#buffered.filter((run) => run.entry === entry)) {
      // Only the result of a revoked one is kept.
      if (reason !== "revoked") this.#known.delete(id);
      this.#row(entry, { due, fate: "skipped", reason, taskId: null });
    }
    this.#buffered = this.#buffered.filter((run) => run.entry !== entry);
  }

  #releaseBuffered(name: string): void {
    const run = this.#buffered.find((one) => one.entry === name);
    if (!run || (run.graceEnd > this.now && !this.#isFree(name, run.timeoutMs))) return;
    this.#buffered = this.#buffered.filter((one) => one !== run);
    this.#known.delete(run.id);
    this.#send(run);
    const entry = this.entries.get(name);
    if (!entry || run.isTriggered) return;
    entry.runs++;
    this.#limit(entry, run.maxRuns);
  }

  #limit(entry: Entry, maxRuns: number | null): void {
    if (maxRuns === null || entry.runs < maxRuns) return;
    entry.cursor = null;
    entry.disabled ??= "max-runs";
  }

  /** When those were sent that a claim gives, after its housekeeping: which goes first of one instant nobody says. */
  claim(max: number): EpochMs[] {
    for (const { entry } of [...this.#buffered]) this.#releaseBuffered(entry);
    return this.#runs
      .filter(({ token }) => token === null)
      .slice(0, max)
      .map(({ sentAt }) => sentAt);
  }

  /** Of one that is to be taken; undefined: it is not. */
  readySince(id: string): EpochMs | undefined {
    return this.#runs.find((run) => run.id === id && run.token === null)?.sentAt;
  }

  gave(id: string, token: string): void {
    this.#runs.find((run) => run.id === id)!.token = token;
  }

  settle(id: string, token: string): "settled" | "lost" {
    const run = this.#runs.find((one) => one.id === id);
    if (run?.token !== token) return "lost";
    this.#end(run);
    return "settled";
  }

  revoke(id: string): void {
    const buffered = this.#buffered.find((run) => run.id === id);
    if (buffered) this.#unbuffer(buffered.entry, "revoked");
    const run = this.#runs.find((one) => one.id === id);
    if (run?.token === null) this.#end(run);
  }

  #end(run: Run): void {
    this.#runs = this.#runs.filter((one) => one !== run);
    this.#releaseBuffered(run.entry);
  }

  #row(entry: string, row: RowView): void {
    this.rows.set(entry, [...(this.rows.get(entry) ?? []), row]);
  }
}
