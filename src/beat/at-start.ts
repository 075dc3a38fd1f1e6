import type { EpochMs } from "../core/clock.js";
import type { Store } from "../store/contracts/store.js";
import type { InTime } from "../core/patience.js";
import type { Lead } from "./leader.js";
import type { Rounds } from "./round.js";

const PAGE = 1_000;

/**
 * Sends the "@reboot" entries once, in the first term that this process wins. They have no instants, so they are
 * found by one walk over all entries. When the walk is cut short it goes on where it stopped, with the same instant
 * and so with the same ids: nothing is sent twice by one process.
 */
export class AtStart {
  readonly #store: Pick<Store, "entries" | "now">;
  readonly #inTime: InTime;
  readonly #rounds: Rounds;
  #at: EpochMs | null = null;
  #after: string | null = null;
  #pending = true;

  constructor(deps: {
    readonly store: Pick<Store, "entries" | "now">;
    readonly inTime: InTime;
    readonly rounds: Rounds;
  }) {
    this.#store = deps.store;
    this.#inTime = deps.inTime;
    this.#rounds = deps.rounds;
  }

  get pending(): boolean {
    return this.#pending;
  }

  /** Rejects with the store's error, and returns early when the term ends or no start is left; may then be called again. */
  async run(lead: Lead): Promise<void> {
    const at = (this.#at ??= await this.#inTime("now", this.#store.now()));
    while (lead.trusted()) {
      const after = this.#after === null ? {} : { after: this.#after };
      const page = await this.#inTime("list", this.#store.entries.list({ ...after, limit: PAGE }));
      const { outcome, read } = await this.#rounds.runAtStart(lead, page, at);
      if (outcome !== "done") return;
      if (read === page.length && page.length < PAGE) {
        this.#pending = false;
        return;
      }
      this.#after = page[read - 1]?.name ?? this.#after;
      if (read < page.length) return;
    }
  }
}
