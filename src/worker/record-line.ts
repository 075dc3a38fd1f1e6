import type { StoredResult } from "../store/contracts/results.js";

/** Records asked for in one call. The store gives fewer where they are large. */
const PAGE = 500;

export interface FoundRecord {
  readonly id: string;
  readonly record: StoredResult | null;
}

/** Records in the order of their ids, fetched a page ahead. */
export class RecordLine {
  readonly #ids: AsyncIterator<Iterable<string>>;
  readonly #fetch: (ids: readonly string[]) => Promise<readonly (StoredResult | null)[]>;
  /** Those of `#ids` that are asked for next. */
  #run: Iterator<string> | null = null;
  #asked: string[] = [];
  #page: readonly FoundRecord[] = [];
  #at = 0;
  /** The page behind this one, on its way. */
  #ahead: Promise<readonly FoundRecord[]> | null = null;

  constructor(
    ids: AsyncIterator<Iterable<string>>,
    fetch: (ids: readonly string[]) => Promise<readonly (StoredResult | null)[]>,
  ) {
    this.#ids = ids;
    this.#fetch = fetch;
  }

  /** The next record, where it is here; else `next` waits for it. */
  take(): FoundRecord | undefined {
    return this.#at < this.#page.length ? this.#page[this.#at++] : undefined;
  }

  async next(): Promise<FoundRecord> {
    if (this.#at === this.#page.length) await this.#turn();
    return this.#page[this.#at++]!;
  }

  async #turn(): Promise<void> {
    const page = this.#ahead ?? this.#read();
    this.#ahead = null;
    this.#page = await page;
    this.#at = 0;
    this.#ahead = this.#read();
    this.#ahead.catch(() => undefined); // it is awaited in its turn
  }

  async #read(): Promise<readonly FoundRecord[]> {
    await this.#ask();
    const asked = this.#asked;
    const records = asked.length > 0 ? await this.#fetch(asked) : [];
    this.#asked = asked.slice(records.length);
    return records.map((record, index) => ({ id: asked[index]!, record }));
  }

  async #ask(): Promise<void> {
    while (this.#asked.length < PAGE) {
      const id = this.#run?.next();
      if (id !== undefined && id.done !== true) {
        this.#asked.push(id.value);
        continue;
      }
      const run = await this.#ids.next();
      if (run.done === true) return;
      this.#run = run.value[Symbol.iterator]();
    }
  }
}
