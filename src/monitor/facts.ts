/** Reads what one look needs, in a bounded number of calls, whatever the system holds. */
import type { EpochMs } from "../core/clock.js";
import type { InTime } from "../core/patience.js";
import { type CalendarBook, type Entry, EntryCache } from "../beat/index.js";
import type { EntryRecord, EntrySnapshot } from "../store/contracts/entries.js";
import type { HistoryStore } from "../store/contracts/history.js";
import type { LeaseName } from "../store/contracts/leases.js";
import type { PresenceStore } from "../store/contracts/presence.js";
import type { Store } from "../store/contracts/store.js";
import { isFinal } from "../tasks/states.js";
import type { EntryRuns, EntryTerms, Look, OverdueEntry, WatchedQueue } from "./look.js";
import { queueFacts, readQueues } from "./queue-facts.js";

/** What is read of a store. */
export type WatchedStore = Pick<
  Store,
  "entries" | "calendars" | "leases" | "ledger" | "queues" | "results" | "alerts" | "now"
> & {
  readonly presence: Pick<PresenceStore, "nodes">;
  readonly history: Pick<HistoryStore, "runsOf">;
};

/** Overdue entries of one look. */
const MOST_OVERDUE = 500;
/** Entries of one page, and pages of one look: with more, a look goes on where the last one stopped. */
const PAGE = 500;
const PAGES = 4;
/** Entries whose runs are read in one look. */
const MOST_RUNS = 200;
const AT_ONCE = 8;
const MOST_SEEN = 100_000;
/** Ended runs that are read of an entry: as many as may have to fail. */
const RUNS = 100;
const NEWEST_SENT = 20;

export interface FactsDeps {
  readonly store: WatchedStore;
  /** Entries that code declares. */
  readonly entries: readonly Entry[];
  /** What this process knows of calendars. Absent: nothing. */
  readonly book?: CalendarBook | undefined;
  readonly inTime: InTime;
}

export class Facts {
  readonly #deps: FactsDeps;
  readonly #cache: EntryCache;
  /** By entry: what tells that something ran since it was looked at. */
  readonly #seen = new Map<string, string>();
  #after: string | undefined;

  constructor(deps: FactsDeps) {
    this.#deps = deps;
    this.#cache = new EntryCache(deps.entries, { book: deps.book });
  }

  /** `failing`: entries of which an alert stands; they are looked at each time. `whole`: from the first entry on, and
   * the runs of each. */
  async look(failing: ReadonlySet<string> = new Set(), whole = false): Promise<Look> {
    const { store, inTime } = this.#deps;
    const { book } = this.#cache;
    const [due, leader, nodes, counts] = await Promise.all([
      inTime("entries.due", store.entries.due(MOST_OVERDUE)),
      inTime("leases.leader", store.leases.leader()),
      inTime("presence.nodes", store.presence.nodes()),
      readQueues(store.queues, inTime),
      book.refresh(store, inTime),
    ]);
    const queues: WatchedQueue[] = counts.map(queueFacts);
    return {
      at: due.now,
      leader,
      hasEntries: due.entries.length > 0 || due.nextAt !== null,
      overdue: due.entries.flatMap((entry) => this.#overdue(entry)),
      overdueIsCut: due.entries.length === MOST_OVERDUE,
      nodes,
      queues,
      runs: await this.#runs(failing, whole),
      calendars: book.list().map(({ data }) => ({ name: data.name, to: data.covers.to })),
    };
  }

  /** Who has a lease, and until when. */
  leader(name: LeaseName): ReturnType<WatchedStore["leases"]["leader"]> {
    return this.#deps.inTime("leases.leader", this.#deps.store.leases.leader(name));
  }

  #overdue(record: EntryRecord): OverdueEntry[] {
    const { name: entry, cursor } = record;
    if (cursor === null) return [];
    return [{ ...this.#terms(record), entry, due: cursor.due, dispatchAt: cursor.dispatchAt }];
  }

  #terms(record: Pick<EntryRecord, "name" | "definition" | "revision">): EntryTerms {
    const entry = this.#read(record);
    const { graceMs = null, failures = null, mute = false } = entry?.alert ?? {};
    const { timezone } = (entry?.schedule ?? {}) as { readonly timezone?: unknown };
    return { graceMs, failures, mute, timezone: typeof timezone === "string" ? timezone : "UTC" };
  }

  /** Null: this process cannot read it. What is missed of it is seen all the same. */
  #read(record: Pick<EntryRecord, "name" | "definition" | "revision">): Entry | null {
    try {
      return this.#cache.read(record);
    } catch {
      return null;
    }
  }

