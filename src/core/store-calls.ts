/** How many calls of the store a process has made, and how long they took. */
import { type CallMeter, isWait } from "./call-meter.js";

/** Times in ms: upper bounds of buckets a fifth wide; null: no call has succeeded. */
export interface CallFigures {
  readonly n: number;
  readonly errors: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

/** Four buckets double; the first holds all up to 0.05 ms, the last all from about a minute on. */
const FIRST_MS = 0.05;
const PER_DOUBLING = 4;
const BUCKETS = 82;

class Calls {
  n = 0;
  errors = 0;
  readonly #buckets = new Uint32Array(BUCKETS);

  add(ms: number, isError: boolean): void {
    this.n++;
    if (isError) this.errors++;
    else this.#buckets[bucketOf(ms)]!++;
  }

  addAll(others: Calls): void {
    this.n += others.n;
    this.errors += others.errors;
    others.#buckets.forEach((count, bucket) => (this.#buckets[bucket]! += count));
  }

  figures(): CallFigures {
    const { n, errors } = this;
    return { n, errors, p50: this.#percentile(0.5), p99: this.#percentile(0.99) };
  }

  #percentile(share: number): number | null {
    const all = this.n - this.errors;
    if (all === 0) return null;
    let below = 0;
    const bucket = this.#buckets.findIndex((count) => (below += count) >= share * all);
    return Number((FIRST_MS * 2 ** (bucket / PER_DOUBLING)).toPrecision(3));
  }
}

function bucketOf(ms: number): number {
  const bucket = Math.ceil(PER_DOUBLING * Math.log2(Math.max(ms, FIRST_MS) / FIRST_MS));
  return Math.min(bucket, BUCKETS - 1);
}

export class StoreCalls {
  readonly #meter: CallMeter;
  readonly #byCall = new Map<string, Calls>();
  #isOn = false;

  constructor(meter: CallMeter) {
    this.#meter = meter;
  }

  /** Counts from now on. Once is enough. */
  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#meter.on((op, ms, outcome) => {
      if (isWait(op)) return;
      let calls = this.#byCall.get(op);
      if (calls === undefined) this.#byCall.set(op, (calls = new Calls()));
      calls.add(ms, "error" in outcome);
    });
  }

  /** Over all, and of each call by its name. */
  figures(): CallFigures & { readonly calls: Readonly<Record<string, CallFigures>> } {
    const byName = [...this.#byCall].sort(([a], [b]) => (a < b ? -1 : 1));
    const all = new Calls();
    for (const [, calls] of byName) all.addAll(calls);
    return {
      ...all.figures(),
      calls: Object.fromEntries(byName.map(([op, calls]) => [op, calls.figures()])),
    };
  }
}
