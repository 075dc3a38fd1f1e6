// The Redis store without an app around it, for suites that measure the store alone.
import { systemClock } from "../dist/core/clock.js";
import { silentLogger } from "../dist/core/logger.js";
import { systemRandom } from "../dist/core/random.js";
import { openRedisStore } from "../dist/store/redis/index.js";

const STEP = 1_000;

export function openStore(port) {
  const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
  return openRedisStore(`redis://127.0.0.1:${port}`, context);
}

/** Calls `act` with lists of at most a thousand, made one by one by `make`. */
export async function inSteps(count, make, act) {
  for (let from = 0; from < count; from += STEP) {
    await act(Array.from({ length: Math.min(STEP, count - from) }, (_, i) => make(from + i)));
  }
}

export function message() {
  return {
    ...{ id: systemRandom.uuid(), queue: "default", task: "add", body: '{"v":1,"args":[2,2]}', priority: 0 },
    ...{ maxDeliveries: 5, resultTtlMs: 0 },
  };
}

export function entry(index, due) {
  return {
    ...{
      name: `entry-${index}`,
      owner: "runtime",
      version: 0,
      definition: "{}",
      revision: "1",
      expect: null,
    },
    ...{ cursor: { due: due, dispatchAt: due }, pausedAt: null, disabled: null, ledger: [] },
  };
}

/** Works everything off, `max` at a time; gives the number. */
export async function workOff(store, max) {
  const claim = { queues: ["default"], worker: "bench", leaseMs: 60_000, max };
  let ended = [];
  let count = 0;
  do {
    const { claimed } = await store.consumer.settle(ended, claim);
    ended = claimed.deliveries.map(({ id, token }) => ({
      id,
      token,
      kind: "done",
      result: null,
      resultTtlMs: 0,
    }));
    count += ended.length;
  } while (ended.length > 0);
  return count;
}

/** Leaves `count` rows in the ledgers of up to a hundred entries: of runs that were sent and worked off. */
export async function leaveRows(port, count) {
  const store = await openStore(port);
  const entries = Math.min(100, count);
  const first = Date.now() - 86_400_000;
  await store.entries.put(Array.from({ length: entries }, (_, i) => entry(i, first)));
  const candidate = { id: systemRandom.uuid(), nonce: systemRandom.uuid(), host: "bench", version: "0" };
  const { term } = await store.leases.elect(candidate, 60_000);
  const rounds = Math.ceil(count / entries);
  for (let round = 0; round < rounds; round++) {
    const due = first + round * 1_000;
    const next = { due: due + 1_000, dispatchAt: due + 1_000 };
    const plan = () => {
      const overlap = { policy: "allow", timeoutMs: null, graceMs: 0 };
      return [{ kind: "send", due, message: message(), overlap }];
    };
    const items = Array.from({ length: entries }, (_, i) => ({
      ...{
        entry: `entry-${i}`,
        revision: "1",
        expect: due,
        plan: plan(),
        next,
        disable: null,
        maxRuns: null,
      },
    }));
    const { outcome } = await store.entries.tick(term, items);
    if (outcome !== "ticked") throw new Error(`the tick was ${outcome}`);
    await workOff(store, 1_000);
  }
  await store.close();
}