  async #runs(failing: ReadonlySet<string>, whole: boolean): Promise<Map<string, EntryRuns>> {
    const found = new Map<string, EntryRuns>();
    const wanted: EntrySnapshot[] = [];
    const page = await this.#page(whole);
    for (const snapshot of [...page, ...(await this.#others(failing, page, found))]) {
      const { name, unfinished } = snapshot;
      const hasRuntime = unfinished > 0 && this.#read(snapshot)?.alert?.runtimeMs != null;
      if (this.#seen.get(name) !== markOf(snapshot) || failing.has(name) || hasRuntime) wanted.push(snapshot);
      else {
        found.set(name, {
          ...this.#terms(snapshot),
          active: isActive(snapshot),
          ended: null,
          unfinished: null,
        });
      }
    }
    if (this.#seen.size > MOST_SEEN) this.#seen.clear();
    const read = whole ? wanted : wanted.slice(0, MOST_RUNS);
    for (let from = 0; from < read.length; from += AT_ONCE) {
      const some = read.slice(from, from + AT_ONCE);
      const runs = await Promise.all(some.map((snapshot) => this.#runsOf(snapshot)));
      some.forEach((snapshot, index) => {
        found.set(snapshot.name, runs[index]!);
        this.#seen.set(snapshot.name, markOf(snapshot));
      });
    }
    return found;
  }

  /** Those that are to be looked at and are on no page; of one that is gone nothing is bad. */
  async #others(
    failing: ReadonlySet<string>,
    page: readonly EntrySnapshot[],
    found: Map<string, EntryRuns>,
  ): Promise<EntrySnapshot[]> {
    const { store, inTime } = this.#deps;
    const onPage = new Set(page.map(({ name }) => name));
    const names = [...failing].filter((name) => !onPage.has(name)).slice(0, PAGE);
    if (names.length === 0) return [];
    const snapshots = await inTime("entries.get", store.entries.get(names));
    names.forEach((name, index) => {
      if (snapshots[index] === null) found.set(name, GONE);
    });
    return snapshots.filter((snapshot) => snapshot !== null);
  }

  async #page(whole: boolean): Promise<EntrySnapshot[]> {
    const { store, inTime } = this.#deps;
    const found: EntrySnapshot[] = [];
    let after = whole ? undefined : this.#after;
    for (let pages = 0; pages < PAGES; pages++) {
      const page = await inTime(
        "entries.list",
        store.entries.list({ ...(after !== undefined && { after }), limit: PAGE }),
      );
      found.push(...page);
      after = page.length < PAGE ? undefined : page.at(-1)?.name;
      if (after === undefined) break;
    }
    this.#after = after;
    return found;
  }

  async #runsOf(snapshot: EntrySnapshot): Promise<EntryRuns> {
    const { store, inTime } = this.#deps;
    const { name, unfinished } = snapshot;
    const terms = this.#terms(snapshot);
    const runtimeMs = this.#read(snapshot)?.alert?.runtimeMs ?? null;
    const limit = Math.min(RUNS, Math.max(10, 2 * (terms.failures ?? 1)));
    const ended = await inTime("history.runsOf", store.history.runsOf(name, { limit }));
    const oldest =
      runtimeMs === null || unfinished === 0 ? null : await this.#oldestUnfinished(name, unfinished);
    return {
      ...terms,
      active: isActive(snapshot),
      ended,
      unfinished: oldest === null || runtimeMs === null ? null : { ...oldest, runtimeMs },
    };
  }

  /** Of the newest that were sent as many as have not ended. */
  async #oldestUnfinished(
    entry: string,
    unfinished: number,
  ): Promise<{ readonly id: string; readonly sentAt: EpochMs } | null> {
    const { store, inTime } = this.#deps;
    const rows = await inTime(
      "ledger.rows",
      store.ledger.rows(entry, { limit: NEWEST_SENT, keep: "newest" }),
    );
    const sent = rows.flatMap((row) =>
      row.kind === "row" && row.fate === "sent" && row.taskId !== null
        ? [{ id: row.taskId, sentAt: row.at }]
        : [],
    );
    const results = await inTime("results.get", store.results.get(sent.map(({ id }) => id)));
    const open = sent.filter((_, index) => {
      const result = results[index];
      return result == null || !isFinal(result.state);
    });
    return open.at(-Math.min(unfinished, open.length)) ?? null;
  }
}

const GONE: EntryRuns = {
  ...{ graceMs: null, failures: null, mute: false, timezone: "UTC" },
  ...{ active: false, ended: [], unfinished: null },
};

/** Changes when a run is sent, and when one ends. */
function markOf({ runs, lastDue, unfinished }: EntrySnapshot): string {
  return `${runs} ${lastDue} ${unfinished}`;
}

function isActive({ pausedAt, disabled }: EntryRecord): boolean {
  return pausedAt === null && disabled === null;
}
