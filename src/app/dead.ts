/** What operators do with dead letters, and with what is kept of tasks that failed. */
import { type AuditContext, audited } from "../control/index.js";
import {
  assertKnownKeys,
  booleanOption,
  integerOption,
  invalidOption,
  nameOption,
  textOption,
} from "../core/options.js";
import type { DeadLetter } from "../store/contracts/dead-letters.js";
import type { Store } from "../store/contracts/store.js";

export interface DeadListOptions {
  readonly queue?: string | undefined;
  readonly task?: string | undefined;
  readonly reason?: string | undefined;
  /** Default 50; at most 10,000. */
  readonly limit?: number | undefined;
  /** Where an earlier page ended: its `next`. */
  readonly after?: string | undefined;
  /** Those that were kept when their tasks failed, which are no dead letters. Default false. */
  readonly failed?: boolean | undefined;
}

export interface DeadView extends Omit<DeadLetter, "at"> {
  readonly at: Date;
}

export interface DeadPage {
  /** Newest first. */
  readonly letters: readonly DeadView[];
  /** Null: there is no more. A page may have fewer letters than its limit before the last: 2,500 are looked at for one. */
  readonly next: string | null;
}

const DEFAULT_LIMIT = 50;
const MOST = 10_000;

/** `app.dead`. */
export class Dead {
  readonly #store: Pick<Store, "deadLetters">;
  readonly #audit: () => AuditContext;

  constructor(store: Pick<Store, "deadLetters">, audit: () => AuditContext) {
    this.#store = store;
    this.#audit = audit;
  }

  /**
   * A page. A letter that stays is on one page, whatever comes and goes meanwhile.
   * Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID.
   */
  async list(options: DeadListOptions = {}): Promise<DeadPage> {
    assertKnownKeys(options, ["queue", "task", "reason", "limit", "failed", "after"], "dead.list");
    const { queue, task, reason, limit, failed, after } = options;
    const { letters, next } = await this.#store.deadLetters.list({
      limit: integerOption(limit ?? DEFAULT_LIMIT, "dead.list: limit", 1, MOST),
      ...(queue !== undefined && { queue: nameOption(queue, "dead.list: queue") }),
      ...(task !== undefined && { task: nameOption(task, "dead.list: task") }),
      ...(reason !== undefined && { reason: textOption(reason, "dead.list: reason") }),
      ...(after !== undefined && { after: cursorOf(after) }),
      ...(failed !== undefined && { failed: booleanOption(failed, "dead.list: failed") }),
    });
    return { letters: letters.map(viewOf), next };
  }

  /** By id, dead letters and those kept since their tasks failed; null for each that is neither. Code: SUNBEAT_OPTION_INVALID. */
  async get(ids: string | readonly string[]): Promise<(DeadView | null)[]> {
    const letters = await this.#store.deadLetters.get(listOf(ids, "dead.get: id"));
    return letters.map((letter) => letter && viewOf(letter));
  }

  /** Puts them back into their queues with fresh counts; gives the number found. Code: SUNBEAT_OPTION_INVALID. */
  async retry(ids: string | readonly string[]): Promise<number> {
    const list = listOf(ids, "dead.retry: id");
    return audited(this.#audit(), { verb: "dead.retry", target: targetOf(list) }, () =>
      this.#store.deadLetters.redrive(list),
    );
  }

  /** Gives the number found. Code: SUNBEAT_OPTION_INVALID. */
  async delete(ids: string | readonly string[]): Promise<number> {
    const list = listOf(ids, "dead.delete: id");
    return audited(this.#audit(), { verb: "dead.delete", target: targetOf(list) }, () =>
      this.#store.deadLetters.delete(list),
    );
  }
}

const viewOf = (letter: DeadLetter): DeadView => ({ ...letter, at: new Date(letter.at) });

/** As the stores give them. */
const CURSOR = /^\d{1,16}$/;

function cursorOf(after: unknown): string {
  if (typeof after === "string" && CURSOR.test(after)) return after;
  throw invalidOption("dead.list: after", "where an earlier page ended", after);
}

const targetOf = (ids: readonly string[]): string => (ids.length === 1 ? ids[0]! : `${ids.length} tasks`);

function listOf(ids: string | readonly string[], what: string): readonly string[] {
  const list: unknown = typeof ids === "string" ? [ids] : ids;
  if (!Array.isArray(list)) throw invalidOption(what, "an id, or a list of ids", ids);
  return list.map((id) => nameOption(id, what));
}
