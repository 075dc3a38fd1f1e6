/**
 * Keeps the cursors on the present data. When time zone data or calendars have changed since all entries were last looked at, the
 * leader walks over them in order of due, a thousand a step, beside its ticks; its successor goes on where it stopped. An entry that is
 * due before the walk comes to it is compared before it is sent.
 */
import type { EpochMs } from "../core/clock.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import type { InTime } from "../core/patience.js";
import type { Events } from "../events/index.js";
import type { BasisWalk, EntryRecord, UpcomingPlace } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import {
  basisOf,
  becauseOf,
  hasNewerTz,
  isAhead,
  mayDepend,
  type Moved,
  movedBy,
  wholeBasis,
} from "./basis.js";
import type { Entry } from "./entry.js";
import type { EntryCache } from "./entry-cache.js";
import type { Lead } from "./leader.js";

const STEP = 1_000;
/** An entry that changes so often while it is looked at is left to its next tick. */
const MOST_TRIES = 5;

export interface BasisDeps {
  readonly store: Pick<Store, "entries" | "calendars">;
  readonly logger: Logger;
  readonly events: Pick<Events, "emit">;
  readonly cache: EntryCache;
  readonly inTime: InTime;
  /** Of this process: `tzVersion`. */
  readonly tz: string;
}

/** As `walk` keeps it. */
export interface WalkPlace {
  readonly basis: string;
  readonly after: UpcomingPlace | null;
}

export class BasisKeeper {
  readonly #deps: BasisDeps;
  /** As the store has it; null: not read in this term. */
  #walk: BasisWalk | null = null;
  #isFresh = false;
  #hasWarned = false;

  constructor(deps: BasisDeps) {
    this.#deps = deps;
  }

