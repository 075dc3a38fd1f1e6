import { setMaxListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { Heap } from "../../../src/store/memory/heap.js";
import { memorySender } from "../../../src/store/memory/sender.js";
import { sweepRevocations } from "../../../src/store/memory/revocations.js";
import { MemoryRecords } from "../../../src/store/memory/records.js";
import { sweepResults } from "../../../src/store/memory/result-records.js";
import { memoryConsumer } from "../../../src/store/memory/consumer.js";
import { memoryDeadLetters } from "../../../src/store/memory/dead-letters.js";
import { memoryHistory } from "../../../src/store/memory/history.js";
import { memoryLedger } from "../../../src/store/memory/ledger.js";
import { memoryQueues } from "../../../src/store/memory/queues.js";
import { memoryEntries } from "../../../src/store/memory/entries.js";
import { memoryResults } from "../../../src/store/memory/results.js";
import { newState, type MemoryState } from "../../../src/store/memory/state.js";
import { walkBroker } from "../../conformance/suite.js";
import { openMemoryStore } from "../../../src/store/memory/index.js";
import { systemRandom } from "../../../src/core/random.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";

/** How much every collection of the state holds. */
function sizes(state: MemoryState): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(state) as [string, unknown][]) {
    if (value instanceof Map || value instanceof Set || value instanceof Heap) found[name] = value.size;
    else if (Array.isArray(value)) found[name] = value.length;
  }
  return found;
}

const { signal } = new AbortController();
// Hundreds of waits share it here.
setMaxListeners(0, signal);
const message = (id: string) => {
  return {
    id,
    task: "t",
    queue: `q${id.length % 3}`,
    priority: 0,
    maxDeliveries: 1,
    resultTtlMs: 1_000,
    body: "",
  };
};

describe("a memory store that was drained", () => {
  test("holds as little as a new one", async () => {
    const clock = new ManualClock();
    const state = newState(clock, silentLogger);
    const records = new MemoryRecords(state);
    const empty = sizes(state);
    const [sender, consumer, deadLetters] = [
      memorySender(records),
      memoryConsumer(records),
      memoryDeadLetters(records, {} as never),
    ];
    const [results, ledger] = [memoryResults(records), memoryLedger(state)];

    const ids = Array.from({ length: 500 }, (_, index) => `m${index}`);
    const arrivals = await consumer.listen(["q1", "q2"]);
    const waits = ids.map((id) => results.wait(id, id.endsWith("7") ? AbortSignal.abort() : signal));
    await sender.enqueue(ids.map((id, index) => ({ ...message(id), entry: "a", eta: { inMs: index % 3 } })));
    await sender.revoke(["m1", "unknown"], { terminate: true, keepMs: 1_000 });
    clock.jump(10);
    const request = { queues: ["q0", "q1", "q2"], worker: "w", leaseMs: 1_000, max: 400 };
    const { deliveries } = await consumer.claim(request);
    for (let beat = 0; beat < 20; beat++) await consumer.heartbeat(deliveries, 1_000 + beat);
    const result = { state: "SUCCESS", payload: null };
    await consumer.settle(
      deliveries.slice(0, 300).map((ref) => ({ ...ref, kind: "done", result, resultTtlMs: 1_000 })),
      null,
    );
    clock.jump(2_000);
    const rest = await consumer.claim(request);
    await consumer.settle(
      rest.deliveries.map((ref) => ({ ...ref, kind: "done", result, resultTtlMs: 1_000 })),
      null,
    );
    const dead = (await deadLetters.list({ limit: 1_000 })).letters.map(({ id }) => id);
    expect(await deadLetters.delete(dead)).toBe(100);
    await Promise.all(waits);
    await arrivals.close();
    clock.jump(10_000);
    expect(sweepResults(records.enter().state, Infinity)).toBe(ids.length);
    expect(sweepRevocations(state, Infinity)).toBe(1);
    await ledger.trim({ maxAgeMs: 0, maxRowsPerEntry: 0 }, Infinity);
    await memoryHistory(records).trimRecords({ maxAgeMs: 0, maxRows: 0 }, Infinity);

    expect(sizes(state)).toEqual(empty);
  });

  test("holds as little as a new one after removed entries, buffered runs and triggered ones", async () => {
    const clock = new ManualClock();
    const state = newState(clock, silentLogger);
    const records = new MemoryRecords(state);
    const empty = sizes(state);
    const [queues, entries, ledger] = [memoryQueues(records), memoryEntries(records), memoryLedger(state)];
    const overlap = { policy: "queue-one", timeoutMs: 5_000, graceMs: 0 } as const;
    for (let index = 0; index < 50; index++) {
      const name = `e${index}`;
      const definition = { owner: "runtime", version: 0, definition: "{}", revision: "r" };
      const cursor = { due: clock.now() + 1_000, dispatchAt: clock.now() + 1_000 };
      const put = { name, ...definition, cursor, expect: null, pausedAt: null, disabled: null, ledger: [] };
      await entries.put([put]);
      for (let run = 0; run < 3; run++) {
        await entries.trigger(name, { ...message(`${name}!${run}`), resultTtlMs: 0 }, overlap);
      }
      const [snapshot] = await entries.get([name]);
      expect(snapshot?.buffered).toBe(true);
      await entries.remove(name, snapshot?.etag ?? 0);
    }
    await queues.purge(["q0", "q1", "q2"]);
    clock.jump(1);
    while ((await ledger.trim({ maxAgeMs: 0, maxRowsPerEntry: 0 }, 40)) > 0);
    await memoryHistory(records).trimRecords({ maxAgeMs: 0, maxRows: 0 }, Infinity);
    expect(sizes(state)).toEqual(empty);
  });

  test("gives its timers back", async () => {
    const clock = new ManualClock();
    const store = openMemoryStore({ clock, random: systemRandom, logger: silentLogger });
    await walkBroker(
      { clock, store, peer: async () => store, reopen: () => undefined, dispose: () => store.close() },
      7,
      50,
    );
    const arrivals = await store.consumer.listen(["q"]);
    const wait = arrivals.wait(60_000, signal);
    expect(clock.timers).toBe(1);
    await store.close();
    await wait;
    expect(clock.timers).toBe(0);
  });
});

describe("finding what is due", () => {
  test("looks at no entry that is not due", async () => {
    const clock = new ManualClock();
    const state = newState(clock, silentLogger);
    const records = new MemoryRecords(state);
    const entries = memoryEntries(records);
    const definition = { owner: "runtime", version: 0, definition: "{}", revision: "r" };
    const rest = { expect: null, pausedAt: null, disabled: null, ledger: [] };
    const now = clock.now();
    await entries.put(
      Array.from({ length: 2_000 }, (_, index) => {
        const at = index < 3 ? now : now + 1_000 + index;
        return { name: `e${index}`, ...definition, ...rest, cursor: { due: at, dispatchAt: at } };
      }),
    );
    let looks = 0;
    for (const entry of state.entries.values()) {
      const { cursor } = entry;
      Object.defineProperty(entry, "cursor", { get: () => (looks++, cursor) });
    }
    expect((await entries.due(100)).entries.map(({ name }) => name)).toEqual(["e0", "e1", "e2"]);
    // Once for the comparison with now and once for the snapshot, and the one entry that comes next.
    expect(looks).toBe(7);
  });
});
