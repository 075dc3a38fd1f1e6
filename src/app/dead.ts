/** What operators do with dead letters, and with what is kept of tasks that failed. */
import { type AuditContext, audited } from "../control/index.js";
import { assertKnownKeys, booleanOption, integerOption, invalidOption, nameOption } from "../core/options.js";
import type { DeadLetter } from "../store/contracts/dead-letters.js";
import type { Store } from "../store/contracts/store.js";

export interface DeadListOptions {
  readonly queue?: string | undefined;
  /** Default 50; of those that failed at most 500. */
  readonly limit?: number | undefined;
  /** Those that were kept when their tasks failed, which are no dead letters. Default false. */
  readonly failed?: boolean | undefined;
}

export interface DeadView extends Omit<DeadLetter, "at"> {
  readonly at: Date;
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

  /** Newest first. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID. */
  async list(options: DeadListOptions = {}): Promise<DeadView[]> {
    assertKnownKeys(options, ["queue", "limit", "failed"], "dead.list");
    const { queue, limit, failed } = options;
    const letters = await this.#store.deadLetters.list({
      limit: integerOption(limit ?? DEFAULT_LIMIT, "dead.list: limit", 1, MOST),
      ...(queue !== undefined && { queue: nameOption(queue, "dead.list: queue") }),
      ...(failed !== undefined && { failed: booleanOption(failed, "dead.list: failed") }),
    });
    return letters.map((letter) => ({ ...letter, at: new Date(letter.at) }));
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

const targetOf = (ids: readonly string[]): string => (ids.length === 1 ? ids[0]! : `${ids.length} tasks`);

function listOf(ids: string | readonly string[], what: string): readonly string[] {
  const list: unknown = typeof ids === "string" ? [ids] : ids;
  if (!Array.isArray(list)) throw invalidOption(what, "an id, or a list of ids", ids);
  return list.map((id) => nameOption(id, what));
}