  /** Of an entry of the cache: with what its next cursor is computed. */
  of(entry: Entry): string {
    return basisOf(entry, this.#deps.cache.book, this.#deps.tz);
  }

  /** A calendar was written: it is read before the next round. */
  calendarsChanged(): void {
    this.#isFresh = false;
  }

  /** A term begins: whatever was written before counts. */
  begin(): void {
    this.#isFresh = false;
    this.#walk = null;
  }

  /** The calendars of the store are those of this process. True: they have changed. Rejects with the store's error. */
  async refresh(): Promise<boolean> {
    if (this.#isFresh) return false;
    const { cache, store, inTime } = this.#deps;
    this.#isFresh = true;
    const before = cache.book.generation;
    try {
      await cache.book.refresh(store, inTime);
    } catch (error) {
      this.#isFresh = false;
      throw error;
    }
    return cache.book.generation !== before;
  }

  /** What is to be done about an entry that is due, before it is sent; null: nothing. */
  compare(stored: EntryRecord, entry: Entry, now: EpochMs): Moved | null {
    return movedBy(stored, entry, this.of(entry), now);
  }

  /** Writes and tells what has moved. Those that changed meanwhile are given back. */
  async move(moved: readonly Moved[]): Promise<string[]> {
    if (moved.length === 0) return [];
    const { store, inTime, events, logger } = this.#deps;
    const outcomes = await inTime("put", store.entries.put(moved.map(({ put }) => put)));
    const lost: string[] = [];
    moved.forEach(({ put: { name: entry }, from, to, causes, passed }, index) => {
      if (outcomes[index] === "conflict") return void lost.push(entry);
      const because = becauseOf(causes);
      const times = `${isoOf(from)} to ${to === null ? "never" : isoOf(to)}`;
      logger.info(
        `Scheduler: ${entry} moves from ${times} (${because})${passed ? "; a tick has passed" : ""}`,
        {
          ...{ entry, event: "schedule-moved" },
        },
      );
      events.emit("schedule-moved", { entry, from, to, because, passed });
    });
    return lost;
  }

  /**
   * Before the first entry is compared with other data it is written that a walk is due: else a change that is taken back would leave
   * the cursors that it has moved. Rejects with the store's error.
   */
  async announce(lead: Lead): Promise<void> {
    const { store, inTime } = this.#deps;
    this.#walk ??= await inTime("basisWalk", store.entries.basisWalk());
    const { basis, walk } = this.#walk;
    const present = this.#whole();
    if (basis !== null && hasNewerTz(basis, present)) this.#warn(basis);
    if (basis !== null && walk === null && isAhead(basis, present)) {
      return this.#put(lead, { basis: present, walk: null });
    }
    if ((basis === present && walk === null) || walkPlace(walk, present) !== null) return;
    await this.#put(lead, { basis, walk: JSON.stringify({ basis: present, after: null }) });
  }

  /** One step of the walk. True: there is more to do. Rejects with the store's error; may then be repeated. */
  async step(lead: Lead, now: EpochMs): Promise<boolean> {
    const { store, inTime } = this.#deps;
    const { basis, walk } = this.#walk ?? { basis: null, walk: null };
    const present = this.#whole();
    const place = walkPlace(walk, present);
    if (place === null) return walk !== null;
    const { after } = place;
    const page = await inTime("upcoming", store.entries.upcoming({ after, limit: STEP }));
    await this.#rebase(page, now);
    const last = page.at(-1);
    if (page.length < STEP || last?.cursor == null) {
      await this.#put(lead, { basis: present, walk: null });
      return false;
    }
    const next: WalkPlace = {
      basis: present,
      after: { dispatchAt: last.cursor.dispatchAt, name: last.name },
    };
    await this.#put(lead, { basis, walk: JSON.stringify(next) });
    return true;
  }

  #whole(): string {
    return wholeBasis(this.#deps.cache.book, this.#deps.tz);
  }

  async #put(lead: Lead, walk: BasisWalk): Promise<void> {
    const { store, inTime } = this.#deps;
    const outcome = await inTime("putBasisWalk", store.entries.putBasisWalk(lead.term, walk));
    if (outcome === "fenced") lead.end("fenced: the store has another term");
    else this.#walk = walk;
  }

  async #rebase(page: readonly EntryRecord[], now: EpochMs): Promise<void> {
    const { store, inTime } = this.#deps;
    let left: readonly EntryRecord[] = page;
    for (let tries = 0; left.length > 0 && tries < MOST_TRIES; tries++) {
      const lost = await this.move(left.flatMap((stored) => this.#moved(stored, now) ?? []));
      if (lost.length === 0) return;
      const found = await inTime("get", store.entries.get(lost));
      left = found.filter(
        (one) => one !== null && one.pausedAt === null && one.disabled === null,
      ) as EntryRecord[];
    }
  }

  /** One that cannot be read is found again when it is due. */
  #moved(stored: EntryRecord, now: EpochMs): Moved | null {
    if (!mayDepend(stored.definition)) return null;
    try {
      return this.compare(stored, this.#deps.cache.runnable(stored), now);
    } catch (error) {
      this.#deps.logger.debug(failureEntry(`beat: ${stored.name} stays as it is`, error), {
        entry: stored.name,
      });
      return null;
    }
  }

  #warn(basis: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { logger, tz } = this.#deps;
    logger.warn(
      `beat: this process has time zone data ${tz}, older than those with which entries were computed ` +
        `(${basis.split(";")[0]!.slice(1)}): upgrade its Node, or set NODE_ICU_DATA`,
    );
  }
}

/** How far a walk has come that makes `basis` the present one; null: none is under way for these data. */
export function walkPlace(walk: string | null, basis: string): WalkPlace | null {
  if (walk === null) return null;
  try {
    const place = JSON.parse(walk) as WalkPlace;
    return place.basis === basis ? place : null;
  } catch {
    return null; // of another version
  }
}

function isoOf(instant: EpochMs): string {
  return new Date(instant).toISOString();
}
