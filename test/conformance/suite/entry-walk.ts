/**
 * A random walk over what entries and their runs go through, taken by a store and by the memory store side by side:
 * each step must have the same answer in both, and leave the same behind. The seed gives the walk again.
 */
import assert from "node:assert/strict";
import { silentLogger } from "../../../src/core/logger.js";
import { seededRandom } from "../../../src/core/random.js";
import type { Delivery } from "../../../src/store/contracts/delivery.js";
import type { Settlement } from "../../../src/store/contracts/consumer.js";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import type {
  Cursor,
  EntrySnapshot,
  Overlap,
  PlannedOccurrence,
} from "../../../src/store/contracts/entries.js";
import type { LedgerRecord } from "../../../src/store/contracts/ledger.js";
import { openMemoryStore } from "../../../src/store/memory/index.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { cursor, entry, item, runId } from "./entry-samples.js";
import { group, type Harness } from "./harness.js";
import { lead } from "./leases.js";
import { claim, dead, done, HOUR_MS, lost, message, retry } from "./samples.js";

const NAMES = ["a", "b"];
const QUEUES = ["q", "r"];
/** Longer than any walk. */
const TERM_MS = 1_000 * HOUR_MS;

/** What both stores were given for one thing: tokens and etags are each store's own. */
type Twin<T> = readonly [T, T];

/** Answers without what is each store's own. */
function shared(answer: unknown): unknown {
  if (answer === undefined) return null;
  const text = JSON.stringify(answer, (key, value: unknown) =>
    key === "etag" || key === "token" ? "" : value,
  );
  return JSON.parse(text);
}

