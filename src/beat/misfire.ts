/**
 * What happens to occurrences that are found late: the misfire policy. Pure.
 *
 * An occurrence is late when more than a grace lies between its dispatch instant and the one at which that is judged. `latest` runs the newest
 * late one that is not older than `within` and skips the others as "coalesced"; `all` runs each, oldest first, up to
 * `max`, and skips the rest as "cap"; both skip what is older than `within` as "too-late". `skip` runs none ("late").
 * What is not late is always run.
 */
import type { EpochMs } from "../core/clock.js";
import type { Cursor } from "../store/contracts/entries.js";

export const MISFIRE_POLICIES = ["all", "latest", "skip"] as const;
export type MisfirePolicyName = (typeof MISFIRE_POLICIES)[number];

export interface MisfirePolicy {
  readonly policy: MisfirePolicyName;
  /** Older occurrences are not run any more; null: no limit. */
  readonly withinMs: number | null;
  /** Late runs sent in one go under "all". */
  readonly max: number;
}

/** How late an occurrence may be handled without being late. */
export const GRACE_MS = 1_000;

/** What is decided about due occurrences; a range stands for `count` of them, skipped for one reason. */
export type Decision =
  | { readonly kind: "send"; readonly due: EpochMs }
  | { readonly kind: "skip"; readonly due: EpochMs; readonly reason: string }
  | {
      readonly kind: "range";
      readonly from: EpochMs;
      readonly to: EpochMs;
      readonly count: number;
      readonly reason: string;
    };

export interface MisfireContext {
  readonly misfire: MisfirePolicy;
  /** Now; or earlier, where it waits only because the beat is busy, or limited, with what was due before. */
  readonly judgedAt: EpochMs;
  /** No more than so many are sent. */
  readonly sendsLeft: number;
  /** Late ones sent before, which count for `max`. */
  readonly caughtUp: number;
}

/**
 * Takes due occurrences one by one, oldest first, and keeps the decisions: neighbours skipped for one reason take
 * the place of one, so a year of missed minutes needs no more memory than an hour.
 */
export class MisfireSorter {
  readonly decisions: Decision[] = [];
  readonly #context: MisfireContext;
  /** Under "latest": the newest late occurrence so far, to be sent unless a newer one comes. */
  #newest: EpochMs | null = null;
  #sent = 0;
  #caughtUp: number;

  constructor(context: MisfireContext) {
    this.#context = context;
    this.#caughtUp = context.caughtUp;
  }

  /** False: no more may be sent, and nothing was decided about `cursor`. */
  take(cursor: Cursor): boolean {
    const { misfire } = this.#context;
    if (!this.#isLate(cursor)) {
      this.#sendNewest();
      return this.#send(cursor.due);
    }
    if (misfire.policy === "skip") return this.#skip(cursor.due, "late");
    if (misfire.withinMs !== null && this.#context.judgedAt - cursor.dispatchAt > misfire.withinMs) {
      return this.#skip(cursor.due, "too-late");
    }
    if (misfire.policy === "latest") {
      if (this.#newest !== null) this.#skip(this.#newest, "coalesced");
      this.#newest = cursor.due;
      return true;
    }
    if (this.#caughtUp >= misfire.max) return this.#skip(cursor.due, "cap");
    if (!this.#send(cursor.due)) return false;
    this.#caughtUp++;
    return true;
  }

  /** Ends the sorting; `following` is the first occurrence that was not taken, due or not. */
  finish(following: Cursor | null): void {
    if (this.#newest === null) return;
    // Only a plan that was cut short leaves a late one behind: then that one is newer than ours.
    if (following !== null && this.#isLate(following)) this.#skip(this.#newest, "coalesced");
    else this.#sendNewest();
    this.#newest = null;
  }

  #isLate(cursor: Cursor): boolean {
    return this.#context.judgedAt - cursor.dispatchAt > GRACE_MS;
  }

  #sendNewest(): void {
    if (this.#newest !== null) this.#send(this.#newest);
    this.#newest = null;
  }

  #send(due: EpochMs): boolean {
    if (this.#sent >= this.#context.sendsLeft) return false;
    this.#sent++;
    this.decisions.push({ kind: "send", due });
    return true;
  }

  #skip(due: EpochMs, reason: string): true {
    const last = this.decisions.at(-1);
    if (last === undefined || last.kind === "send" || last.reason !== reason) {
      this.decisions.push({ kind: "skip", due, reason });
    } else {
      const [from, count] = last.kind === "range" ? [last.from, last.count] : [last.due, 1];
      this.decisions[this.decisions.length - 1] = { kind: "range", from, to: due, count: count + 1, reason };
    }
    return true;
  }
}
