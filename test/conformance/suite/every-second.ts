/** An entry that is due every second: the set-up of cases about runs that meet others. */
import type { EpochMs } from "../../../src/core/clock.js";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import type { Overlap } from "../../../src/store/contracts/entries.js";
import { cursor, entry, item, putAll, runId, sendOf, tick } from "./entry-samples.js";
import type { Harness } from "./harness.js";
import { lead } from "./leases.js";
import { HOUR_MS } from "./samples.js";

export interface EverySecond {
  readonly term: string;
  /** The due time of the nth occurrence. */
  due(n: number): EpochMs;
  /** The id of its message. */
  id(n: number): string;
  /** Waits for the next occurrence, ticks it, and gives what became of it. */
  tick(overlap: Overlap, changes?: Partial<NewMessage>): Promise<string>;
  /** Ticks the nth occurrence again, at once: the entry's cursor has been set back to it. */
  again(n: number, overlap: Overlap): Promise<string>;
}

/** Puts the entry, due from now on. `term` is taken unless there is one, `message` changes each of its messages. */
export async function everySecond(
  { store, clock }: Harness,
  options: {
    readonly name?: string;
    readonly term?: string;
    readonly maxRuns?: number;
    readonly message?: Partial<NewMessage>;
  } = {},
): Promise<EverySecond> {
  const { name = "a", maxRuns = null, message } = options;
  const start = clock.now();
  await putAll(store, entry(name, start));
  const term = options.term ?? (await lead(store, undefined, 24 * HOUR_MS));
  const tickAt = async (due: EpochMs, overlap: Overlap, changes?: Partial<NewMessage>): Promise<string> => {
    const plan = [sendOf(name, due, overlap, { ...message, ...changes })];
    const [outcome] = await tick(store, term, item(name, due, { plan, next: cursor(due + 1_000), maxRuns }));
    return outcome?.outcome === "ticked" ? String(outcome.occurrences[0]) : String(outcome?.outcome);
  };
  let due = start;
  return {
    term,
    due: (n) => start + n * 1_000,
    id: (n) => runId(name, start + n * 1_000),
    async tick(overlap, changes) {
      await clock.advance(Math.max(0, due - clock.now()));
      const outcome = await tickAt(due, overlap, changes);
      due += 1_000;
      return outcome;
    },
    again: (n, overlap) => tickAt(start + n * 1_000, overlap),
  };
}