/** In one order: records of one due time may stand in any. */
function inOrder(records: readonly LedgerRecord[]): LedgerRecord[] {
  const keyOf = (record: LedgerRecord): string =>
    record.kind === "row"
      ? `${record.due} ${record.fate} ${record.reason} ${record.taskId} ${record.at}`
      : `${record.from} ${record.to} ${record.reason} ${record.at}`;
  return [...records].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Throws on the first difference. */
async function walkEntries(harness: Harness, seed: number, steps: number): Promise<void> {
  const { clock } = harness;
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const memory = openMemoryStore({ clock, random, logger: silentLogger });
  const stores: Twin<Store> = [harness.store, memory];

  const both = async <T>(work: (store: Store, which: 0 | 1) => Promise<T>): Promise<Twin<T>> => {
    const answers = [await work(stores[0], 0), await work(stores[1], 1)] as const;
    assert.deepEqual(shared(answers[0]), shared(answers[1]));
    return answers;
  };
  const terms = await both((store) => lead(store, undefined, TERM_MS));
  const ids = new Set<string>();
  const given: Twin<Delivery>[] = [];
  let ranges = 0;

  const read = async (name: string): Promise<Twin<EntrySnapshot | null>> =>
    both(async (store) => (await store.entries.get([name]))[0] ?? null);
  const aDelivery = (): Twin<Delivery> | undefined => (below(3) ? given.at(-1 - below(3)) : pick(given));
  const aMessage = (id: string, name: string): NewMessage => {
    ids.add(id);
    return message(id, {
      ...{ entry: name, queue: pick(QUEUES), priority: below(2), maxDeliveries: 1 + below(2) },
      resultTtlMs: pick([HOUR_MS, HOUR_MS, 0]),
      ...(below(4) === 0 && { eta: { inMs: below(3_000) } }),
      ...(below(4) === 0 && { expires: { inMs: below(4_000) } }),
    });
  };
  const anOverlap = (): Overlap => ({
    policy: pick(["allow", "skip", "queue-one", "queue-one", "cancel-running"]),
    timeoutMs: pick([null, null, 2_000, 5_000]),
    graceMs: pick([1_000, 3_000]),
  });
  const aCursor = (): Cursor | null => {
    const due = clock.now() - below(500);
    return below(8) ? cursor(due, due + below(200)) : null;
  };
  /** No two alike: a store may keep equal records of one instant as one. */
  const aRange = (from: number) => ({ from, to: from + 2, count: 3, reason: `r${++ranges}`, schedule: "{}" });
  const aBasis = () => (below(3) ? {} : { basis: pick(["t2025c", "t2026a;DE=1"]) });
  const aPlan = (name: string, from: number): { plan: PlannedOccurrence[]; end: number } => {
    const plan: PlannedOccurrence[] = [];
    let due = from;
    for (let left = 1 + below(3); left > 0; left--, due += 3 + below(100)) {
      const kind = below(5);
      if (kind === 0) plan.push({ kind: "skip", due, reason: "late" });
      else if (kind === 1) plan.push({ kind: "range", ...aRange(due) });
      else {
        plan.push({ kind: "send", due, message: aMessage(runId(name, due), name), overlap: anOverlap() });
      }
    }
    return { plan, end: due };
  };

  const tick = async (): Promise<void> => {
    const name = pick(NAMES);
    const [stored] = await read(name);
    if (!stored) return;
    const at = stored.cursor?.due ?? null;
    const { plan, end } = aPlan(name, at ?? clock.now() - 3);
    const next = below(6) ? cursor(end, end + below(100)) : null;
    const planned = item(name, below(9) ? at : 5, {
      ...{ revision: below(9) ? stored.revision : "of another deploy", plan, next },
      ...aBasis(),
      disable: next === null ? pick(["ended", null]) : null,
      maxRuns: pick([null, null, 3, 6, 12]),
    });
    await both((store, which) => store.entries.tick(terms[which], [planned]));
  };
  const take = async (): Promise<void> => {
    const request = { queues: [pick(QUEUES)], max: below(3), leaseMs: 500 + below(3_000) };
    const [ours, theirs] = await both((store) => claim(store, request));
    ours.deliveries.forEach((delivery, n) => given.push([delivery, theirs.deliveries[n] as Delivery]));
  };
  const settle = async (): Promise<void> => {
    const refs = aDelivery();
    if (!refs) return;
    const delayMs = below(2) * 700;
    const settlement = pick<(ref: Delivery) => Settlement>([
      done,
      done,
      (ref) => retry(ref, delayMs),
      (ref) => ({ ...retry(ref, delayMs), kind: "defer" }),
      dead,
      lost,
    ]);
    await both((store, which) => store.consumer.settle([settlement(refs[which])], null));
  };
  const verbs: (() => Promise<unknown>)[] = [
    ...[tick, tick, tick, take, take, settle, settle],
    async () => {
      const name = pick(NAMES);
      const before = await read(name);
      const put = entry(name, null, {
        ...{ cursor: aCursor(), revision: pick(["r1", "r2"]) },
        pausedAt: below(8) ? null : clock.now(),
        disabled: below(6) ? null : pick(["disabled", "left-code"]),
        ...aBasis(),
        ...(below(4) ? {} : { previousName: pick(NAMES) }),
        ledger: below(4) ? [] : [aRange(clock.now() - 100)],
      });
      await both((store, which) => store.entries.put([{ ...put, expect: before[which]?.etag ?? null }]));
    },
    async () => {
      const name = pick(NAMES);
      const sent = aMessage(`${name}!${below(20)}`, name);
      const overlap = below(4) ? anOverlap() : null;
      await both((store) => store.entries.trigger(name, sent, overlap));
    },
    async () => {
      const name = pick(NAMES);
      const before = below(5) ? null : await read(name);
      if (before) await both((store, which) => store.entries.remove(name, before[which]?.etag ?? 0));
    },
    async () => {
      const refs = aDelivery();
      if (refs) await both((store, which) => store.consumer.giveBack([refs[which]]));
    },
    async () => {
      const id = pick([...ids]) ?? "none";
      const terminate = below(2) === 0;
      const keepMs = below(2_000);
      await both((store) => store.sender.revoke([id], { terminate, keepMs }));
    },
    async () => {
      const id = pick([...ids]) ?? "none";
      const again = below(3) > 0;
      await both((store) => (again ? store.deadLetters.redrive([id]) : store.deadLetters.delete([id])));
    },
    async () => {
      if (below(6) === 0)
        await both((store) => store.ledger.trim({ maxAgeMs: 3_000, maxRowsPerEntry: 1e9 }, 1_000));
    },
    async () => clock.jump(below(900)),
    async () => clock.jump(below(200)),
  ];
  const compare = async (): Promise<void> => {
    await both((store) => store.entries.get(NAMES));
    await both((store) => store.entries.due(5));
    for (const name of NAMES) {
      await both(async (store) => inOrder(await store.ledger.rows(name, { limit: 1_000, keep: "oldest" })));
    }
    await both((store) => store.queues.counts());
    await both((store) => store.results.get([...ids]));
  };
  for (let step = 0; step < steps; step++) {
    try {
      await pick(verbs)();
      await compare();
    } catch (cause) {
      throw new Error(`entry walk: seed ${seed}, step ${step}: the stores differ`, { cause });
    }
  }
  await memory.close();
}

export const entryWalkCases = group(
  "entries: random walks",
  Object.fromEntries(
    [1, 2, 3, 4, 5].map((seed) => [
      `two hundred random steps have the answers of the memory store, seed ${seed}`,
      (harness: Harness) => walkEntries(harness, seed, 200),
    ]),
  ),
);
