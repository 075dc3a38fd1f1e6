import type { EventMap, Events } from "../events/index.js";
import type { CalendarData } from "../schedules/index.js";
import type { Store } from "../store/contracts/store.js";
import { registerCalendars } from "./calendar-registration.js";
import { countDrift, type Drift, readDrift } from "./drift.js";
import { register, type Registration, type RegistrationDeps } from "./registration.js";

/** Names looked up at once when a term begins: the first one found is enough. */
const PAGE = 100;

/** Names told at once. */
const TOLD = 10;

export interface CodeEntriesDeps extends RegistrationDeps {
  readonly store: Pick<Store, "entries" | "calendars" | "now">;
  readonly calendars: readonly CalendarData[];
  readonly events: Pick<Events, "emit">;
  /** "apply": they are written by `sunbeat schedule apply` alone, and compared here. */
  readonly register: "auto" | "apply";
}

/** The calendars and entries that code declares here, as the store should have them. */
export class CodeEntries {
  readonly #deps: CodeEntriesDeps;
  #registration: Registration | null = null;
  #drift: readonly Drift[] | null = null;

  constructor(deps: CodeEntriesDeps) {
    this.#deps = deps;
  }

  /** As found at the start; null: they are registered here, or have not been compared yet. */
  get drift(): readonly Drift[] | null {
    return this.#drift;
  }

  /** Registers, or compares. Rejects with the store's error; may then be repeated. */
  async begin(): Promise<void> {
    if (this.#deps.register === "auto") return this.#register();
    this.#drift = await readDrift(this.#deps);
    if (this.#drift.length > 0) this.#tellDrift(this.#drift);
  }

  #tellDrift(drift: readonly Drift[]): void {
    const { logger, events } = this.#deps;
    const kinds = countDrift(drift);
    const entries = drift.slice(0, TOLD).map(({ entry }) => entry);
    const text = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
    logger.warn(
      `beat: ${drift.length} entries are not stored as the code declares them (${text.join(", ")}): see sunbeat schedule plan`,
      { event: "schedule-drift", entries },
    );
    events.emit("schedule-drift", {
      count: drift.length,
      kinds,
      entries,
    } satisfies EventMap["schedule-drift"]);
  }

  /** Of the last time; null: they have not been registered yet. */
  get registration(): Registration | null {
    return this.#registration;
  }

  async #register(): Promise<void> {
    const { store, cache, inTime } = this.#deps;
    await registerCalendars(this.#deps);
    await cache.book.refresh(store, inTime);
    this.#registration = await register(this.#deps);
  }

  /** Calendars have come or changed: entries that have waited for one are registered. */
  async calendarsChanged(): Promise<void> {
    if (this.#registration !== null && this.#registration.waiting.length > 0) await this.#register();
  }

  /**
   * Registers again with a store that has lost all it had, as a Redis without persistence does when it restarts: else
   * nothing would be due until a beat is started anew. The lead is lost with the rest, so the next term finds out.
   */
  async restore(): Promise<void> {
    if (!(await this.#areForgotten())) return;
    const isOurs = this.#deps.register === "auto";
    const what = isOurs ? "registering them again" : "sunbeat schedule apply writes them again";
    this.#deps.logger.error(`beat: the store has lost every entry of this app; ${what}`);
    if (isOurs) await this.#register();
  }

  /** Whether the store has none of them. */
  async #areForgotten(): Promise<boolean> {
    const { store, entries, inTime } = this.#deps;
    for (let from = 0; from < entries.length; from += PAGE) {
      const names = entries.slice(from, from + PAGE).map(({ name }) => name);
      const found = await inTime("get", store.entries.get(names));
      if (found.some((stored) => stored !== null)) return false;
    }
    return entries.length > 0;
  }
}
