import type { StoredResult } from "../store/contracts/results.js";

/** Records asked for in one call. The store gives fewer where they are large. */
const PAGE = 500;

export interface FoundRecord {
  readonly id: string;
  readonly record: StoredResult | null;
}

/** Records in the order of their ids, fetched a page ahead. */
export class RecordLine {
  readonly #ids: AsyncIterator<string>;
  readonly #fetch: (ids: readonly string[]) => Promise<readonly (StoredResult | null)[]>;
  #asked: string[] = [];
  #page: FoundRecord[] = [];
  #at = 0;

  constructor(
    ids: AsyncIterator<string>,
    fetch: (ids: readonly string[]) => Promise<readonly (StoredResult | null)[]>,
  ) {
    this.#ids = ids;
    this.#fetch = fetch;
  }

  async next(): Promise<FoundRecord> {
    if (this.#at === this.#page.length) await this.#turn();
    return this.#page[this.#at++]!;
  }

  async #turn(): Promise<void> {
    while (this.#asked.length < PAGE) {
      const next = await this.#ids.next();
      if (next.done) break;
      this.#asked.push(next.value);
    }
    const records = await this.#fetch(this.#asked);
    this.#page = records.map((record, index) => ({ id: this.#asked[index]!, record }));
    this.#asked = this.#asked.slice(records.length);
    this.#at = 0;
  }
}
