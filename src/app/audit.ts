/** Who did what. */
import { assertKnownKeys, integerOption, nameOption } from "../core/options.js";
import type { AuditRecord } from "../store/contracts/audit.js";
import type { Store } from "../store/contracts/store.js";

export interface AuditOptions {
  /** At most so many rows. Default 50, at most 1,000. */
  readonly limit?: number | undefined;
  /** The id of the last one seen: those before it. */
  readonly before?: string | undefined;
  /** Who did it. */
  readonly by?: string | undefined;
  /** What it was done to. */
  readonly target?: string | undefined;
}

export class Audit {
  readonly #store: Pick<Store, "audit">;

  constructor(store: Pick<Store, "audit">) {
    this.#store = store;
  }

  /** Rows, newest first: of changes by the command line, a dashboard or a program. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID. */
  async list(options: AuditOptions = {}): Promise<readonly AuditRecord[]> {
    assertKnownKeys(options, ["limit", "before", "by", "target"], "audit.list");
    const { limit = 50, before, by, target } = options;
    return this.#store.audit.list({
      limit: integerOption(limit, "audit.list: limit", 1, 1_000),
      ...(before !== undefined && { before: nameOption(before, "audit.list: before") }),
      ...(by !== undefined && { by: nameOption(by, "audit.list: by") }),
      ...(target !== undefined && { target: nameOption(target, "audit.list: target") }),
    });
  }
}
