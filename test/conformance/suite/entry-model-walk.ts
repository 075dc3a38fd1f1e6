/** A random walk over entries and the runs that they send, compared with a model after every step. */
import assert from "node:assert/strict";
import type { EpochMs } from "../../../src/core/clock.js";
import { seededRandom } from "../../../src/core/random.js";
import type { Cursor, Overlap, PlannedOccurrence } from "../../../src/store/contracts/entries.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { EntryModel, type EntryView, type RowView } from "./entry-model.js";
import { cursor, entry, item, runId } from "./entry-samples.js";
import { group, type Harness } from "./harness.js";
import { lead } from "./leases.js";
import { claim, done, HOUR_MS, message } from "./samples.js";

const NAMES = ["a", "b"];
/** Longer than any walk. */
const LONG_MS = 1_000 * HOUR_MS;

const inOrder = (rows: readonly RowView[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

class Walk {
  readonly model: EntryModel;
  readonly #harness: Harness;
  readonly #term: string;
  readonly #random: (below: number) => number;
  /** Deliveries ever given: old tokens stay lost. */
  readonly #given: { readonly id: string; readonly token: string }[] = [];
  readonly #ids: string[] = [];
  /** Nothing is due twice. */
  #lastDue: EpochMs;
  #triggered = 0;

  constructor(harness: Harness, seed: number, term: string) {
    const numbers = seededRandom(seed);
    this.#harness = harness;
    this.#term = term;
    this.#random = (below) => Math.floor(numbers.next() * below);
    this.model = new EntryModel(harness.clock.now());
    this.#lastDue = harness.clock.now();
  }

  pick<T>(from: readonly T[]): T {
    return from[this.#random(from.length)] as T;
  }

  /** Later than all before, and mostly past. */
  #nextDue(): EpochMs {
    return (this.#lastDue += 1 + this.#random(300));
  }

  #overlap(): Overlap {
    return {
      policy: this.pick(["allow", "skip", "queue-one", "queue-one", "cancel-running"]),
      timeoutMs: this.pick([null, null, 1_500]),
      graceMs: this.pick([0, 800, 2_000]),
    };
  }

  #plan(name: string, from: EpochMs): PlannedOccurrence[] {
    const plan: PlannedOccurrence[] = [];
    for (let due = from, left = 1 + this.#random(3); left > 0; left--, due = this.#nextDue()) {
      if (this.#random(5) === 0) {
        plan.push({ kind: "skip", due, reason: "late" });
        continue;
      }
      const id = runId(name, due);
      this.#ids.push(id);
      plan.push({ kind: "send", due, overlap: this.#overlap(), message: message(id, { entry: name }) });
    }
    return plan;
  }

  /** Until a claim has come by, nobody sees that a wait is over. */
  async #pass(handle: Store, ms: number): Promise<void> {
    this.#harness.clock.jump(ms);
    this.model.now = this.#harness.clock.now();
    this.model.claim(0);
    await claim(handle, { max: 0 });
  }

  readonly #tick = async (handle: Store): Promise<void> => {
    const name = this.pick(NAMES);
    const stored = this.model.view(name);
    const at = stored?.cursor?.due ?? null;
    const plan = this.#plan(name, at ?? this.#nextDue());
    if (this.#random(8)) await this.#pass(handle, Math.max(0, this.#lastDue - this.model.now));
    const next: Cursor | null = this.#random(7) ? cursor(this.#nextDue()) : null;
    const planned = item(name, this.#random(9) ? at : 5, {
      ...{ revision: this.#random(9) ? (stored?.revision ?? "r1") : "of another deploy", plan, next },
      disable: next === null ? this.pick(["ended", null]) : null,
      maxRuns: this.pick([null, null, 5, 9]),
    });
    const reply = await handle.entries.tick(this.#term, [planned]);
    assert.equal(reply.outcome, "ticked");
    assert.deepEqual(reply.outcome === "ticked" && reply.items, [this.model.tick(planned)]);
  };

  readonly #put = async ({ entries }: Store): Promise<void> => {
    const name = this.pick(NAMES);
    const [stored] = await entries.get([name]);
    const change = {
      revision: this.pick(["r1", "r2"]),
      cursor: this.#random(8) ? cursor(this.#nextDue()) : null,
      pausedAt: this.#random(9) ? null : this.model.now,
      disabled: this.#random(9) ? null : "left-code",
    };
    this.model.put(name, change);
    const put = entry(name, null, { ...change, expect: stored?.etag ?? null });
    assert.deepEqual(await entries.put([put]), ["stored"]);
  };

  readonly #claim = async (handle: Store): Promise<void> => {
    const max = this.#random(3);
    const expected = this.model.claim(max);
    const { deliveries } = await claim(handle, { max, leaseMs: LONG_MS });
    assert.deepEqual(
      deliveries.map(({ id }) => this.model.readySince(id)),
      expected,
    );
    for (const { id, token } of deliveries) {
      this.model.gave(id, token);
      this.#given.push({ id, token });
    }
  };

  readonly #settle = async ({ consumer }: Store): Promise<void> => {
    const ref = this.#random(4) ? this.#given.at(-1 - this.#random(3)) : this.pick(this.#given);
    if (!ref) return;
    const expected = this.model.settle(ref.id, ref.token);
    assert.deepEqual((await consumer.settle([done(ref)], null)).outcomes, [expected]);
  };

  readonly verbs: readonly ((handle: Store) => Promise<void>)[] = [
    ...[this.#tick, this.#tick, this.#tick, this.#claim, this.#claim, this.#settle, this.#settle],
    this.#put,
    async (handle) => {
      const name = this.pick(NAMES);
      const isNew = this.#random(4) > 0 || this.#ids.length === 0;
      const id = isNew ? `${name}!${this.#triggered++}` : this.pick(this.#ids);
      if (isNew) this.#ids.push(id);
      const overlap = this.#random(4) ? this.#overlap() : null;
      const expected = this.model.trigger(name, id, overlap);
      assert.equal(await handle.entries.trigger(name, message(id, { entry: name }), overlap), expected);
      // No two rows of one entry are alike.
      await this.#pass(handle, 1);
      this.#lastDue = Math.max(this.#lastDue, this.model.now);
    },
    async ({ entries }) => {
      if (this.#random(3)) return;
      const name = this.pick(NAMES);
      const [stored] = await entries.get([name]);
      if (!stored) return;
      this.model.remove(name);
      assert.equal(await entries.remove(name, stored.etag), "removed");
    },
    async ({ sender }) => {
      const id = this.pick(this.#ids);
      if (id === undefined) return;
      this.model.revoke(id);
      await sender.revoke([id], { terminate: this.#random(2) === 0, keepMs: 0 });
    },
    async (handle) => this.#pass(handle, this.#random(900)),
  ];

  async compare({ entries, ledger }: Store): Promise<void> {
    for (const name of NAMES) {
      const [stored] = await entries.get([name]);
      assert.deepEqual(stored ? viewOf(stored) : null, this.model.view(name), `entry ${name}`);
      const rows = await ledger.rows(name, { limit: 10_000, keep: "oldest" });
      const found = rows.map((row): RowView => {
        assert(row.kind === "row");
        return { due: row.due, fate: row.fate, reason: row.reason, taskId: row.taskId };
      });
      assert.deepEqual(inOrder(found), inOrder(this.model.rows.get(name) ?? []), `ledger of ${name}`);
    }
  }
}

function viewOf(stored: EntryView): EntryView {
  const { revision, cursor, pausedAt, disabled, lastDue, runs, unfinished, buffered } = stored;
  return { revision, cursor, pausedAt, disabled, lastDue, runs, unfinished, buffered };
}

export async function walkEntryModel(harness: Harness, seed: number, steps: number): Promise<void> {
  const handles = [harness.store, await harness.peer()];
  const walk = new Walk(harness, seed, await lead(harness.store, undefined, LONG_MS));
  for (let step = 0; step < steps; step++) {
    try {
      await walk.pick(walk.verbs)(walk.pick(handles));
      await walk.compare(walk.pick(handles));
    } catch (error) {
      throw new Error(`entry walk: seed ${seed}, step ${step}: the store and the model differ`, {
        cause: error,
      });
    }
  }
}

export const entryModelCases = group(
  "entries: random walks beside a model",
  Object.fromEntries(
    [1, 2, 3, 4, 5].map((seed) => [
      `two hundred random steps agree with the model, seed ${seed}`,
      (harness: Harness) => walkEntryModel(harness, seed, 200),
    ]),
  ),
);
