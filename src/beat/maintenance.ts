/**
 * What the leader tidies now and then, one bounded step at a time between rounds: results and ledger rows whose time
 * is over, entries that left the code or got another name there a week ago, one-shot entries of run time that ended a day ago.
 */
import type { Clock, EpochMs } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import type { EntrySnapshot } from "../store/contracts/entries.js";
import type { Retention } from "../store/contracts/ledger.js";
import type { Store } from "../store/contracts/store.js";
import type { InTime } from "../core/patience.js";
import type { EntryCache } from "./entry-cache.js";
import { DISABLED, goneFromCode } from "./revise.js";

export interface MaintenanceDeps {
  readonly store: Pick<Store, "entries" | "ledger" | "sweep" | "queues" | "history">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cache: EntryCache;
  readonly retention: Retention;
  readonly intervalMs: number;
  readonly inTime: InTime;
  /** Whether it samples queues for statistics. */
  readonly samples?: boolean;
}

const STEP_LIMIT = 1_000;
/**
 * While a step finds as much as it may take, the next one comes after so many times as long as that one took: however much
 * there is to tidy, it takes a tenth of the beat's time at most.
 */
const REST = 9;
const SHORTEST_REST_MS = 20;
const SAMPLE_EVERY_MS = 60_000;
const ENTRIES_EVERY_MS = 3_600_000;
/** What left the code may come back with a rollback of the deploy, and then keeps its history. */
const LEFT_CODE_KEPT_MS = 7 * 86_400_000;
const ENDED_KEPT_MS = 86_400_000;

export class Maintenance {
  readonly #deps: MaintenanceDeps;
  #sweepAt: number;
  #entriesAt: number;
  #sampleAt: number;
  /** Where the walk over all entries stands; null: none is under way. */
  #walkedTo: string | null = null;

  constructor(deps: MaintenanceDeps) {
    this.#deps = deps;
    this.#sweepAt = deps.clock.monotonicMs() + deps.intervalMs;
    this.#entriesAt = this.#sweepAt;
    this.#sampleAt = deps.samples ? deps.clock.monotonicMs() + SAMPLE_EVERY_MS : Infinity;
  }

  /** Milliseconds until a step has something to do. */
  nextInMs(): number {
    return Math.max(
      0,
      Math.min(this.#sweepAt, this.#sampleAt, this.#entriesAt) - this.#deps.clock.monotonicMs(),
    );
  }

  /** At most one step of each kind, if its time has come. `now` is the store's. */
  async step(now: EpochMs): Promise<void> {
    const { clock } = this.#deps;
    if (clock.monotonicMs() >= this.#sweepAt)
      this.#sweepAt = await this.#timed(() => this.#sweep(), this.#deps.intervalMs);
    if (clock.monotonicMs() >= this.#sampleAt)
      this.#sampleAt = await this.#timed(() => this.#sample(now), SAMPLE_EVERY_MS);
    if (clock.monotonicMs() >= this.#entriesAt)
      this.#entriesAt = await this.#timed(() => this.#removeEntries(now), ENTRIES_EVERY_MS);
  }

  /** Gives when the next step comes. `step` gives whether there is more to do. */
  async #timed(step: () => Promise<boolean>, intervalMs: number): Promise<number> {
    const { clock } = this.#deps;
    const startedAt = clock.monotonicMs();
    const more = await step();
    const endedAt = clock.monotonicMs();
    return endedAt + (more ? Math.max(SHORTEST_REST_MS, REST * (endedAt - startedAt)) : intervalMs);
  }

  /** How full queues are, each minute, and the longer slots of statistics. */
  async #sample(now: EpochMs): Promise<boolean> {
    const { store, inTime } = this.#deps;
    const counts = await inTime("counts", store.queues.counts({ withAges: true }));
    if (counts.length > 0) {
      const samples = counts.map(({ oldestReadyAt = now, ...count }) => {
        const { queue, scheduled, ready, leased, blocked = 0, dead } = count;
        return { queue, scheduled, ready, leased, blocked, dead, oldestMs: now - oldestReadyAt };
      });
      await inTime("sample", store.history.sample(samples));
    }
    await inTime("rollUp", store.history.rollUp());
    return false;
  }

  async #sweep(): Promise<boolean> {
    const { store, retention, inTime } = this.#deps;
    const swept = await inTime("sweep", store.sweep(STEP_LIMIT));
    const trimmed = await inTime("ledger.trim", store.ledger.trim(retention, STEP_LIMIT));
    return swept >= STEP_LIMIT || trimmed >= STEP_LIMIT;
  }

  async #removeEntries(now: EpochMs): Promise<boolean> {
    const { store, logger, inTime } = this.#deps;
    const after = this.#walkedTo === null ? {} : { after: this.#walkedTo };
    const page = await inTime("list", store.entries.list({ ...after, limit: STEP_LIMIT }));
    for (const stored of page) {
      if (!this.#isOver(stored, now)) continue;
      // One by one: such entries are few, and each is removed only as it was read.
      const outcome = await inTime("remove", store.entries.remove(stored.name, stored.etag));
      if (outcome === "removed") logger.info(`Scheduler: removed ${stored.name} (${stored.disabled})`);
    }
    this.#walkedTo = page.length < STEP_LIMIT ? null : page.at(-1)!.name;
    return this.#walkedTo !== null;
  }

  #isOver(stored: EntrySnapshot, now: EpochMs): boolean {
    if (stored.disabledAt === null) return false;
    const age = now - stored.disabledAt;
    if (goneFromCode(stored)) return age >= LEFT_CODE_KEPT_MS;
    if (stored.disabled !== DISABLED.ended || stored.owner !== "runtime" || age < ENDED_KEPT_MS) return false;
    try {
      const { scheduleText } = this.#deps.cache.read(stored);
      return (JSON.parse(scheduleText) as { type?: unknown }).type === "clocked";
    } catch {
      return false; // what cannot be read is not ours to delete
    }
  }
}
